/** What a child process of a benchmark is asked over its IPC channel. */
interface Question {
  readonly id: number;
  readonly command: string;
  readonly input: unknown;
}

export interface Reply {
  readonly id: number;
  readonly value?: unknown;
  readonly error?: string;
}

const commands = new Map<string, (input: never) => unknown>();

/**
 * In a child: answers a command of the parent, which waits for what `run` gives. A program that
 * answers something runs until it is stopped.
 * @param run its parameter is what the parent sends: the two agree on a type
 */
export function answer(command: string, run: (input: never) => unknown): void {
  if (commands.size === 0) listen();
  commands.set(command, run);
  process.channel?.ref();
}

function listen(): void {
  process.on('message', (question: Question) => {
    void replyTo(question).then((reply) => process.send?.(reply));
  });
  // Nobody is left to ask for the results: what was started must not outlive who started it.
  process.on('disconnect', () => process.kill(process.pid, 'SIGTERM'));
}

async function replyTo({ id, command, input }: Question): Promise<Reply> {
  try {
    const run = commands.get(command);
    if (run === undefined) throw new Error(`no such command: ${command}`);
    return { id, value: await run(input as never) };
  } catch (error) {
    return { id, error: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
}
