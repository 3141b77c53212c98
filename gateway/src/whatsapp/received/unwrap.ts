import type { proto } from '../baileys.ts';

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

/** The real message inside its envelopes. */
export function unwrap(message: proto.IMessage): proto.IMessage {
  let content = message;
  for (let depth = 0; depth < WRAPPERS_DEEP_MAX; depth += 1) {
    const inner = WRAPPERS.map((name) => content[name]?.message).find((found) => found != null);
    if (inner == null) break;
    content = inner;
  }
  return content;
}
