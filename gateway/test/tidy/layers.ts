import type { Source } from './source.ts';

/**
 * The folders of `gateway/src` and what each may import beside itself: folders, or single files.
 * ARCHITECTURE.md gives the reasons.
 */
const LAYERS: Readonly<Record<string, readonly string[]>> = {
  domain: [],
  runtime: [],
  config: ['domain'],
  storage: ['domain', 'runtime'],
  ledger: ['domain', 'storage', 'runtime'],
  lifecycle: ['domain', 'storage', 'ledger', 'runtime'],
  inbox: ['domain', 'storage', 'runtime'],
  webhooks: ['domain', 'storage', 'runtime'],
  media: ['domain', 'storage', 'runtime'],
  ownership: ['domain', 'storage', 'runtime'],
  sessions: ['domain', 'storage', 'runtime'],
  whatsapp: ['domain', 'runtime', 'sessions/connection.ts'],
  outbox: ['domain', 'storage', 'sessions', 'media', 'ledger', 'runtime'],
  // The edge hands messages in at the outbox's door and sees nothing behind it.
  http: [
    'domain',
    'storage',
    'sessions',
    'media',
    'ledger',
    'lifecycle',
    'runtime',
    'outbox/intake.ts',
    'outbox/pacing/pace.ts',
    'outbox/pacing/report.ts',
  ],
  // Another program: it knows the gateway by its HTTP API alone.
  cli: ['domain'],
  'accounts.ts': [
    'config',
    'domain',
    'inbox',
    'media',
    'outbox',
    'ownership',
    'runtime',
    'sessions',
    'storage',
    'whatsapp',
    'simulated-whatsapp.ts',
  ],
  'housekeeping.ts': ['ledger', 'lifecycle', 'outbox', 'runtime', 'sessions', 'storage'],
  'processes.ts': ['accounts.ts', 'domain', 'sessions'],
  'simulated-whatsapp.ts': ['config'],
  'welcome.ts': ['gateway.ts', 'config'],
  'main.ts': ['gateway.ts', 'welcome.ts', 'config', 'runtime'],
};

const GATEWAY = 'gateway/src/';
const WHATSAPP_PACKAGES = /^(baileys|libsignal)(\/|$)/;

/** What is wrong with the imports of one file, a sentence each. */
export function checkLayers(source: Source): string[] {
  const { path } = source;
  if (path.startsWith('simulator/')) return checkSimulator(source);
  if (!path.startsWith(GATEWAY) || path.endsWith('.test.ts')) return [];

  const layer = layerOf(path);
  if (layer === 'gateway.ts') return [];
  const allowed = LAYERS[layer];
  if (allowed === undefined) return [`${path}: "${layer}" has no place in the table of layers`];
  const problems: string[] = [];
  for (const { specifier, target } of source.imports) {
    if (WHATSAPP_PACKAGES.test(specifier) && layer !== 'whatsapp') {
      problems.push(`${path}: only whatsapp/ may import ${specifier}`);
    }
    if (specifier.startsWith('@tickwire/') && layer !== 'simulated-whatsapp.ts') {
      problems.push(`${path}: only simulated-whatsapp.ts may import ${specifier}`);
    }
    if (target !== null && !mayReach(layer, allowed, target)) {
      problems.push(`${path}: ${layer} may not import ${target}`);
    }
  }
  return problems;
}

function mayReach(layer: string, allowed: readonly string[], target: string): boolean {
  if (!target.startsWith(GATEWAY)) return false;
  const inside = target.slice(GATEWAY.length);
  const targetLayer = layerOf(target);
  return targetLayer === layer || allowed.includes(targetLayer) || allowed.includes(inside);
}

/** The folder below `gateway/src`, or the name of a file right there. */
function layerOf(path: string): string {
  return path.slice(GATEWAY.length).split('/')[0] ?? '';
}

/** Bugs shared with the gateway would cancel each other out. */
function checkSimulator({ path, imports }: Source): string[] {
  return imports
    .filter(({ specifier, target }) => {
      const leaves = target !== null && !target.startsWith('simulator/');
      return leaves || specifier.startsWith('@tickwire/gateway');
    })
    .map(({ specifier }) => `${path}: the simulator may not import ${specifier}`);
}

/** Circles of files that import each other, each told once. */
export function findCycles(sources: readonly Source[]): string[] {
  const targets = new Map(
    sources.map(({ path, imports }) => [path, imports.map(({ target }) => target)]),
  );
  const done = new Set<string>();
  const trail: string[] = [];
  const cycles: string[] = [];

  const visit = (path: string): void => {
    const start = trail.indexOf(path);
    if (start !== -1) cycles.push(`import cycle: ${[...trail.slice(start), path].join(' -> ')}`);
    if (start !== -1 || done.has(path)) return;
    trail.push(path);
    for (const target of targets.get(path) ?? []) if (target !== null) visit(target);
    trail.pop();
    done.add(path);
  };
  for (const path of targets.keys()) visit(path);
  return cycles;
}
