import assert from 'node:assert/strict';
import { test } from 'node:test';
import { serviceId, whatsAppId } from '../domain/ids.ts';
import { leaseOf } from '../../test/harness/stored-service.ts';
import { mergeAnswers, type ServiceAnswer } from './inbox.ts';

const one = serviceId(1);
const answer = (
  id: string,
  verdict: ServiceAnswer['verdict'],
  atMs: number,
  ofService = one,
): ServiceAnswer => ({ lease: leaseOf(ofService), whatsAppId: whatsAppId(id), verdict, atMs });

test('answers about one message become one: highest tick, first times', () => {
  const merged = mergeAnswers([
    answer('A', { tick: 'read' }, 30),
    answer('A', { tick: 'server' }, 10),
    answer('A', { tick: 'phone' }, 20),
    answer('A', { tick: 'phone' }, 25),
    answer('A', { refusal: '429' }, 40),
  ]);
  assert.deepEqual(merged, [
    {
      lease: leaseOf(one),
      whatsAppId: 'A',
      tick: 'read',
      serverAtMs: 10,
      phoneAtMs: 20,
      readAtMs: 30,
      refusal: '429',
    },
  ]);
});

test('answers about different messages, and of different services, stay apart', () => {
  const merged = mergeAnswers([
    answer('A', { tick: 'server' }, 1),
    answer('B', { refusal: '463' }, 2),
    answer('A', { tick: 'read' }, 3, serviceId(2)),
  ]);
  assert.deepEqual(
    merged.map(({ tick, refusal }) => tick ?? refusal),
    ['server', '463', 'read'],
  );
});
