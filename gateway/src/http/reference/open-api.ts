import type { TSchema } from '@sinclair/typebox';
import { ERRORS, Problem, type ErrorCode } from '../../domain/errors.ts';
import { errorBody, type ErrorFamily } from '../answers/error-answer.ts';
import type { DescribedRoute } from './described-routes.ts';
import { describeWebhooks } from './event-webhooks.ts';
import { INTRODUCTION } from './introduction.ts';
import { SECTIONS, type Reference } from './reference.ts';
import { snippetsOf, type Snippet } from './snippets.ts';

/** Where a gateway listens unless it is told otherwise. */
const DEFAULT_URL = 'http://127.0.0.1:3000';

/** A parameter in a path or query. */
interface ApiParameter {
  readonly name: string;
  readonly in: 'path' | 'query';
  readonly required: boolean;
  readonly description?: string;
  readonly schema: unknown;
}

export interface ApiContent {
  readonly schema: unknown;
  readonly example?: unknown;
  readonly examples?: Readonly<Record<string, ApiReference>>;
}

export interface ApiResponse {
  readonly description: string;
  readonly content: Readonly<Record<string, ApiContent>>;
}

interface ApiReference {
  readonly $ref: string;
}

/** What one method of an address does. */
export interface ApiOperation {
  readonly operationId: string;
  readonly tags: readonly string[];
  readonly summary: string;
  readonly description: string;
  readonly security: readonly Readonly<Record<string, readonly string[]>>[];
  readonly parameters: readonly ApiParameter[];
  readonly requestBody?: { readonly content: Readonly<Record<string, ApiContent>> };
  /** `default` is what any address may answer. */
  readonly responses: Readonly<Record<string, ApiResponse | ApiReference>>;
  readonly 'x-codeSamples'?: readonly Snippet[];
}

/** The parts of OpenAPI 3.1 that are used here. */
export interface ApiDocument {
  readonly openapi: '3.1.0';
  readonly info: { readonly title: string; readonly version: string; readonly description: string };
  readonly servers: readonly { readonly url: string }[];
  readonly tags: readonly { readonly name: string; readonly description: string }[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, ApiOperation>>>>;
  /** What is posted to customers, by the type of event. */
  readonly webhooks: Readonly<Record<string, unknown>>;
  readonly components: {
    readonly securitySchemes: unknown;
    /** The bodies' parameters and the answers, by the reference that names them. */
    readonly schemas: Readonly<Record<string, unknown>>;
    readonly examples: Readonly<Record<string, unknown>>;
    readonly responses: Readonly<Record<string, ApiResponse>>;
  };
}

/** Every body form is understood at every address. */
const BODY_FORMS = ['multipart/form-data', 'application/x-www-form-urlencoded', 'application/json'];

/** What any address may answer, whatever it is asked. */
const ERRORS_OF_ALL: readonly ErrorCode[] = [
  'malformed_body',
  'malformed_url',
  'malformed_request',
  'route_not_found',
  'method_not_allowed',
  'body_too_large',
  'unsupported_content_type',
  'too_many_requests',
  'internal_error',
  'not_ready',
];

const FAMILIES: readonly ErrorFamily[] = ['success', 'status', 'boolean'];

/** Describes the routes, with every snippet for a gateway at `url`. */
export function buildOpenApi(routes: readonly DescribedRoute[], url = DEFAULT_URL): ApiDocument {
  const paths: Record<string, Record<string, ApiOperation>> = {};
  const schemas: Record<string, unknown> = {};
  for (const route of routes) {
    const path = route.url.replaceAll(/:(\w+)/g, '{$1}');
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: describe(route, path, url) };
    Object.assign(schemas, schemasOf(route));
  }
  return {
    openapi: '3.1.0',
    info: { title: 'Tickwire', version: '1.0.0', description: INTRODUCTION },
    servers: [{ url }],
    tags: Object.entries(SECTIONS).map(([name, description]) => ({ name, description })),
    paths,
    webhooks: describeWebhooks(),
    components: {
      securitySchemes: { adminToken: { type: 'http', scheme: 'bearer' } },
      schemas: {
        ...schemas,
        ...Object.fromEntries(FAMILIES.map((family) => [`${family}Error`, errorSchema(family)])),
      },
      examples: errorExamples(),
      responses: Object.fromEntries(
        FAMILIES.map((family) => [family, errorResponse(family, ERRORS_OF_ALL)]),
      ),
    },
  };
}

const BY_METHOD: Readonly<Record<string, string>> = { GET: '', PUT: 'ByPut' };

function describe(route: DescribedRoute, path: string, url: string): ApiOperation {
  const { method, reference } = route;
  const { text, oddities = [], access, example } = reference;
  const notes = oddities.map((oddity) => `Note: ${oddity}`);
  return {
    operationId: `${idOf(reference)}${BY_METHOD[method] ?? 'ByPost'}`,
    tags: [reference.section],
    summary: reference.summary,
    description: [text ?? '', ...notes].filter((one) => one !== '').join('\n\n'),
    security: access === 'adminToken' ? [{ adminToken: [] }] : [],
    parameters: [...pathParameters(path), ...(method === 'GET' ? queryParameters(route) : [])],
    ...(method === 'GET' ? {} : bodyOf(route)),
    responses: {
      ...answersOf(route),
      ...errorsOf(route),
      default: { $ref: `#/components/responses/${route.errorFamily}` },
    },
    ...(method === example.method ? { 'x-codeSamples': samplesOf(route, path, url) } : {}),
  };
}

