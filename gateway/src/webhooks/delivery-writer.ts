import { publicEventId, type ReceivedData } from '../domain/event.ts';
import { messageId, serviceId, type MessageId, type ServiceId } from '../domain/ids.ts';
import type { DueDelivery } from '../storage/webhooks/due-deliveries.ts';
import type { HeldWebhookRow } from '../storage/webhooks/hold-webhooks.ts';
import type { WebhookSecrets } from '../storage/webhooks/webhook-secrets.ts';
import { writeBody, type WrittenEvent } from './body.ts';
import { HmacKey } from './hmac-key.ts';

/** A received file, as a link names it. */
interface LinkedFile {
  readonly serviceId: ServiceId;
  readonly messageId: MessageId;
  readonly fileName: string;
  readonly mimetype: string;
}

export interface WriterParts {
  readonly secrets: WebhookSecrets;
  /** A service's sealed key in the clear. */
  readonly openKey: (sealed: Buffer) => string;
  /** @param base `https://HOST` of this gateway */
  readonly linkTo: (file: LinkedFile, base: string) => string;
  /** Where clients reach this gateway, or null to go by whoever set the webhook. */
  readonly publicUrl: string | null;
}

const FIXED_HEADERS = ['content-type', 'application/json', 'user-agent', 'Tickwire'];

/** A delivery as it goes out. */
export interface WrittenDelivery {
  readonly body: string;
  /** Names and values in turn, as undici reads them with the least work. */
  readonly headers: string[];
}

/**
 * Writes and signs deliveries of one webhook. Made anew when its settings change; keys are opened
 * once, when they are first needed.
 */
export class DeliveryWriter {
  readonly #row: HeldWebhookRow;
  readonly #parts: WriterParts;
  #keys: { readonly key: HmacKey; readonly untilMs: number }[] | null = null;
  #apiKey: string | null = null;

  constructor(row: HeldWebhookRow, parts: WriterParts) {
    this.#row = row;
    this.#parts = parts;
  }

  /** @returns null when the webhook's format has no words for the event */
  write(event: WrittenEvent & Pick<DueDelivery, 'about'>, nowMs: number): WrittenDelivery | null {
    const { format, keyPrefix } = this.#row;
    const text = writeBody(event, {
      format,
      apiKey: this.#keyToSend(),
      service: event.about ?? keyPrefix,
      fileUrl: (id, file) => this.#fileUrl(id, file),
    });
    if (text === null) return null;
    const id = publicEventId(event.id);
    const timestamp = String(Math.floor(nowMs / 1000));
    const signed = `${id}.${timestamp}.${text}`;
    // As https://www.standardwebhooks.com says it (v1, symmetric).
    const signatures = this.#keysAt(nowMs).map((key) => `v1,${key.sign(signed)}`);
    return {
      body: text,
      headers: [
        'webhook-id',
        id,
        'webhook-timestamp',
        timestamp,
        'webhook-signature',
        signatures.join(' '),
        ...FIXED_HEADERS,
      ],
    };
  }

  #keysAt(nowMs: number): HmacKey[] {
    if (this.#keys === null) {
      const { listenerId, secretSealed, oldSecretSealed, oldSecretUntilMs } = this.#row;
      const open = (sealed: Buffer): HmacKey => keyOf(this.#parts.secrets.open(listenerId, sealed));
      this.#keys = [{ key: open(secretSealed), untilMs: Infinity }];
      if (oldSecretSealed !== null && oldSecretUntilMs !== null) {
        this.#keys.push({ key: open(oldSecretSealed), untilMs: oldSecretUntilMs });
      }
    }
    return this.#keys.filter(({ untilMs }) => nowMs < untilMs).map(({ key }) => key);
  }

  /** The key goes where nobody can read along: https, and in test mode this machine itself. */
  #keyToSend(): string {
    if (this.#apiKey !== null) return this.#apiKey;
    const { url, sendsKey, listenerMode, keySealed } = this.#row;
    const target = URL.parse(url ?? '');
    const isLocal = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(target?.hostname ?? '');
    const isSafe = target?.protocol === 'https:' || (listenerMode === 'test' && isLocal);
    this.#apiKey = sendsKey && isSafe && keySealed !== null ? this.#parts.openKey(keySealed) : '';
    return this.#apiKey;
  }

  #fileUrl(id: string, { fileName, mimetype }: NonNullable<ReceivedData['file']>): string {
    const { listenerId, baseUrl } = this.#row;
    // Only services receive messages.
    const file = {
      serviceId: serviceId(listenerId),
      messageId: messageId(Number(id)),
      fileName,
      mimetype,
    };
    return this.#parts.linkTo(file, this.#parts.publicUrl ?? baseUrl);
  }
}

const SECRET_PREFIX = 'whsec_';

/** The key in a secret in the form of Standard Webhooks. */
function keyOf(secret: string): HmacKey {
  return new HmacKey(Buffer.from(secret.slice(SECRET_PREFIX.length), 'base64'));
}
