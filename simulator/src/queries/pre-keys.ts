import { isProperlySigned, readNumberedKey, readSignedPreKey } from '../accounts/key-bundle.ts';
import { bigEndian, bytesOf, child, children, stanza } from '../wire/stanza.ts';
import { QueryError } from './query.ts';
import type { QueryContext, QueryHandler } from './query.ts';
import type { Stanza } from '../wire/stanza.ts';

/** How many one-time keys of the device are left. */
export const answerCount: QueryHandler = ({ world, device }) => [
  stanza('count', { value: String(world.devices.countPreKeys(device)) }),
];

/** A device stores one-time keys and its signed pre-key. */
export const answerUpload: QueryHandler = (context, query) => {
  const { world, device } = context;
  const identityKey = bytesOf(child(query, 'identity'));
  if (!identityKey?.equals(device.identityKey)) throw new QueryError(406, 'not-acceptable');
  const signedPreKey = acceptSignedPreKey(context, child(query, 'skey'));
  const keys = children(child(query, 'list'), 'key').map(readNumberedKey);
  const whole = keys.filter((key) => key !== undefined);
  if (whole.length !== keys.length) throw new QueryError(400, 'bad-request');
  world.database.transaction(() => {
    world.devices.addPreKeys(device, whole);
    world.devices.replaceSignedPreKey(device, signedPreKey);
  });
  return [];
};

/** A device replaces its signed pre-key. */
export const answerRotate: QueryHandler = (context, query) => {
  const signedPreKey = acceptSignedPreKey(context, child(child(query, 'rotate'), 'skey'));
  context.world.devices.replaceSignedPreKey(context.device, signedPreKey);
  return [];
};

/** What the server holds of the device's keys, for it to compare. */
export const answerDigest: QueryHandler = ({ world, device }) => [
  stanza('digest', {}, [
    stanza('registration', {}, bigEndian(device.registrationId, 4)),
    stanza('type', {}, Buffer.of(5)),
    stanza('identity', {}, device.identityKey),
    stanza('skey', {}, [
      stanza('id', {}, bigEndian(device.signedPreKey.keyId, 3)),
      stanza('value', {}, device.signedPreKey.publicKey),
      stanza('signature', {}, device.signedPreKey.signature),
    ]),
    stanza(
      'list',
      {},
      world.devices.preKeyIds(device).map((id) => stanza('id', {}, bigEndian(id, 3))),
    ),
  ]),
];

function acceptSignedPreKey({ world, device }: QueryContext, node: Stanza | undefined) {
  const key = readSignedPreKey(node);
  if (!key) throw new QueryError(400, 'bad-request');
  if (!isProperlySigned(device.identityKey, key)) {
    world.stats.add('badSignatures');
    throw new QueryError(406, 'not-acceptable');
  }
  return key;
}
