/**
 * Reading `config.yaml`. It fails closed: an unknown key at any level, a wrong type, or a missing version is an error
 * that names the key and its line and says what would be right. Nothing starts on a guess.
 */
import * as v from 'valibot';
import { type Document, isMap, isNode, LineCounter, parseDocument } from 'yaml';
import { KatoError } from '../core/errors.ts';
import type { Config } from './config.ts';
import { nearest } from './nearest.ts';
import { configSchema } from './schema.ts';

export interface ConfigContext {
  /** The user's home folder, for `~`. */
  readonly home: string;
  /** Providers that exist; others are misspelt. */
  readonly providers: readonly string[];
}

/** The settings in a config file's text. Throws `config-invalid` for the first thing that is wrong. */
export function parseConfig(text: string, file: string, context: ConfigContext): Config {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: true });
  const flaw = document.errors[0];
  if (flaw) {
    const { line, col } = lines.linePos(flaw.pos[0]);
    throw invalid(file, `line ${line}, column ${col}: ${flaw.message}`, 'mend the YAML at this place');
  }
  const where = (path: readonly string[]) => lineOf(document, lines, path);
  const parsed = v.safeParse(configSchema, document.toJS() ?? {});
  if (!parsed.success) throw explain(parsed.issues[0], file, where);
  const config = withHome(parsed.output as Config, context.home);
  for (const id of Object.keys(config.providers)) {
    if (context.providers.includes(id)) continue;
    const hint = `known providers: ${context.providers.join(', ')}`;
    throw invalid(file, `${at(where(['providers', id]))}\`providers.${id}\`: no such provider`, hint);
  }
  return config;
}

type Issue = v.InferIssue<typeof configSchema>;

function explain(issue: Issue, file: string, where: (path: readonly string[]) => number | undefined): KatoError {
  const path = (issue.path ?? []).map(({ key }) => String(key));
  const name = path.join('.');
  const line = at(where(path));
  if (name === 'version' && issue.received === 'undefined') {
    return invalid(file, '`version` is missing', 'add the line `version: 1`');
  }
  if (issue.kind === 'schema' && issue.type === 'strict_object' && issue.expected === 'never') {
    const known = knownKeys(path.slice(0, -1));
    const close = nearest(path.at(-1) ?? '', known);
    const hint = close === undefined ? `known keys here: ${known.join(', ')}` : `did you mean \`${close}\`?`;
    return invalid(file, `${line}unknown key \`${name}\``, hint);
  }
  const hint = `\`${name}\` takes ${special(name) ?? wanted(issue)}`;
  return invalid(file, `${line}\`${name}\` is ${received(issue)}`, hint);
}

function at(line: number | undefined): string {
  return line === undefined ? '' : `line ${line}: `;
}

/** Where the schema's own words say too little. */
function special(name: string): string | undefined {
  if (/^providers\.[^.]+\.roots\.\d+$/.test(name)) return 'a path, or `{ path: …, autoGenerateSnapshots: … }`';
  return /^(?:write|providers\.[^.]+)\.roots$/.test(name) ? 'a list of paths, such as `[~/notes]`' : undefined;
}

function wanted({ type, expected }: Issue): string {
  if (type === 'integer' || type === 'min_value') return 'a whole number of 0 or more';
  if (type === 'regex') return 'letters, digits, `-` and `_`';
  if (type === 'non_empty') return 'a path';
  const words: Record<string, string> = {
    boolean: 'true or false',
    number: 'a number',
    string: 'text',
    Array: 'a list',
    Object: 'a group of keys',
  };
  const simple = words[expected ?? ''];
  return (
    simple ??
    (expected ?? 'another value')
      .replace(/^\(|\)$/g, '')
      .replaceAll(' | ', ' or ')
      .replaceAll('"', '')
  );
}

function received({ received: value }: Issue): string {
  return value === 'undefined' ? 'missing' : value;
}

/** The keys that may stand at a path. */
function knownKeys(path: readonly string[]): readonly string[] {
  let schema: unknown = configSchema;
  for (const key of path) {
    const entries = entriesOf(schema);
    schema = entries?.[key] ?? (schema as { wrapped?: { value?: unknown } }).wrapped?.value ?? schema;
  }
  return Object.keys(entriesOf(schema) ?? {});
}

function entriesOf(schema: unknown): Record<string, unknown> | undefined {
  const one = schema as { entries?: Record<string, unknown>; wrapped?: unknown };
  return one.entries ?? (one.wrapped === undefined ? undefined : entriesOf(one.wrapped));
}

/** The line on which a key stands, or, for one that is missing, the group that should hold it. */
function lineOf(document: Document, lines: LineCounter, path: readonly string[]): number | undefined {
  for (let depth = path.length; depth > 0; depth--) {
    const parent = depth === 1 ? document.contents : document.getIn(path.slice(0, depth - 1), true);
    const pair = isMap(parent)
      ? parent.items.find(({ key }) => String(isNode(key) ? key.toJSON() : key) === path[depth - 1])
      : undefined;
    const range = isNode(pair?.key) ? pair.key.range : undefined;
    if (range) return lines.linePos(range[0]).line;
    const item = document.getIn(path.slice(0, depth), true);
    if (isNode(item) && item.range) return lines.linePos(item.range[0]).line;
  }
  return undefined;
}

function invalid(file: string, what: string, hint: string): KatoError {
  return new KatoError('config-invalid', `${file}: ${what}`, { hint });
}

/** Paths in settings may begin with `~/`. */
function withHome(config: Config, home: string): Config {
  const absolute = (path: string) => (path === '~' ? home : path.startsWith('~/') ? `${home}${path.slice(1)}` : path);
  const providers = Object.entries(config.providers).map(([id, { roots }]) => [
    id,
    { roots: roots.map((root) => ({ ...root, path: absolute(root.path).replace(/(?<=.)\/+$/, '') })) },
  ]);
  return {
    ...config,
    write: { ...config.write, roots: config.write.roots.map(absolute) },
    providers: Object.fromEntries(providers),
  };
}
