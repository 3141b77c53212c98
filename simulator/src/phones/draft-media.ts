import { createHash } from 'node:crypto';

import type { proto } from 'baileys';

import { sealFile } from '../media/media-file.ts';
import { pathOf } from '../media/media-store.ts';
import type { MediaKind } from '../media/media-file.ts';
import type { World } from '../world/world.ts';

/** A file somebody sends. */
export interface MediaDraft {
  readonly bytes: Buffer;
  readonly mimetype: string;
  readonly fileName: string | undefined;
  readonly caption: string | undefined;
}

/** Uploads the file, encrypted under a key of its own, and gives the message that names it. */
export async function draftMedia(world: World, draft: MediaDraft): Promise<proto.IMessage> {
  const { bytes, mimetype, fileName, caption } = draft;
  const kind = kindOf(mimetype);
  const digest = createHash('sha256').update(bytes).digest();
  const mediaKey = world.random.bytes(`media-key/${digest.toString('hex')}`, 32);
  const sealed = await sealFile(bytes, mediaKey, kind);
  const name = await world.media.put(sealed);
  const file = {
    url: world.media.url(name),
    directPath: pathOf(name),
    mediaKey,
    mediaKeyTimestamp: Math.floor(world.clock.now() / 1000),
    mimetype,
    fileLength: bytes.length,
    fileSha256: digest,
    fileEncSha256: createHash('sha256').update(sealed).digest(),
  };
  switch (kind) {
    case 'image':
      return { imageMessage: { ...file, caption: caption ?? null } };
    case 'video':
      return { videoMessage: { ...file, caption: caption ?? null } };
    case 'audio':
      return { audioMessage: file };
    case 'document':
    case 'sticker':
      return { documentMessage: { ...file, caption: caption ?? null, fileName: fileName ?? null } };
  }
}

function kindOf(mimetype: string): MediaKind {
  const [family] = mimetype.split('/');
  return family === 'image' || family === 'video' || family === 'audio' ? family : 'document';
}
