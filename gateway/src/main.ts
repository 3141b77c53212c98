import { decideConfig } from './config/config.ts';
import { readEnvironment } from './config/environment.ts';
import { startGateway } from './gateway.ts';
import { createLog } from './runtime/log.ts';
import { explainFailure, keepAliveOnRejection, stopSignal } from './runtime/process.ts';
import { welcome } from './welcome.ts';

try {
  const config = decideConfig(readEnvironment());
  const log = createLog(config.logLevel);
  keepAliveOnRejection(log);
  const stop = stopSignal();
  const stopped = new AbortController();
  void stop.then(() => {
    stopped.abort();
  });
  await using gateway = await startGateway(config, log, stopped.signal);
  await welcome(gateway, config);
  log.info({ signal: await stop }, 'stopping');
} catch (error) {
  explainFailure(error);
}
// The protocol library leaves timers behind that would hold the process for half a minute.
process.exit();
