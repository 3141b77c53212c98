import assert from 'node:assert/strict';
import { test } from 'node:test';
import { serviceId } from '../domain/ids.ts';
import { OUTSIDE, stepOwnership } from './ownership-machine.ts';
import { timesOf } from './ownership-times.ts';

const lease = (id: number) => ({ serviceId: serviceId(id), epoch: 1 });

test('an account that somebody is linking is not given away', () => {
  const times = timesOf(30_000);
  const census = [{ mode: 'test' as const, wanted: 2, held: 2 }];
  const peers = [{ id: 'other', beat: 1, modes: ['test' as const] }];
  const endings = (isAsked: boolean, nowMs: number): number => {
    let { model } = stepOwnership(
      OUTSIDE.model,
      { type: 'entered', run: OUTSIDE.model.run, sentAtMs: 0 },
      0,
      times,
    );
    const gained = [1, 2].map((id) => ({ lease: lease(id), mode: 'test' as const, isAsked }));
    ({ model } = stepOwnership(model, { type: 'gained', run: model.run, gained }, 0, times));
    const beaten = { type: 'beaten', run: model.run, sentAtMs: nowMs, peers, census } as const;
    // Beats in between, so that it may go on using what it holds.
    for (let atMs = 3000; atMs < nowMs; atMs += 3000) {
      const alone = { ...beaten, sentAtMs: atMs, peers: [], census: null };
      ({ model } = stepOwnership(model, alone, atMs, times));
    }
    const { effects } = stepOwnership(model, beaten, nowMs, times);
    return effects.filter(({ type }) => type === 'end').length;
  };
  assert.equal(endings(false, 3000), 1, 'one of two goes to the other');
  assert.equal(endings(true, 3000), 0);
  assert.equal(endings(true, 123_000), 1);
});
