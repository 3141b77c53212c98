/** How the command line ends. */
export const EXIT_CODES = {
  done: 0,
  /** The gateway refused, or what was waited for did not happen. */
  refused: 1,
  /** The command line itself can not be understood. */
  misused: 2,
  /** No gateway, or no token to enter with. */
  noGateway: 3,
} as const;

/** Something went wrong that one sentence tells; never a bug. */
export class Failure extends Error {
  override readonly name = 'Failure';
  readonly exitCode: number;

  /** @param kind decides the exit code */
  constructor(kind: Exclude<keyof typeof EXIT_CODES, 'done'>, sentence: string) {
    super(sentence);
    this.exitCode = EXIT_CODES[kind];
  }
}
