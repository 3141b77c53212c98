import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Problem } from '../../domain/errors.ts';
import { agentId } from '../../domain/ids.ts';
import { PLANS } from '../../domain/plans.ts';
import { readFile } from './read-file.ts';
import { readLine, type Surroundings, type WrittenLine } from './read-line.ts';

const KEY = 'k3v9x2a-p0q8d7m-0000000-1111111-2222222';

const SURROUNDINGS: Surroundings = {
  agents: [
    { id: agentId(3), name: 'Shop', mode: 'live' },
    { id: agentId(4), name: 'Twin', mode: 'live' },
    { id: agentId(5), name: 'Twin', mode: 'test' },
  ],
  plans: PLANS,
  nowMs: Date.UTC(2026, 10, 22),
  readWebhook(written) {
    if (!written.startsWith('https://')) throw new Error('it is no public address');
  },
};

const LINE: WrittenLine = {
  apiKey: KEY,
  phoneNumber: '',
  plan: '2',
  expiry: '2027-02-28',
  agent: '',
  countryCode: '',
  receiveMessage: '',
  webhook: '',
};

const read = (changes: Partial<WrittenLine>) => readLine({ ...LINE, ...changes }, SURROUNDINGS);

describe('a line', () => {
  test('with nothing but the needed', () => {
    assert.deepEqual(read({}), {
      service: {
        apiKey: KEY,
        phone: null,
        planId: 2,
        expiresAtMs: Date.UTC(2027, 1, 28, 23, 59, 59),
        agent: null,
        countryCode: null,
        receivesMessages: true,
        webhookUrl: null,
      },
    });
  });

  for (const [changes, expected] of [
    [{ plan: 'premium' }, { planId: 4 }],
    [{ agent: '3' }, { agent: SURROUNDINGS.agents[0] }],
    [{ agent: 'Shop' }, { agent: SURROUNDINGS.agents[0] }],
    [{ countryCode: '+44', phoneNumber: '07400 733413' }, { phone: '447400733413' }],
    [{ receiveMessage: 'Disable' }, { receivesMessages: false }],
    [{ receiveMessage: 'true' }, { receivesMessages: true }],
    [{ expiry: '2027/02/28 10:20:30' }, { expiresAtMs: Date.UTC(2027, 1, 28, 10, 20, 30) }],
    [{ expiry: '2027-02-28T10:20:30.500Z' }, { expiresAtMs: Date.UTC(2027, 1, 28, 10, 20, 30) }],
    [{ expiry: '2027-02-28 10:20' }, { expiresAtMs: Date.UTC(2027, 1, 28, 10, 20) }],
    [{ plan: '4', webhook: 'https://a.example/x' }, { webhookUrl: 'https://a.example/x' }],
  ] as const) {
    test(`with ${JSON.stringify(changes)}`, () => {
      const outcome = read(changes);
      assert.ok('service' in outcome);
      assert.deepEqual({ ...outcome.service, ...expected }, outcome.service);
    });
  }

  for (const [changes, sentence] of [
    [{ apiKey: '' }, /five groups of seven/],
    [{ apiKey: KEY.toUpperCase() }, /five groups of seven/],
    [{ apiKey: KEY.slice(1) }, /five groups of seven/],
    [{ plan: '' }, /2 \(Basic\)/],
    [{ plan: 'Gold' }, /2 \(Basic\)/],
    [{ expiry: '' }, /2026-12-31/],
    [{ expiry: '28.02.2027' }, /2026-12-31/],
    [{ expiry: '2027-02-29' }, /no such time/],
    [{ expiry: '2027-02-28 24:00:00' }, /no such time/],
    [{ expiry: '2037-02-28' }, /more than 10 years/],
    [{ agent: 'Nobody' }, /no agent "Nobody"/],
    [{ agent: 'Twin' }, /several agents/],
    [{ phoneNumber: '4.474E+11' }, /phone number/],
    [{ phoneNumber: '07400733413' }, /no country code/],
    [{ countryCode: 'UK' }, /calling code/],
    [{ receiveMessage: 'perhaps' }, /on or off/],
    [{ webhook: 'https://a.example/x' }, /Basic has no webhooks/],
    [{ plan: '4', webhook: 'http://10.0.0.1' }, /no public address/],
  ] as const) {
    test(`is refused with ${JSON.stringify(changes)}`, () => {
      const outcome = read(changes);
      assert.ok('problems' in outcome);
      assert.equal(outcome.problems.length, 1);
      assert.match(outcome.problems[0] ?? '', sentence);
    });
  }

  test('names everything that is wrong with it', () => {
    const outcome = read({ apiKey: 'x', plan: 'x', expiry: 'x', agent: 'x', webhook: 'x' });
    assert.ok('problems' in outcome);
    assert.equal(outcome.problems.length, 5);
  });
});

describe('a file', () => {
  test('with columns in any order, names of other lists, any separator and a byte order mark', () => {
    for (const separator of [',', ';', '\t']) {
      const rows = [
        ['Expire', 'API Key', 'whatsappNumber', 'connectedToWhatsapp', 'plan_id'],
        ['2027-02-28', KEY, '447400733413', 'true', '3'],
        ['', '', '', '', ''],
        ['2027-03-31', ` ${KEY} `, '', 'false', '"4"'],
      ];
      const csv = `\uFEFF${rows.map((row) => row.join(separator)).join('\r\n')}\r\n`;
      const lines = readFile(csv);
      assert.deepEqual(
        lines.map(({ line, written }) => [line, written.apiKey, written.plan, written.expiry]),
        [
          [2, KEY, '3', '2027-02-28'],
          [4, KEY, '4', '2027-03-31'],
        ],
      );
      assert.equal(lines[0]?.written.phoneNumber, '447400733413');
    }
  });

  for (const [csv, sentence] of [
    ['', /empty/],
    ['apiKey,plan', /no column "expiry"/],
    ['apiKey,plan,expiry,colour', /column "colour"/],
    ['apiKey,plan,expiry,expire', /column "expiry" twice/],
    ['apiKey,plan,expiry\nx,2', /line 2 has 2 fields/],
    ['apiKey,plan,expiry\n"x,2,3', /can not be imported/i],
  ] as const) {
    test(`is refused: ${JSON.stringify(csv)}`, () => {
      assert.throws(
        () => readFile(csv),
        (error) => error instanceof Problem && sentence.test(error.message),
      );
    });
  }
});
