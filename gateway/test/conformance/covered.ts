import type { ServiceRole } from './scene.ts';

/** What a request of the collection needs beside its own text. */
export interface Coverage {
  /** Whose key stands for APIKEY, ServiceAPIKEY and their like. */
  readonly by: ServiceRole;
  /** What is odd about it. */
  readonly note?: string;
}

/** The requests that are served so far, by their name in the collection. */
export const COVERED: Readonly<Record<string, Coverage>> = {
  'API Reference / sendMsg | Single': { by: 'linked' },
  'API Reference / sendMsg | Multiple phone numbers': { by: 'linked' },
  'API Reference / sendMsg | Multiple phone numbers (Json)': { by: 'linked' },
  'API Reference / sentMessages': { by: 'busy', note: '`phonenumber` is digits without `+`' },
  'API Reference / receivedMessages': { by: 'linked' },
  'API Reference / getStatus': { by: 'linked' },
  'API Reference / pending': { by: 'fresh' },
  'API Reference / deletePending': { by: 'linked' },
  'API Reference / getGroupList': { by: 'linked', note: 'a bare list, without a charset' },
  'API Reference / sendGroup | Single': { by: 'linked' },
  'API Reference / sendGroup  | Single': { by: 'linked' },
  'API Reference / sendGroup | Multiple groups': { by: 'linked' },
  'API Reference / sendLocation': { by: 'linked' },
  'API Reference / sendLocation (JSON)': {
    by: 'linked',
    note: 'JSON that is sent as `text/plain`',
  },
  'API Reference / isRegistered': { by: 'linked' },
  'Settings / serviceSettings': { by: 'linked', note: 'no country code was set yet' },
  'Settings / countryCode': { by: 'quiet' },
  'Settings / enable receiveMessage': { by: 'quietWithCode' },
  'Settings / disable receiveMessage': { by: 'withCode' },
  'Webhook / set webhook': { by: 'hooked' },
  'Webhook / remove webhook': { by: 'hookedToRemove', note: 'the answer is 201' },
  'Webhook / pending webhook': { by: 'hookedIdle' },
  'Webhook / resend webhook': { by: 'hookedPending' },
  'Partner / showAllService': { by: 'ofAgent' },
  'Partner / getWalletBalance': { by: 'ofAgent' },
  'Partner / create': { by: 'ofAgent' },
  'Partner / qrCode': { by: 'fresh' },
  'Partner / loginWithCode': { by: 'pairing' },
  'Partner / disconnect': { by: 'ofAgent' },
  'Partner / connect': { by: 'ofAgent' },
  'Partner / suspend': { by: 'ofAgent' },
  'Partner / unsuspend': { by: 'ofAgent' },
  'Partner / renew': { by: 'ofAgent' },
  'Partner / remove': { by: 'disposable' },
};

/** The folders of which no request may be missing. */
export const WHOLE_FOLDERS = ['API Reference', 'Settings', 'Webhook', 'Partner'];
