import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { OggOpusDecoder } from 'ogg-opus-decoder';

/** What WhatsApp draws: so many bars, each from 0 to 100. */
const BARS = 64;
const BAR_MAX = 100;
/** An hour or more of speech; longer ones are sent without. */
const FILE_BYTES_MAX = 16 * 1024 * 1024;
/** Loudness is summed up in steps of this many samples, 10 ms at Opus's 48 kHz. */
const STEP_SAMPLES = 480;

/**
 * Draws the loudness of an Ogg Opus file along its length.
 * @returns 64 bytes, the loudest 100
 * @throws for files that are no Ogg Opus, or too long
 */
export async function drawWaveform(path: string): Promise<Buffer> {
  const { size } = await stat(path);
  if (size > FILE_BYTES_MAX) throw new Error('too long for a waveform');
  const decoder = new OggOpusDecoder();
  await decoder.ready;
  const steps: number[] = [];
  // Its types say that decoding is synchronous; it is not.
  for await (const chunk of createReadStream(path)) {
    const { channelData } = await Promise.resolve(decoder.decode(chunk as Buffer));
    addSteps(steps, channelData[0]);
  }
  const { channelData } = await decoder.flush();
  addSteps(steps, channelData[0]);
  decoder.free();
  if (steps.length === 0) throw new Error('no sound in it');
  return toBars(steps);
}

function addSteps(steps: number[], samples: Float32Array | undefined): void {
  if (samples === undefined) return;
  for (let at = 0; at < samples.length; at += STEP_SAMPLES) {
    const step = samples.subarray(at, at + STEP_SAMPLES);
    let sum = 0;
    for (const sample of step) sum += Math.abs(sample);
    steps.push(sum / step.length);
  }
}

/** @param steps loudnesses along the file, evenly spaced, at least one */
export function toBars(steps: readonly number[]): Buffer {
  const bars = Array.from({ length: BARS }, (_unused, bar) => {
    const from = Math.floor((bar * steps.length) / BARS);
    const to = Math.max(from + 1, Math.floor(((bar + 1) * steps.length) / BARS));
    const part = steps.slice(from, to);
    return part.reduce((sum, step) => sum + step, 0) / part.length;
  });
  const loudest = Math.max(...bars);
  return Buffer.from(
    bars.map((bar) => (loudest === 0 ? 0 : Math.round((bar / loudest) * BAR_MAX))),
  );
}
