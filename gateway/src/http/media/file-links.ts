import type { FastifyRequest } from 'fastify';
import mime from 'mime';
import { cleanFileName } from '../../domain/file-name.ts';
import { messageId, serviceId, type MessageId, type ServiceId } from '../../domain/ids.ts';
import type { Clock } from '../../runtime/clock.ts';
import { createSigner } from '../../runtime/signer.ts';

const VALID_SECONDS = 7 * 24 * 60 * 60;
const TOKEN_FORM = /^(\d{1,15})\.(\d{1,15})\.(\d{1,15})\.([\w-]{24})$/;

/** A received file, as a link names it. */
interface LinkedFile {
  readonly serviceId: ServiceId;
  readonly messageId: MessageId;
}

/** What a received file is called. */
interface NamedFile extends LinkedFile {
  /** Empty where its sender gave none. */
  readonly fileName: string;
  readonly mimetype: string;
}

/** Links to received files: whoever has one can fetch the file, for seven days. */
export interface FileLinks {
  /** `https://HOST/media/SERVICE.MESSAGE.EXPIRY.SIGNATURE/NAME`, seen from whoever asks. */
  linkTo(file: NamedFile, request: FastifyRequest): string;
  /** The same, seen from elsewhere. @param base `https://HOST` of this gateway */
  linkFrom(base: string, file: NamedFile): string;
  /** @returns null when we did not make the link, or it has expired */
  read(token: string): LinkedFile | null;
}

/**
 * @param masterKey 32 bytes
 * @param publicUrl where clients reach this gateway, or null to go by the Host they ask for
 */
export function createFileLinks(
  masterKey: Buffer,
  publicUrl: string | null,
  clock: Clock,
): FileLinks {
  const signer = createSigner(masterKey, 'received-file');
  const nowSeconds = (): number => Math.floor(clock.now() / 1000);
  return {
    linkTo(file, request) {
      return this.linkFrom(publicUrl ?? `${request.protocol}://${request.host}`, file);
    },
    linkFrom(base, file) {
      const claim = `${file.serviceId}.${file.messageId}.${nowSeconds() + VALID_SECONDS}`;
      const name = encodeURIComponent(nameOf(file));
      return `${base}/media/${claim}.${signer.sign(claim)}/${name}`;
    },
    read(token) {
      const [, service, message, expiry, signature] = TOKEN_FORM.exec(token) ?? [];
      if (signature === undefined) return null;
      const claim = `${service}.${message}.${expiry}`;
      if (!signer.isSigned(claim, signature) || Number(expiry) < nowSeconds()) return null;
      return { serviceId: serviceId(Number(service)), messageId: messageId(Number(message)) };
    },
  };
}

/** A name of one path segment, with the ending that belongs to the type where it had none. */
export function nameOf({ fileName, mimetype, messageId: id }: NamedFile): string {
  const clean = cleanFileName(fileName);
  if (clean !== '') return clean;
  const extension = mime.getExtension(mimetype);
  return extension === null ? `file-${id}` : `file-${id}.${extension}`;
}
