/** What a look into a file found; what it did not find is absent. */
export interface MediaDescription {
  /** Pixels. */
  readonly width?: number;
  /** Pixels. */
  readonly height?: number;
  readonly seconds?: number;
  readonly jpegThumbnail?: Buffer;
  /** 64 loudnesses from 0 to 100. */
  readonly waveform?: Buffer;
}
