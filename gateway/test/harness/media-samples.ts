import sharp from 'sharp';

/** A picture of one colour. */
export async function makeImage(
  format: 'jpeg' | 'png' | 'webp' | 'gif',
  width = 640,
  height = 480,
): Promise<Buffer> {
  const image = sharp({ create: { width, height, channels: 3, background: '#25a' } });
  return await image.toFormat(format).toBuffer();
}

const OPUS_SAMPLES_PER_SECOND = 48_000;
const PACKET_SAMPLES = 960;
const PACKETS_PER_PAGE = 50;
/** Full band, 20 ms, one frame, mono (RFC 6716, 3.1). */
const PACKET_KIND = 0xf8;
const PACKET_BYTES = 80;

/** A voice note of noise: Ogg pages of Opus packets (RFC 3533, RFC 7845). */
export function makeVoiceNote(seconds: number): Buffer {
  const head = Buffer.alloc(19);
  head.write('OpusHead\x01\x01', 'latin1');
  head.writeUInt32LE(OPUS_SAMPLES_PER_SECOND, 12);
  const tags = Buffer.from('OpusTags\x04\0\0\0test\0\0\0\0', 'latin1');
  const pages = [makePage([head], 0, 0n, 2), makePage([tags], 1, 0n, 0)];
  const packets = Math.round((seconds * OPUS_SAMPLES_PER_SECOND) / PACKET_SAMPLES);
  for (let first = 0; first < packets; first += PACKETS_PER_PAGE) {
    const count = Math.min(PACKETS_PER_PAGE, packets - first);
    const isLast = first + count === packets;
    const content = Array.from({ length: count }, (_unused, index) => makePacket(first + index));
    const granule = BigInt((first + count) * PACKET_SAMPLES);
    pages.push(makePage(content, pages.length, granule, isLast ? 4 : 0));
  }
  return Buffer.concat(pages);
}

/** Any bytes are some sound. */
function makePacket(seed: number): Buffer {
  const packet = Buffer.from(Array.from({ length: PACKET_BYTES }, (_, at) => seed * 31 + at * 97));
  packet[0] = PACKET_KIND;
  return packet;
}

function makePage(packets: Buffer[], sequence: number, granule: bigint, flags: number): Buffer {
  const header = Buffer.alloc(27);
  header.write('OggS', 'latin1');
  header[5] = flags;
  header.writeBigUInt64LE(granule, 6);
  header.writeUInt32LE(1, 14);
  header.writeUInt32LE(sequence, 18);
  header[26] = packets.length;
  const lengths = Buffer.from(packets.map((packet) => packet.length));
  const page = Buffer.concat([header, lengths, ...packets]);
  page.writeUInt32LE(oggChecksum(page), 22);
  return page;
}

function oggChecksum(page: Buffer): number {
  let sum = 0;
  for (const byte of page) {
    sum ^= byte << 24;
    for (let bit = 0; bit < 8; bit += 1) {
      sum = (sum & 0x80_00_00_00) === 0 ? sum << 1 : (sum << 1) ^ 0x04_c1_1d_b7;
    }
  }
  return sum >>> 0;
}

/** A film of nothing: the boxes that say what it is and how long (ISO 14496-12). */
export function makeVideo(seconds: number, width: number, height: number): Buffer {
  const movieHeader = Buffer.alloc(100);
  movieHeader.writeUInt32BE(1000, 12);
  movieHeader.writeUInt32BE(seconds * 1000, 16);
  const trackHeader = Buffer.alloc(84);
  trackHeader.writeUInt32BE(0x1_00_00, 40);
  trackHeader.writeUInt32BE(width * 0x1_00_00, 76);
  trackHeader.writeUInt32BE(height * 0x1_00_00, 80);
  return Buffer.concat([
    makeBox('ftyp', Buffer.from('isom\0\0\0\x01isomavc1', 'latin1')),
    makeBox(
      'moov',
      Buffer.concat([
        makeBox('mvhd', movieHeader),
        makeBox('trak', makeBox('tkhd', Buffer.alloc(84))),
        makeBox('trak', makeBox('tkhd', trackHeader)),
      ]),
    ),
    makeBox('mdat', Buffer.alloc(1000, 7)),
  ]);
}

function makeBox(name: string, content: Buffer): Buffer {
  const header = Buffer.alloc(8);
  header.writeUInt32BE(8 + content.length);
  header.write(name, 4, 'latin1');
  return Buffer.concat([header, content]);
}

/** Seconds of MPEG audio: frames of 128 kbit/s, 44.1 kHz, all silent. */
export function makeMp3(seconds: number): Buffer {
  const frame = Buffer.alloc(417);
  frame.writeUInt32BE(0xff_fb_90_00);
  return Buffer.concat(Array.from({ length: Math.ceil(seconds / 0.026) }, () => frame));
}