function samplesOf({ reference }: DescribedRoute, path: string, url: string): Snippet[] {
  const { method, parameters = {} } = reference.example;
  const filled = path
    .replace('{apiKey}', 'APIKEY')
    .replace('{agentId}', '1')
    .replace('{messageId}', '565');
  const needsAdminToken = reference.access === 'adminToken';
  const snippets = snippetsOf({ method, url: url + filled, parameters, needsAdminToken });
  // The others would parse the answer as JSON.
  return snippets.slice(0, reference.example.answerType === undefined ? undefined : 1);
}

const PATH_PARAMETERS: Readonly<Record<string, string>> = {
  apiKey: 'The key of the service.',
  agentId: 'The number of the agent.',
  messageId: 'The `messageId` that sending answered.',
  token: 'Names the file and the end of its link’s time, signed.',
  fileName: 'For people and programs that look at it.',
};

function pathParameters(path: string): ApiParameter[] {
  return [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => ({
    name,
    in: 'path',
    required: true,
    description: PATH_PARAMETERS[name] ?? '',
    schema: { type: 'string' },
  }));
}

function queryParameters({ reference }: DescribedRoute): ApiParameter[] {
  const { properties = {}, required = [] } = reference.parameters ?? {};
  const texts = Object.entries(properties).filter(([, property]) => !isFile(property));
  return texts.map(([name, { description, ...schema }]: [string, TSchema]) => {
    return {
      name,
      in: 'query',
      required: required.includes(name),
      ...(description === undefined ? {} : { description }),
      schema,
    };
  });
}

/** Files come in bodies only. */
function isFile(property: TSchema): boolean {
  return 'contentMediaType' in property;
}

function bodyOf({ reference }: DescribedRoute): Pick<ApiOperation, 'requestBody'> {
  if (reference.parameters === undefined) return {};
  const schema = { $ref: `#/components/schemas/${idOf(reference)}Parameters` };
  return { requestBody: { content: Object.fromEntries(BODY_FORMS.map((it) => [it, { schema }])) } };
}

/** What a route's operations refer to. */
function schemasOf({ reference, answers, method }: DescribedRoute): Record<string, unknown> {
  const { parameters } = reference;
  return {
    ...(parameters === undefined || method === 'GET'
      ? {}
      : { [`${idOf(reference)}Parameters`]: parameters }),
    ...Object.fromEntries(
      Object.values(answers).map((schema) => [`${idOf(reference)}Answer`, schema]),
    ),
  };
}

function answersOf({ answers, method, reference }: DescribedRoute): ApiOperation['responses'] {
  const { answer, answerType, method: shown } = reference.example;
  const statuses = answerType === undefined ? Object.keys(answers) : ['200'];
  const schema =
    answerType === undefined
      ? { $ref: `#/components/schemas/${idOf(reference)}Answer` }
      : { type: 'string' };
  return Object.fromEntries(
    statuses.map((status) => [
      status,
      {
        description: 'It was done.',
        content: {
          [answerType ?? 'application/json']: {
            schema,
            ...(method === shown ? { example: answer } : {}),
          },
        },
      },
    ]),
  );
}

/** `admin/agents/…/credit` -> `adminAgentsCredit`; where methods differ the summary tells them apart. */
function idOf({ title }: Reference): string {
  return title.replaceAll(/\W+(\w?)/g, (_, next: string) => next.toUpperCase());
}

/** The route's own errors by status. */
function errorsOf({ reference, errorFamily }: DescribedRoute): ApiOperation['responses'] {
  const byStatus = new Map<number, ErrorCode[]>();
  for (const code of reference.errors ?? []) {
    const [status] = ERRORS[code];
    byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
  }
  return Object.fromEntries(
    [...byStatus].map(([status, codes]) => [String(status), errorResponse(errorFamily, codes)]),
  );
}

/** Codes stand as named examples. */
function errorResponse(family: ErrorFamily, codes: readonly ErrorCode[]): ApiResponse {
  return {
    description: codes.map((code) => `\`${code}\`: ${ERRORS[code][1]}`).join('\n\n'),
    content: {
      'application/json': {
        schema: { $ref: `#/components/schemas/${family}Error` },
        examples: Object.fromEntries(
          codes.map((code) => [code, { $ref: `#/components/examples/${family}.${code}` }]),
        ),
      },
    },
  };
}

function errorSchema(family: ErrorFamily): unknown {
  const { message, code, ...mark } = errorBody(family, new Problem('internal_error'));
  const marks = Object.entries(mark).map(([name, value]) => [name, { const: value }]);
  const properties = {
    ...Object.fromEntries(marks),
    message: { type: typeof message },
    code: { type: typeof code },
  };
  return { type: 'object', required: Object.keys(properties), properties };
}

/** Every error in every family, as `success.invalid_api_key`. */
function errorExamples(): Record<string, unknown> {
  return Object.fromEntries(
    FAMILIES.flatMap((family) =>
      (Object.keys(ERRORS) as ErrorCode[]).map((code) => [
        `${family}.${code}`,
        { value: errorBody(family, new Problem(code)) },
      ]),
    ),
  );
}
