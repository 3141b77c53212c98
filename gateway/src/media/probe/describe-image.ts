import sharp from 'sharp';
import type { MediaDescription } from '../media-description.ts';

const PIXELS_MAX = 50_000_000;
const THUMBNAIL_SECONDS_MAX = 8;
/** The longer side. What WhatsApp Web makes; phones show it blurred until the image has come. */
const THUMBNAIL_PIXELS = 100;
const THUMBNAIL_QUALITY = 50;

sharp.cache(false);
sharp.concurrency(1);

/** The size as it is shown, and a small picture of it. */
export async function describeImage(
  path: string,
  hasThumbnail: boolean,
): Promise<MediaDescription> {
  const image = sharp(path, { limitInputPixels: PIXELS_MAX, failOn: 'error' });
  const { autoOrient } = await image.metadata();
  const size = { width: autoOrient.width, height: autoOrient.height };
  if (!hasThumbnail) return size;
  try {
    const jpegThumbnail = await image
      .autoOrient()
      .resize({
        width: THUMBNAIL_PIXELS,
        height: THUMBNAIL_PIXELS,
        fit: 'inside',
        withoutEnlargement: true,
      })
      .flatten({ background: 'white' })
      .jpeg({ quality: THUMBNAIL_QUALITY })
      .timeout({ seconds: THUMBNAIL_SECONDS_MAX })
      .toBuffer();
    return { ...size, jpegThumbnail };
  } catch {
    return size;
  }
}
