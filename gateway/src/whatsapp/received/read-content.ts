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

/** Envelopes around the real message: vanishing, view-once, captioned, in an album, ... */
const WRAPPERS = [
  'ephemeralMessage',
  'viewOnceMessage',
  'viewOnceMessageV2',
  'viewOnceMessageV2Extension',
  'documentWithCaptionMessage',
  'editedMessage',
  'associatedChildMessage',
  'groupMentionedMessage',
  'lottieStickerMessage',
  'botInvokeMessage',
  'botTaskMessage',
  'botForwardedMessage',
  'pollCreationMessageV4',
  'pollCreationOptionImageMessage',
  'eventCoverImage',
  'questionMessage',
  'questionReplyMessage',
  'limitSharingMessage',
  'commentMessage',
] as const satisfies readonly (keyof proto.IMessage)[];

const WRAPPERS_DEEP_MAX = 6;

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

function unwrap(message: proto.IMessage): proto.IMessage {
  let content = message;
  for (let depth = 0; depth < WRAPPERS_DEEP_MAX; depth += 1) {
    const inner = WRAPPERS.map((name) => content[name]?.message).find((found) => found != null);
    if (inner == null) break;
    content = inner;
  }
  return content;
}

function namesOf(content: proto.IMessage): string[] {
  return Object.entries(content).flatMap(([name, value]) => (value == null ? [] : [name]));
}
