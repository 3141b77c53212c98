import type { TObject } from '@sinclair/typebox';
import type { ErrorCode } from '../../domain/errors.ts';

/** Parts of the reference, in the order of its reader's interest. */
export const SECTIONS = {
  Sending: 'Messages to people and groups.',
  Reading: 'What was sent, what came in, and what waits.',
  Managing:
    'Single messages and schedules: seen whole, changed, cancelled, sent again. Additions to the documented API, in its ways.',
  Settings: 'How a service behaves.',
  Webhooks: 'Events that are posted to an address of yours; part of the Premium plan.',
  Events: 'The same events, for those who ask for them; part of the Premium plan.',
  Partner: 'Services that an agent buys and looks after.',
  Operator: 'What whoever runs this gateway does, with the admin token.',
  Health: 'For load balancers and monitoring.',
} as const;

/** What a caller shows to be let in. */
type Access =
  /** The service's key in the path. */
  | 'apiKey'
  /** `agentKey` among the parameters. */
  | 'agentKey'
  /** The admin token as a bearer token. */
  | 'adminToken'
  | 'nobody';

/** Parameters as one call gives them; a list is repeated or written as a JSON list. */
export type ExampleParameters = Readonly<Record<string, string | readonly string[]>>;

/** What the reference says about an address beside what its route says. */
export interface Reference {
  readonly section: keyof typeof SECTIONS;
  readonly title: string;
  /** A sentence. */
  readonly summary: string;
  /** More, in Markdown of paragraphs and `code`. */
  readonly text?: string;
  /** Where the documented API is odd, and is kept so. */
  readonly oddities?: readonly string[];
  readonly access: Access;
  /** What it takes, by query and by every kind of body. */
  readonly parameters?: TObject;
  /** What it refuses, beside what every address refuses. */
  readonly errors?: readonly ErrorCode[];
  readonly example: {
    readonly method: 'GET' | 'POST';
    readonly parameters?: ExampleParameters;
    readonly answer: unknown;
    /** Where the answer is no JSON. */
    readonly answerType?: string;
  };
}

/** References by the route's URL as the router knows it, after a method where methods differ. */
export type References = Readonly<Record<string, Reference>>;
