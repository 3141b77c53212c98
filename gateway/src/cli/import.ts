import { toError } from '../domain/errors.ts';
import { parametersOf, type Command } from './command.ts';
import { Failure } from './failure.ts';
import type { Terminal } from './terminal.ts';

/** `import FILE`: services from elsewhere, with their keys. */
export const IMPORT_COMMAND: Command = {
  name: 'import',
  takes: ['FILE'],
  options: {
    'dry-run': { type: 'boolean', help: 'everything is judged and nothing is changed' },
    mode: { type: 'string', value: 'live|test', help: 'of services without an agent; live' },
  },
  help: 'takes services over from a CSV file, with their keys (docs/moving-here.md)',
  async run(call) {
    const isDryRun = call.options['dry-run'] === true;
    const answer = await call.api.post('/admin/import', {
      csv: read(call.terminal, call.given['FILE'] ?? ''),
      dryRun: isDryRun,
      ...parametersOf(call, { mode: 'mode' }),
    });
    const { created, unchanged } = answer;
    const rest = Array.isArray(unchanged) ? unchanged.length : 0;
    const verb = isDryRun ? 'would be imported' : 'imported';
    call.report(answer, `Services ${verb}: ${String(created)}; here already: ${rest}.`);
  },
};

function read(terminal: Terminal, path: string): string {
  try {
    return terminal.readFile(path);
  } catch (error) {
    throw new Failure('misused', `The file can not be read: ${toError(error).message}.`);
  }
}
