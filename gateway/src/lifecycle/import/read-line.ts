import { looksLikeApiKey } from '../../domain/api-key.ts';
import { parseCountryCode } from '../../domain/country-code.ts';
import { Problem } from '../../domain/errors.ts';
import type { AgentId } from '../../domain/ids.ts';
import { parsePhoneNumber, type PhoneNumber } from '../../domain/phone-number.ts';
import type { Plan } from '../../domain/plans.ts';

/** What stands in a line, by column; blank where the file has nothing. */
export interface WrittenLine {
  readonly apiKey: string;
  readonly phoneNumber: string;
  /** Its number or its name. */
  readonly plan: string;
  readonly expiry: string;
  /** Number or name; blank for the operator's own. */
  readonly agent: string;
  readonly countryCode: string;
  readonly receiveMessage: string;
  readonly webhook: string;
}

/** A service that moves here, as far as its line says. */
export interface MovedService {
  readonly apiKey: string;
  /** The number it was linked to; its owner has to link it again. */
  readonly phone: PhoneNumber | null;
  readonly planId: number;
  readonly expiresAtMs: number;
  readonly agent: KnownAgent | null;
  readonly countryCode: string | null;
  readonly receivesMessages: boolean;
  readonly webhookUrl: string | null;
}

/** An agent that a line may name. */
interface KnownAgent {
  readonly id: AgentId;
  readonly name: string;
  readonly mode: 'test' | 'live';
}

/** What lines are judged by. */
export interface Surroundings {
  readonly agents: readonly KnownAgent[];
  readonly plans: readonly Plan[];
  readonly nowMs: number;
  /** Refuses an address that nothing may be posted to. @throws Error with a sentence */
  readonly readWebhook: (written: string) => void;
}

const ON = ['on', 'true', '1', 'yes', 'enable'];
const OFF = ['off', 'false', '0', 'no', 'disable'];
const EXPIRY_FORM =
  /^(\d{4})[-/](\d{2})[-/](\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?Z?)?$/;
const EXPIRES_WITHIN_YEARS = 10;

/**
 * Reads one line.
 * @returns the service, or every sentence that says what is wrong with the line
 */
export function readLine(
  written: WrittenLine,
  surroundings: Surroundings,
): { readonly service: MovedService } | { readonly problems: readonly string[] } {
  const problems: string[] = [];
  const attempt = <Value>(read: () => Value): Value | null => {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      problems.push(error.message);
      return null;
    }
  };
  const apiKey = attempt(() => readKey(written.apiKey));
  const plan = attempt(() => readPlan(written, surroundings.plans));
  const expiresAtMs = attempt(() => readExpiry(written.expiry, surroundings.nowMs));
  const agent = attempt(() => readAgent(written.agent, surroundings.agents));
  const receivesMessages = attempt(() => readSwitch(written.receiveMessage));
  const countryCode = attempt(() => unlessBlank(written.countryCode, parseCountryCode));
  const phone = attempt(() =>
    unlessBlank(written.phoneNumber, (number) => parsePhoneNumber(number, countryCode)),
  );
  const webhookUrl = attempt(() => readWebhook(written.webhook, plan, surroundings));
  const isWhole =
    apiKey !== null && plan !== null && expiresAtMs !== null && receivesMessages !== null;
  if (problems.length > 0 || !isWhole) return { problems };
  return {
    service: {
      apiKey,
      phone,
      planId: plan.id,
      expiresAtMs,
      agent,
      countryCode,
      receivesMessages,
      webhookUrl,
    },
  };
}

function readKey(written: string): string {
  if (!looksLikeApiKey(written)) {
    refuse('the apiKey must be five groups of seven lower-case letters and digits, joined by "-"');
  }
  return written;
}

function readPlan({ plan: written }: WrittenLine, plans: readonly Plan[]): Plan {
  const plan = plans.find(
    ({ id, name }) => String(id) === written || name.toLowerCase() === written.toLowerCase(),
  );
  if (plan === undefined) {
    refuse(`the plan must be ${plans.map(({ id, name }) => `${id} (${name})`).join(' or ')}`);
  }
  return plan;
}

/** Milliseconds since 1970; a day alone means all of that day, in UTC. */
function readExpiry(written: string, nowMs: number): number {
  const match = EXPIRY_FORM.exec(written);
  if (match === null) {
    refuse('the expiry must be a day such as 2026-12-31, or 2026-12-31 23:59:59 in UTC');
  }
  const [year = 0, month = 0, day = 0, ...time] = match.slice(1).map(Number);
  const [hour = 0, minute = 0, second = 0] = match[4] === undefined ? [23, 59, 59] : time;
  const atMs = Date.UTC(year, month - 1, day, hour, minute, second || 0);
  const date = new Date(atMs);
  const isReal = date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
  if (!isReal || hour > 23 || minute > 59 || second > 59) {
    refuse(`there is no such time as the expiry ${written}`);
  }
  const latest = new Date(nowMs);
  latest.setUTCFullYear(latest.getUTCFullYear() + EXPIRES_WITHIN_YEARS);
  if (atMs > latest.getTime()) {
    refuse(`the expiry ${written} is more than ${EXPIRES_WITHIN_YEARS} years away`);
  }
  return atMs;
}

function readAgent(written: string, agents: readonly KnownAgent[]): KnownAgent | null {
  if (written === '') return null;
  const byId = agents.find(({ id }) => String(id) === written);
  if (byId !== undefined) return byId;
  const [named, another] = agents.filter(({ name }) => name === written);
  if (named === undefined) refuse(`there is no agent "${written}"; make it first`);
  if (another !== undefined) refuse(`several agents are called "${written}"; write its number`);
  return named;
}

function readSwitch(written: string): boolean {
  const plain = written.toLowerCase();
  if (plain === '' || ON.includes(plain)) return true;
  if (!OFF.includes(plain)) refuse('the receiveMessage must be on or off');
  return false;
}

function readWebhook(written: string, plan: Plan | null, { readWebhook: read }: Surroundings) {
  if (written === '') return null;
  if (plan !== null && !plan.hasWebhooks) refuse(`the plan ${plan.name} has no webhooks`);
  try {
    read(written);
  } catch (error) {
    refuse(`nothing can be posted to the webhook: ${error instanceof Error ? error.message : ''}`);
  }
  return written;
}

function unlessBlank<Value>(written: string, read: (text: string) => Value): Value | null {
  return written === '' ? null : read(written);
}

function refuse(sentence: string): never {
  throw new Problem('invalid_parameter', sentence);
}
