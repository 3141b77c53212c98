/** Something that stops the launch and that its message, a sentence, tells the user how to mend. */
export class LaunchError extends Error {}

/** Tells the user something. On stderr: stdout belongs to the program that is being launched. */
export function say(sentence) {
  process.stderr.write(`${sentence}\n`);
}
