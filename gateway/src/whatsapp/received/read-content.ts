import type { proto } from '../baileys.ts';
import { readAnswer } from './answer-content.ts';
import { readChange } from './change-content.ts';
import { readContact } from './contact-content.ts';
import { readFile } from './file-content.ts';
import { readMatter } from './matter-content.ts';
import { readPlace } from './place-content.ts';
import { readPoll } from './poll-content.ts';
import type { ReceivedContent } from './received-content.ts';
import { readText } from './text-content.ts';
import { unwrap } from './unwrap.ts';

/** Fields that say nothing to a person: keys, context, and what other messages follow. */
const SILENT_FIELDS: ReadonlySet<string> = new Set<keyof proto.IMessage>([
  'messageContextInfo',
  'senderKeyDistributionMessage',
  'fastRatchetKeySenderKeyDistributionMessage',
  'protocolMessage',
  'stickerSyncRmrMessage',
  'keepInChatMessage',
  'messageHistoryBundle',
  'messageHistoryNotice',
  'placeholderMessage',
  // The files of an album follow, each as a message of its own.
  'albumMessage',
  'groupStatusMessage',
  'groupStatusMessageV2',
  'groupStatusMentionMessage',
  'statusMentionMessage',
  'statusNotificationMessage',
]);

/**
 * What a received message says. Nothing that a person sent is dropped: what is not known here is
 * `unsupported` and says how WhatsApp calls it.
 * @returns null for protocol traffic
 */
export function readContent(message: proto.IMessage): ReceivedContent | null {
  const content = unwrap(message);
  const known =
    readText(content) ??
    readFile(content) ??
    readPlace(content) ??
    readContact(content) ??
    readChange(content, (changed) => readContent(changed)?.text ?? '') ??
    readPoll(content) ??
    readAnswer(content) ??
    readMatter(content);
  if (known !== null) return known;
  const unknown = namesOf(content).find((name) => !SILENT_FIELDS.has(name));
  return unknown === undefined ? null : { type: 'unsupported', text: unknown };
}

function namesOf(content: proto.IMessage): string[] {
  return Object.entries(content).flatMap(([name, value]) => (value == null ? [] : [name]));
}
