import { ERRORS } from '../../domain/errors.ts';
import { blocksHtml, escapeHtml, inlineHtml } from './markdown.ts';
import type { ApiContent, ApiDocument, ApiOperation } from './open-api.ts';
import { PAGE_STYLE } from './page-style.ts';
import type { Snippet } from './snippets.ts';

const LANGUAGES: readonly Snippet['lang'][] = ['curl', 'PHP', 'Python', 'TypeScript'];

/** The methods of an address that do the same. */
interface Entry {
  readonly path: string;
  readonly methods: readonly string[];
  readonly operation: ApiOperation;
  /** The operation that shows parameters by name: the query's, else the body's. */
  readonly parameters: readonly Parameter[];
}

interface Parameter {
  readonly name: string;
  readonly isRequired: boolean;
  readonly place: string;
  readonly description: string;
}

/**
 * The reference as one page of HTML that needs nothing else: no script, no font, no network.
 * The language of the snippets is chosen by radio buttons.
 */
export function renderPage(document: ApiDocument): string {
  const entries = entriesOf(document);
  const sections = document.tags.map(({ name, description }) => {
    const own = entries.filter(({ operation }) => operation.tags.includes(name));
    return `<section><h1 id="${idOf(name)}">${escapeHtml(name)}</h1>
<p>${inlineHtml(description)}</p>
${own.map(article).join('\n')}</section>`;
  });
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Tickwire API reference</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>${PAGE_STYLE}</style></head><body>
${LANGUAGES.map(languageButton).join('')}
<header><strong>Tickwire</strong><span class="languages">${LANGUAGES.map(languageLabel).join('')}</span>
<a href="/openapi.json">openapi.json</a></header>
<nav>${document.tags.map(({ name }) => navigation(name, entries)).join('')}
<b><a href="#errors">All errors</a></b></nav>
<main><section>${blocksHtml(document.info.description)}</section>
${sections.join('\n')}
<section><h1 id="errors">All errors</h1>
<p>Those of every address are not repeated above.</p>${errorTable(Object.keys(ERRORS))}</section>
</main></body></html>
`;
}

/** One entry for methods that do the same, one each for those that do not. */
function entriesOf({ paths, components }: ApiDocument): Entry[] {
  return Object.entries(paths).flatMap(([path, operations]) => {
    const all = Object.entries(operations);
    const summaries = [...new Set(all.map(([, { summary }]) => summary))];
    return summaries.flatMap((summary) => {
      const same = all.filter(([, operation]) => operation.summary === summary);
      const shown = same.find(([, operation]) => 'x-codeSamples' in operation) ?? same[0];
      if (shown === undefined) return [];
      return [
        {
          path,
          methods: same.map(([method]) => method.toUpperCase()),
          operation: shown[1],
          parameters: parametersOf(
            same.map(([, operation]) => operation),
            components.schemas,
          ),
        },
      ];
    });
  });
}

/** Parameters of the address and the query, then those that only a body can carry. */
function parametersOf(
  operations: readonly ApiOperation[],
  schemas: ApiDocument['components']['schemas'],
): Parameter[] {
  const found = new Map<string, Parameter>();
  for (const { operationId, parameters, requestBody } of operations) {
    for (const { name, required: isRequired, in: place, description = '' } of parameters) {
      found.set(name, { name, isRequired, place, description });
    }
    if (requestBody === undefined) continue;
    const { properties = {}, required = [] } = schemas[
      operationId.replace(/By(Post|Put)$/, 'Parameters')
    ] as ObjectSchema;
    for (const [name, { description = '' }] of Object.entries(properties)) {
      const isRequired = required.includes(name);
      if (!found.has(name)) found.set(name, { name, isRequired, place: 'body', description });
    }
  }
  return [...found.values()];
}

interface ObjectSchema {
  readonly properties?: Readonly<Record<string, { readonly description?: string }>>;
  readonly required?: readonly string[];
}

/** The address's own codes. */
function codesOf(operation: ApiOperation): string[] {
  return contentsOf(operation).flatMap(([, { examples }]) => Object.keys(examples ?? {}));
}

/** What is answered by which status; what every address may answer is left out. */
function contentsOf({ responses }: ApiOperation): [status: string, ApiContent][] {
  return Object.entries(responses).flatMap(([status, response]) =>
    '$ref' in response
      ? []
      : Object.values(response.content).map((content): [string, ApiContent] => [status, content]),
  );
}

function article({ path, methods, operation, parameters }: Entry): string {
  const codes = codesOf(operation);
  return `<article id="${idOf(operation.operationId)}">
<h2>${methods.map((method) => `<span class="method">${method}</span>`).join('')}
<code>${escapeHtml(path)}</code></h2>
<div class="columns"><div>
<p class="summary">${inlineHtml(operation.summary)}</p>
${blocksHtml(operation.description)}
${parameters.length === 0 ? '' : parameterTable(parameters)}
${codes.length === 0 ? '' : `<h3>Errors</h3>${errorTable(codes)}`}
</div><div class="example">
${(operation['x-codeSamples'] ?? []).map(snippet).join('\n')}
${exampleAnswer(operation)}
</div></div></article>`;
}

function parameterTable(parameters: readonly Parameter[]): string {
  const rows = parameters.map(
    ({ name, isRequired, place, description }) =>
      `<tr><td><code>${escapeHtml(name)}</code><small>${place === 'path' ? 'in the path' : isRequired ? 'required' : 'optional'}</small></td><td>${inlineHtml(description)}</td></tr>`,
  );
  return `<h3>Parameters</h3><table>${rows.join('')}</table>`;
}

function errorTable(codes: readonly string[]): string {
  const rows = codes.map((code) => {
    const [status, sentence] = ERRORS[code as keyof typeof ERRORS];
    return `<tr><td><code>${escapeHtml(code)}</code></td><td>${status}</td><td>${inlineHtml(sentence)}</td></tr>`;
  });
  return `<table>${rows.join('')}</table>`;
}

function snippet({ lang, source }: Snippet): string {
  return `<pre class="code ${lang}">${escapeHtml(source)}</pre>`;
}

function exampleAnswer(operation: ApiOperation): string {
  const found = contentsOf(operation).find(([, { example }]) => example !== undefined);
  if (found === undefined) return '';
  const [status, { example }] = found;
  const text = typeof example === 'string' ? example : JSON.stringify(example, null, 2);
  return `<h3>Answer ${status}</h3><pre>${escapeHtml(text)}</pre>`;
}

function navigation(section: string, entries: readonly Entry[]): string {
  const own = entries.filter(({ operation }) => operation.tags.includes(section));
  const links = own.map(({ operation, path, methods }) => {
    const isAlone = own.filter((other) => other.path === path).length === 1;
    const name = isAlone ? nameOf(path) : `${methods.join(' ')} ${nameOf(path)}`;
    return `<a href="#${idOf(operation.operationId)}">${escapeHtml(name)}</a>`;
  });
  return `<b><a href="#${idOf(section)}">${escapeHtml(section)}</a></b>${links.join('')}`;
}

/** `/module/create` -> `create`, `/sendMsg/{apiKey}` -> `sendMsg`. */
function nameOf(path: string): string {
  return path.replaceAll(/\/\{\w+\}/g, '').replace(/^\/(module\/|admin\/)?/, '');
}

function idOf(name: string): string {
  return name.toLowerCase().replaceAll(/[^a-z]+/g, '-');
}

function languageButton(lang: string, index: number): string {
  const checked = index === 0 ? ' checked' : '';
  return `<input type="radio" name="language" id="show-${lang}"${checked}>`;
}

function languageLabel(lang: string): string {
  return `<label for="show-${lang}">${lang}</label>`;
}
