import { isNode, lineOf, walk, type Node, type Source } from './source.ts';

const FILE_LINES_MAX = 400;
const FUNCTION_LINES_MAX = 70;
const MAIN_LINES_MAX = 30;

/** Names that say nothing about what is inside. */
const EMPTY_NAMES = new Set(['utils', 'helpers', 'services', 'types', 'common', 'lib', 'misc']);

const SQL = /^\s*(SELECT|INSERT|UPDATE|DELETE|CREATE)\s(?!\/)/;
const ROUTE_METHODS = new Set(['route', 'get', 'head', 'post', 'put', 'patch', 'delete', 'all']);

/** What is wrong inside one file, a sentence each. */
export function checkContents(source: Source): string[] {
  return [
    ...checkSizes(source),
    ...checkNames(source),
    ...checkEnvironment(source),
    ...checkSql(source),
    ...checkSleeps(source),
    ...checkPromises(source),
    ...checkRoutes(source),
  ].map((problem) => `${source.path}${problem}`);
}

function checkSizes(source: Source): string[] {
  const { path, codeLines, nodes } = source;
  const problems: string[] = [];
  const lines = countCode(codeLines);
  if (lines > FILE_LINES_MAX) problems.push(`: ${lines} lines, at most ${FILE_LINES_MAX}`);
  if (path === 'gateway/src/main.ts' && codeLines.length > MAIN_LINES_MAX + 1) {
    problems.push(`: ${codeLines.length - 1} lines, at most ${MAIN_LINES_MAX}`);
  }
  // In a test file the functions are suites.
  if (path.endsWith('.test.ts')) return problems;
  for (const { type, start, end } of nodes) {
    if (!/^(FunctionDeclaration|FunctionExpression|ArrowFunctionExpression)$/.test(type)) continue;
    const first = lineOf(source, start);
    const length = countCode(codeLines.slice(first - 1, lineOf(source, end)));
    if (length <= FUNCTION_LINES_MAX) continue;
    problems.push(`:${first}: a function of ${length} lines, at most ${FUNCTION_LINES_MAX}`);
  }
  return problems;
}

function countCode(lines: readonly string[]): number {
  return lines.filter((line) => line.trim() !== '').length;
}

/** In storage folders are named after what is stored, and a service is what agents sell. */
const SOLD_SERVICES = 'gateway/src/storage/services/';

function checkNames({ path }: Source): string[] {
  if (path.startsWith(SOLD_SERVICES)) return [];
  const folders = path.split('/').slice(0, -1);
  return folders
    .filter((folder) => EMPTY_NAMES.has(folder))
    .map((folder) => `: a folder named "${folder}" says nothing`);
}

/** Only configuration reads the environment, so that it can be seen in one place. */
function checkEnvironment(source: Source): string[] {
  const { path } = source;
  const isProgram = /^(gateway|simulator)\/src\//.test(path);
  if (!isProgram || path.includes('/config/') || path.endsWith('/main.ts')) return [];
  const reads = source.nodes.filter(
    (node) =>
      (node.type === 'MemberExpression' && nameOf(node['property']) === 'env') ||
      (node.type === 'ImportSpecifier' && nameOf(node['imported']) === 'env'),
  );
  return reads.map(({ start }) => `:${lineOf(source, start)}: only config/ reads the environment`);
}

function checkSql(source: Source): string[] {
  const { path } = source;
  if (!path.startsWith('gateway/src/') || path.startsWith('gateway/src/storage/')) return [];
  const statements = source.nodes.filter(
    (node) =>
      (node.type === 'TaggedTemplateExpression' && nameOf(node['tag']) === 'sql') ||
      (node.type === 'Literal' && SQL.test(String(node['value']))) ||
      (node.type === 'TemplateElement' && SQL.test(rawText(node))),
  );
  return statements.map(({ start }) => `:${lineOf(source, start)}: SQL outside storage/`);
}

/** A test that sleeps is slow on a fast machine and wrong on a slow one. */
function checkSleeps(source: Source): string[] {
  if (!source.path.endsWith('.test.ts')) return [];
  const sleeps = source.nodes.filter((node) => isTimerImport(node) || isSleepingPromise(node));
  return sleeps.map(({ start }) => `:${lineOf(source, start)}: a test sleeps instead of waiting`);
}

function isTimerImport({ type, source }: Node): boolean {
  if (!/^Import(Declaration|Expression)$/.test(type) || !isNode(source)) return false;
  return /^(node:)?timers\/promises$/.test(String(source['value']));
}

/** `new Promise((resolve) => setTimeout(resolve, ...))` in its various forms. */
function isSleepingPromise(node: Node): boolean {
  if (node.type !== 'NewExpression' || nameOf(node['callee']) !== 'Promise') return false;
  const [executor] = listOf(node['arguments']);
  const resolve = nameOf(listOf(executor?.['params'])[0]);
  const timers = [...walk(executor)].filter(
    ({ type, callee }) => type === 'CallExpression' && nameOf(callee) === 'setTimeout',
  );
  return timers.some((timer) =>
    [...walk(listOf(timer['arguments'])[0])].some((inner) => nameOf(inner) === resolve),
  );
}

function checkPromises(source: Source): string[] {
  return source.comments
    .filter(({ value }) => /\b(TODO|FIXME)\b/.test(value))
    .map(({ start }) => `:${lineOf(source, start)}: a promise to do something later`);
}

function checkRoutes(source: Source): string[] {
  if (!source.path.startsWith('gateway/src/http/')) return [];
  const routes = source.nodes.filter(isRoute).length;
  return routes > 1 ? [`: ${routes} endpoints in one file`] : [];
}

/** `app.route({ url: ... })`, or `app.get('/...', ...)` and its like. */
function isRoute({ type, callee, arguments: given }: Node): boolean {
  if (type !== 'CallExpression' || !isNode(callee) || callee.type !== 'MemberExpression') {
    return false;
  }
  const method = nameOf(callee['property']);
  if (method === null || !ROUTE_METHODS.has(method)) return false;
  const [first, second] = listOf(given);
  if (method !== 'route') return second !== undefined && String(first?.['value']).startsWith('/');
  return listOf(first?.['properties']).some((property) => nameOf(property['key']) === 'url');
}

function nameOf(node: unknown): string | null {
  return isNode(node) && typeof node['name'] === 'string' ? node['name'] : null;
}

function listOf(nodes: unknown): Node[] {
  return Array.isArray(nodes) ? nodes.filter(isNode) : [];
}

function rawText(node: Node): string {
  const { value } = node;
  return typeof value === 'object' && value !== null && 'raw' in value ? String(value.raw) : '';
}
