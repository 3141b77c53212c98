import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EventType } from '../../src/domain/event.ts';
import { eventId } from '../../src/domain/ids.ts';
import {
  DESCRIBED_EVENTS,
  exampleService,
  versionedExample,
} from '../../src/http/reference/event-webhooks.ts';
import { writeBody } from '../../src/webhooks/body.ts';

// The examples of the reference are what is really written.

const AT_MS = Date.UTC(2024, 4, 1, 13, 43, 53);

/** The example's data as it is stored: times are numbers there. */
function stored(type: EventType): unknown {
  const { at, sentAt, ...data } = DESCRIBED_EVENTS[type].data as Record<string, unknown>;
  return {
    ...data,
    ...(at === undefined ? {} : { atMs: AT_MS }),
    ...(sentAt === undefined ? {} : { sentAtMs: AT_MS }),
  };
}

for (const type of Object.keys(DESCRIBED_EVENTS) as EventType[]) {
  test(type, () => {
    const event = { id: eventId(542656), type, data: stored(type), createdAtMs: AT_MS + 120 };
    const context = { apiKey: 'APIKEY', service: exampleService(type), fileUrl: () => '' };
    const versioned = writeBody(event, { ...context, format: 'versioned' });
    assert.deepEqual(JSON.parse(versioned ?? ''), versionedExample(type));
    const documented = writeBody(event, { ...context, format: 'documented' });
    assert.deepEqual(
      documented === null ? undefined : JSON.parse(documented),
      DESCRIBED_EVENTS[type].documented,
    );
  });
}
