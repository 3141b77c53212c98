import type { HttpOnly } from '../harness/http-only.ts';
import type { Scene } from './scene.ts';

/** What a request of the collection needs beside its own text. */
export interface Coverage {
  /** What stands for APIKEY, ServiceAPIKEY and their like. */
  readonly apiKey: (scene: Scene) => string;
  /** Brings the scene to where the example was taken. */
  readonly prepare?: (http: HttpOnly, scene: Scene) => Promise<unknown>;
  /** What was changed in the request beside host, keys and ids, or is odd about it. */
  readonly note?: string;
}

const linked = (scene: Scene): string => scene.linked.apiKey;
const busy = (scene: Scene): string => scene.busy.apiKey;
const fresh = (scene: Scene): string => scene.fresh.apiKey;
const agents = (scene: Scene): string => scene.agentsApiKey;

const WITHOUT_MEDIA = 'sent without `link`, `file`, `base64_file`';

const set =
  (query: string) =>
  (http: HttpOnly, { linked: { apiKey } }: Scene): Promise<unknown> =>
    http.ask(`/serviceSettings/${apiKey}?${query}`);

/** The requests that are served so far, by their name in the collection. */
export const COVERED: Readonly<Record<string, Coverage>> = {
  'API Reference / sendMsg | Single': { apiKey: linked, note: WITHOUT_MEDIA },
  'API Reference / sendMsg | Multiple phone numbers': { apiKey: linked, note: WITHOUT_MEDIA },
  'API Reference / sendMsg | Multiple phone numbers (Json)': {
    apiKey: linked,
    note: WITHOUT_MEDIA,
  },
  'API Reference / sentMessages': {
    apiKey: busy,
    note: '`phonenumber` is digits without `+`',
  },
  'API Reference / receivedMessages': { apiKey: linked },
  'API Reference / getStatus': { apiKey: linked },
  'API Reference / pending': { apiKey: fresh },
  'API Reference / deletePending': { apiKey: linked },
  'API Reference / isRegistered': { apiKey: linked },
  'Settings / serviceSettings': { apiKey: linked, note: 'no country code was set yet' },
  'Settings / countryCode': { apiKey: linked, prepare: set('receiveMessage=off') },
  'Settings / enable receiveMessage': { apiKey: linked, prepare: set('receiveMessage=off') },
  'Settings / disable receiveMessage': { apiKey: linked, prepare: set('receiveMessage=on') },
  'Partner / showAllService': { apiKey: agents },
  'Partner / getWalletBalance': { apiKey: agents },
  'Partner / create': { apiKey: agents },
  'Partner / qrCode': { apiKey: fresh },
  'Partner / loginWithCode': { apiKey: fresh },
  'Partner / disconnect': { apiKey: agents },
  'Partner / connect': { apiKey: agents },
};
