/**
 * Reading `config.yaml`. It fails closed: an unknown key at any level, a wrong type, or a missing version is an error
 * that names the key and its line and says what would be right. Nothing starts on a guess.
 */
import { isAbsolute, normalize } from 'node:path';
import * as v from 'valibot';
import { type Document, isMap, isNode, LineCounter, parseDocument, visit } from 'yaml';
import { KatoError } from '../core/errors.ts';
import { nearest } from '../core/nearest.ts';
import type { Config } from './config.ts';
import { findMisplaced } from './keys.ts';
import { configSchema } from './schema.ts';

export interface ConfigContext {
  /** The user's home folder, for `~`. */
  readonly home: string;
  /** Providers that exist; others are misspelt. */
  readonly providers: readonly string[];
}

/**
 * The settings in a config file's text. Throws `config-invalid` for the first thing that is wrong; `usage`, without a
 * line, when the text is in no file yet.
 */
export function parseConfig(text: string, file: string | undefined, context: ConfigContext): Config {
  const place = new Place(text, file);
  const value = place.value();
  if (typeof value !== 'object' || Array.isArray(value)) {
    throw place.invalid([], 'line 1: the file does not hold settings', 'begin with the line `version: 1`');
  }
  const misplaced = findMisplaced(value, configSchema);
  if (misplaced?.kind === 'unknown') throw unknownKey(misplaced.path, misplaced.known, place);
  if (misplaced?.kind === 'list') throw place.wrong(misplaced.path, 'a list', 'a group of keys');
  const parsed = v.safeParse(configSchema, value ?? {});
  if (!parsed.success) throw explain(parsed.issues[0], place);
  const config = parsed.output as Config;
  for (const id of Object.keys(config.providers)) {
    if (context.providers.includes(id)) continue;
    const close = nearest(id, context.providers);
    const hint =
      close === undefined ? `known providers: ${context.providers.join(', ')}` : `did you mean \`${close}\`?`;
    throw place.invalid(['providers', id], `\`providers.${id}\`: no such provider`, hint);
  }
  return withHome(config, context.home, place);
}

type Path = readonly string[];
type Issue = v.InferIssue<typeof configSchema>;

/** The file as YAML, and where in it something stands. */
class Place {
  readonly #file: string | undefined;
  readonly #lines = new LineCounter();
  readonly #document: Document;

  constructor(text: string, file: string | undefined) {
    this.#file = file;
    this.#document = parseDocument(text, { lineCounter: this.#lines, prettyErrors: false, uniqueKeys: true });
    const flaw = this.#document.errors[0];
    if (flaw) throw this.#unreadable(flaw.pos[0], flaw.message.split('\n', 1)[0] ?? '');
  }

  /** What the text holds; null for nothing. */
  value(): unknown {
    visit(this.#document, {
      Alias: (_, alias) => {
        if (!alias.resolve(this.#document))
          throw this.#unreadable(alias.range?.[0] ?? 0, `nothing is named ${alias.source}`);
      },
    });
    try {
      return this.#document.toJS({ maxAliasCount: 100 });
    } catch {
      throw this.#unreadable(0, 'there are too many aliases'); // The one thing left that it refuses.
    }
  }

  wrong(path: Path, is: string, wanted: string): KatoError {
    const name = path.join('.');
    return this.invalid(path, `\`${name}\` is ${is}`, `\`${name}\` takes ${wanted}`);
  }

  invalid(path: Path, what: string, hint: string): KatoError {
    const line = this.#lineOf(path);
    return this.#error(line === undefined || this.#file === undefined ? what : `line ${line}: ${what}`, hint);
  }

  #unreadable(offset: number, what: string): KatoError {
    const { line, col } = this.#lines.linePos(offset);
    return this.#error(`line ${line}, column ${col}: ${what}`, 'mend the YAML at this place');
  }

  #error(what: string, hint: string): KatoError {
    if (this.#file === undefined) return new KatoError('usage', what, { hint });
    return new KatoError('config-invalid', `${this.#file}: ${what}`, { hint });
  }

