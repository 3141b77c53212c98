import assert from 'node:assert/strict';
import type { HttpOnly } from './http-only.ts';

/** A reseller made for a test. */
export interface TestAgent {
  readonly agentId: number;
  readonly agentKey: string;
}

/**
 * Makes an agent.
 * @param credit what its wallet begins with
 * @param more parameters besides
 */
export async function makeAgent(
  http: HttpOnly,
  credit: string,
  more: object = {},
): Promise<TestAgent> {
  const answer = await http.operate('/admin/agents', { name: 'Reseller', credit, ...more });
  assert.equal(answer.status, 201, answer.text);
  return answer.json as TestAgent;
}

/**
 * Buys a service for the agent.
 * @param more of the query, in place of a month of the smallest plan
 * @returns its key
 */
export async function buyService(
  http: HttpOnly,
  { agentKey }: TestAgent,
  more = '&planId=2&cycle=1',
): Promise<string> {
  const answer = await http.ask(`/module/create?agentKey=${agentKey}${more}`);
  assert.equal(answer.status, 200, answer.text);
  return (answer.json as { apiKey: string }).apiKey;
}
