import type { proto } from '../baileys.ts';

/** What a received message says, in our words. */
export interface ReceivedContent {
  /** `chat` for text, `file` for files, else the kind. */
  readonly type: string;
  /** The text; of a file its caption. May be empty. */
  readonly text: string;
  readonly file?: ReceivedFile;
}

/** The file of a received message. */
export interface ReceivedFile {
  /** The part of the message that tells where the file is and how it is locked. */
  readonly message: proto.IMessage;
  readonly mimetype: string;
  /** Empty where the sender gave none. */
  readonly fileName: string;
  /** As announced; may be wrong. */
  readonly bytes: number;
}

/** Reads one family of messages; null for all others. */
export type ContentReader = (content: proto.IMessage) => ReceivedContent | null;

/** Lines that say something, one below the other. */
export function joinLines(...lines: (string | null | undefined)[]): string {
  return lines.filter((line) => line != null && line !== '').join('\n');
}
