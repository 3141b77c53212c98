import type { ContentReader } from './received-content.ts';

/** Places, also moving ones: `51.5,-0.12 Name, address`. */
export const readPlace: ContentReader = ({ locationMessage, liveLocationMessage }) => {
  if (locationMessage) {
    const { degreesLatitude, degreesLongitude, name, address, comment } = locationMessage;
    const words = [name, address, comment].filter(Boolean).join(', ');
    return place(degreesLatitude, degreesLongitude, words);
  }
  if (liveLocationMessage) {
    const { degreesLatitude, degreesLongitude, caption } = liveLocationMessage;
    return place(degreesLatitude, degreesLongitude, caption ?? '');
  }
  return null;
};

function place(
  latitude: number | null | undefined,
  longitude: number | null | undefined,
  words: string,
) {
  return { type: 'location', text: `${latitude ?? 0},${longitude ?? 0} ${words}`.trimEnd() };
}
