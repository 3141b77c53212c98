import { execFile, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** The module, as a shop copies it. */
export const MODULE_FOLDER = join(
  import.meta.dirname,
  '../../../integrations/whmcs/modules/servers/tickwire',
);
const MODULE = join(MODULE_FOLDER, 'tickwire.php');
const CALL = join(import.meta.dirname, 'call.php');

/** Why the module can not be tested here, or false. */
export function whyWithoutPhp(): string | false {
  const { stdout } = spawnSync('php', ['-r', 'echo PHP_VERSION_ID, extension_loaded("curl");'], {
    encoding: 'utf8',
  });
  if (typeof stdout !== 'string' || stdout === '') return 'there is no php on this machine';
  const version = Number(stdout.slice(0, 5));
  if (version < 80_100) return 'the php on this machine is older than 8.1';
  return stdout.length > 5 ? false : 'the php on this machine has no curl';
}

/** What a function of the module led to. */
export interface Called {
  // oxlint-disable-next-line typescript/no-explicit-any -- as each function documents it
  readonly result: any;
  readonly log: readonly (readonly string[])[];
  readonly checkedTokens: readonly string[];
}

/** One service of a shop, as WHMCS keeps it, whose functions real PHP calls. */
export class ShopService {
  readonly params: Record<string, unknown>;
  billingCycle = 'Monthly';
  nextDueDate = '2030-01-31';
  /** What WHMCS keeps for the module. */
  properties: Record<string, string> = {};

  /** @param params WHMCS's module parameters */
  constructor(params: Record<string, unknown>) {
    this.params = params;
  }

  /** Calls `tickwire_FUNCTION` in a php process of its own. @param post what a form sent, if one did */
  async call(name: string, post: Record<string, string> | null = null): Promise<Called> {
    const asked = {
      module: MODULE,
      function: name,
      params: { ...this.params, username: this.properties['Username'] ?? 'jdoe' },
      billingCycle: this.billingCycle,
      nextDueDate: this.nextDueDate,
      properties: this.properties,
      post,
    };
    const run = promisify(execFile)('php', ['-d', 'display_errors=stderr', CALL]);
    run.child.stdin?.end(JSON.stringify(asked));
    const { stdout, stderr } = await run;
    if (stderr !== '') throw new Error(`php complained: ${stderr}`);
    const { properties, ...called } = JSON.parse(stdout) as Called & {
      properties: Record<string, string>;
    };
    this.properties = properties;
    return called;
  }
}
