import type { GroupId } from './group-id.ts';
import type { MediaId, MessageId, ServiceId, WhatsAppId } from './ids.ts';
import type { MediaFile } from './media.ts';
import type { PhoneNumber } from './phone-number.ts';

/** Whom a message goes to. */
export type Recipient =
  | { readonly kind: 'person'; readonly phone: PhoneNumber }
  | { readonly kind: 'group'; readonly groupId: GroupId };

/** A place on the map; `text` names it. */
export interface LocationContent {
  readonly kind: 'location';
  readonly text: string;
  readonly latitude: number;
  readonly longitude: number;
}

/** What an accepted message says. */
export type Content =
  | { readonly kind: 'text'; readonly text: string }
  | LocationContent
  | {
      readonly kind: 'media';
      /** The caption; may be empty. */
      readonly text: string;
      readonly mediaId: MediaId;
      /** False while the file has to be fetched from a link first. */
      readonly isFetched: boolean;
    };

/** A message good enough to be kept: one recipient, one content. */
export interface AcceptedMessage {
  readonly serviceId: ServiceId;
  readonly whatsAppId: WhatsAppId;
  readonly recipient: Recipient;
  /** The recipient as the caller wrote it. */
  readonly writtenRecipient: string;
  readonly content: Content;
  /** Milliseconds since 1970; null sends as soon as possible. */
  readonly scheduledAtMs: number | null;
  /** Passes what is not urgent. */
  readonly isUrgent: boolean;
  /** Milliseconds since 1970; not sent afterwards. Null never expires. */
  readonly expiresAtMs: number | null;
  /** The customer's own reference; comes back in events. */
  readonly metadata: string | null;
}

/** What is sent: media with its file at hand. */
export type DueContent =
  | { readonly kind: 'text'; readonly text: string }
  | LocationContent
  | { readonly kind: 'media'; readonly text: string; readonly file: MediaFile };

/** A kept message that is due, as the sender sees it. */
export interface DueMessage {
  readonly serviceId: ServiceId;
  readonly id: MessageId;
  readonly whatsAppId: WhatsAppId;
  readonly recipient: Recipient;
  readonly content: DueContent;
  /** How often it was handed to WhatsApp, this time included. */
  readonly attempts: number;
}

/** A message that was handed over earlier without an answer. */
export interface MessageInDoubt extends DueMessage {
  /** How often the process that was handing it over died. */
  readonly crashes: number;
  /** How long ago it was taken from the queue. */
  readonly inDoubtMs: number;
}

/** The digits a message's chat is known by: the number or the group's id. */
export function chatOf(recipient: Recipient): string {
  return recipient.kind === 'person' ? recipient.phone : recipient.groupId;
}
