import { open, type FileHandle } from 'node:fs/promises';
import type { MediaDescription } from '../media-description.ts';

/** A box of an MP4 file: its name and where its content is. */
interface Box {
  readonly name: string;
  readonly start: number;
  readonly end: number;
}

/** More boxes than any sane file has on one level. */
const BOXES_MAX = 1000;
const HEADER_BYTES = 8;
const LONG_HEADER_BYTES = 16;
/** Of `mvhd` and `tkhd`, both versions. */
const FIXED_BYTES_MAX = 112;

/**
 * Reads the length and the size of the picture from the headers of an MP4, 3GP or QuickTime file
 * (ISO 14496-12, 8.2.2 and 8.3.2).
 */
export async function readMovieHeader(path: string): Promise<MediaDescription> {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    for await (const box of boxesOf(file, 0, size)) {
      if (box.name === 'moov') return await readMovie(file, box);
    }
    return {};
  } finally {
    await file.close();
  }
}

async function readMovie(file: FileHandle, movie: Box): Promise<MediaDescription> {
  let description: MediaDescription = {};
  for await (const box of boxesOf(file, movie.start, movie.end)) {
    if (box.name === 'mvhd') {
      description = { ...description, ...readLength(await readStart(file, box)) };
    } else if (box.name === 'trak' && description.width === undefined) {
      for await (const part of boxesOf(file, box.start, box.end)) {
        if (part.name !== 'tkhd') continue;
        description = { ...description, ...readSize(await readStart(file, part)) };
      }
    }
  }
  return description;
}

async function* boxesOf(file: FileHandle, start: number, end: number): AsyncGenerator<Box> {
  let at = start;
  for (let count = 0; count < BOXES_MAX && at + HEADER_BYTES <= end; count += 1) {
    const header = Buffer.alloc(LONG_HEADER_BYTES);
    await file.read(header, 0, LONG_HEADER_BYTES, at);
    const shortBytes = header.readUInt32BE();
    const isLong = shortBytes === 1;
    const bytes = isLong ? Number(header.readBigUInt64BE(HEADER_BYTES)) : shortBytes;
    const headerBytes = isLong ? LONG_HEADER_BYTES : HEADER_BYTES;
    // A box of no length goes to the end.
    const boxEnd = bytes === 0 ? end : at + bytes;
    if (boxEnd < at + headerBytes || boxEnd > end) return;
    yield {
      name: header.toString('latin1', 4, HEADER_BYTES),
      start: at + headerBytes,
      end: boxEnd,
    };
    at = boxEnd;
  }
}

/** The beginning of a box's content; zeros where the box is shorter. */
async function readStart(file: FileHandle, { start, end }: Box): Promise<Buffer> {
  const content = Buffer.alloc(FIXED_BYTES_MAX);
  await file.read(content, 0, Math.min(FIXED_BYTES_MAX, end - start), start);
  return content;
}

function readLength(content: Buffer): MediaDescription {
  const isLong = content[0] === 1;
  const unitsPerSecond = content.readUInt32BE(isLong ? 20 : 12);
  const units = isLong ? Number(content.readBigUInt64BE(24)) : content.readUInt32BE(16);
  return unitsPerSecond === 0 ? {} : { seconds: Math.ceil(units / unitsPerSecond) };
}

/** The size is written as fixed-point numbers; a picture turned by 90 degrees has it swapped. */
function readSize(content: Buffer): MediaDescription {
  const matrixAt = content[0] === 1 ? 52 : 40;
  const isTurned = content.readInt32BE(matrixAt) === 0 && content.readInt32BE(matrixAt + 4) !== 0;
  const width = content.readUInt16BE(matrixAt + 36);
  const height = content.readUInt16BE(matrixAt + 40);
  if (width === 0 || height === 0) return {};
  return isTurned ? { width: height, height: width } : { width, height };
}