  /** The line on which a key stands, or, for one that is missing, the group that should hold it. */
  #lineOf(path: Path): number | undefined {
    for (let depth = path.length; depth > 0; depth--) {
      const parent = depth === 1 ? this.#document.contents : this.#document.getIn(path.slice(0, depth - 1), true);
      const pair = isMap(parent)
        ? parent.items.find(({ key }) => nameOf(isNode(key) ? key.toJSON() : key) === path[depth - 1])
        : undefined;
      const range = isNode(pair?.key) ? pair.key.range : undefined;
      if (range) return this.#lines.linePos(range[0]).line;
      const item = this.#document.getIn(path.slice(0, depth), true);
      if (isNode(item) && item.range) return this.#lines.linePos(item.range[0]).line;
    }
    return undefined;
  }
}

/** A key as the parsed value has it. */
function nameOf(key: unknown): string {
  return key === null ? '' : String(key);
}

function unknownKey(path: Path, known: readonly string[], place: Place): KatoError {
  const close = nearest(path.at(-1) ?? '', known);
  const hint = close === undefined ? `known keys here: ${known.join(', ')}` : `did you mean \`${close}\`?`;
  return place.invalid(path, `unknown key \`${path.join('.')}\``, hint);
}

function explain(issue: Issue, place: Place): KatoError {
  const path = (issue.path ?? []).map(({ key }) => String(key));
  const name = path.join('.');
  if (name === 'version' && issue.received === 'undefined') {
    return place.invalid([], '`version` is missing', 'add the line `version: 1`');
  }
  if (name === 'recording.preset' && issue.type === 'picklist') {
    const presets = (issue.expected ?? '').replace(/[()"]/g, '').replaceAll(' | ', ', ');
    return place.invalid(
      path,
      `\`${name}\`: no preset \`${issue.received.replaceAll('"', '')}\``,
      `presets: ${presets}`,
    );
  }
  return place.wrong(path, received(issue), special(name, issue) ?? wanted(issue));
}

/** Where the schema's own words say too little. */
function special(name: string, { received: value }: Issue): string | undefined {
  if (/^(?:write|providers\.[^.]+)\.roots$/.test(name)) return 'a list of paths, such as `[~/notes]`';
  if (!/^(?:write|providers\.[^.]+)\.roots\.\d+$/.test(name)) return undefined;
  if (value === 'null') return 'a path; quote a lone `"~"`';
  return name.startsWith('write') ? 'a path' : 'a path, or `{ path: …, autoGenerateSnapshots: … }`';
}

const WORDS: Readonly<Record<string, string>> = {
  false: 'false alone: what it stands for is not built yet',
  boolean: 'true or false',
  number: 'a number',
  string: 'text',
  Array: 'a list',
  Object: 'a group of keys',
};

function wanted({ type, expected }: Issue): string {
  if (type === 'integer' || type === 'min_value') return 'a whole number of 0 or more';
  if (type === 'regex') return 'letters, digits, `-` and `_`';
  if (type === 'non_empty') return 'a path';
  const simple = (expected ?? 'another value').replace(/^\(|\)$/g, '').replaceAll('"', '');
  return WORDS[expected ?? ''] ?? simple.replaceAll(' | ', ' or ');
}

function received({ received: value }: Issue): string {
  return value === 'undefined' ? 'missing' : value === 'null' ? 'empty' : value === 'Array' ? 'a list' : value;
}

/** Paths in settings may begin with `~/`, and are absolute from here on. */
function withHome(config: Config, home: string, place: Place): Config {
  const absolute = (path: string, at: Path) => {
    const expanded = path === '~' ? home : path.startsWith('~/') ? `${home}${path.slice(1)}` : path;
    if (isAbsolute(expanded)) return normalize(expanded).replace(/(?<=.)\/+$/, '');
    throw place.invalid(at, `\`${at.join('.')}\` is not an absolute path`, 'begin it with `/` or `~/`');
  };
  const providers = Object.entries(config.providers).map(([id, { roots }]) => [
    id,
    { roots: roots.map((root, index) => ({ ...root, path: absolute(root.path, rootPath(id, index)) })) },
  ]);
  return {
    ...config,
    write: {
      ...config.write,
      roots: config.write.roots.map((path, index) => absolute(path, ['write', 'roots', String(index)])),
    },
    providers: Object.fromEntries(providers),
  };
}

function rootPath(provider: string, index: number): Path {
  return ['providers', provider, 'roots', String(index)];
}
