import {
  publicEventId,
  type EventFormat,
  type EventType,
  type ReceivedData,
  type StatusData,
} from '../domain/event.ts';
import type { EventId } from '../domain/ids.ts';

/** An event, to be written. */
export interface WrittenEvent {
  readonly id: EventId;
  readonly type: EventType;
  readonly data: unknown;
  readonly createdAtMs: number;
}

/** What the body says besides the event. */
export interface BodyContext {
  readonly format: EventFormat;
  /** The service's key where it may be sent, else empty. */
  readonly apiKey: string;
  /** The part of the key that may be shown: which service it is about. */
  readonly service: string;
  /** Where the file of a received message can be fetched. */
  fileUrl(messageId: string, file: NonNullable<ReceivedData['file']>): string;
}

const DELIVERY_NUMBERS = { server: 1, phone: 2, read: 3 };

/** The body of a delivery, or null when the format has no words for the event. */
export function writeBody(event: WrittenEvent, context: BodyContext): string | null {
  const body =
    context.format === 'documented'
      ? documentedBody(event, context)
      : versionedEnvelope(event, context);
  return body === null ? null : JSON.stringify(body);
}

function documentedBody({ id, type, data }: WrittenEvent, context: BodyContext): unknown {
  switch (type) {
    case 'message.received': {
      const { messageId, kind, from, fromLid, to, groupId, text, file } = data as ReceivedData;
      return {
        ID: messageId,
        Type: kind,
        Hash: context.apiKey,
        From: from ?? fromLid ?? '',
        To: to,
        GroupId: groupId,
        Chat: text,
        ...(file === null ? {} : { mediaUrl: context.fileUrl(messageId, file), caption: text }),
      };
    }
    case 'message.status': {
      const { messageId, status } = data as StatusData;
      return { ID: messageId, Delivery: DELIVERY_NUMBERS[status] };
    }
    case 'webhook.test':
      return {
        ID: publicEventId(id),
        Type: 'test',
        Hash: context.apiKey,
        From: '',
        To: '',
        GroupId: '',
        Chat: 'This is a test of your webhook.',
      };
    default:
      return null;
  }
}

/** An event in the versioned format. */
export interface EventEnvelope {
  readonly id: string;
  readonly type: EventType;
  readonly version: 1;
  /** ISO 8601. */
  readonly createdAt: string;
  readonly service: string;
  readonly data: unknown;
}

/** Puts an event into the envelope of the versioned format. */
export function versionedEnvelope(
  event: WrittenEvent,
  context: Pick<BodyContext, 'service' | 'fileUrl'>,
): EventEnvelope {
  return {
    id: publicEventId(event.id),
    type: event.type,
    version: 1,
    createdAt: new Date(event.createdAtMs).toISOString(),
    service: context.service,
    data: versionedData(event, context),
  };
}

function versionedData(
  { type, data }: WrittenEvent,
  context: Pick<BodyContext, 'fileUrl'>,
): unknown {
  if (type === 'message.received') {
    const { sentAtMs, file, ...said } = data as ReceivedData;
    return {
      ...said,
      sentAt: new Date(sentAtMs).toISOString(),
      file: file === null ? null : { ...file, url: context.fileUrl(said.messageId, file) },
    };
  }
  if (type === 'message.status') {
    const { atMs, ...said } = data as StatusData;
    return { ...said, at: new Date(atMs).toISOString() };
  }
  return data;
}
