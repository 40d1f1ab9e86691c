/**
 * The laws of a provider, the same for all of them.
 *
 * Golden folders lie in `test/fixtures/<provider>/<case>/`: `input/` as the agent lays it out below its root,
 * `expected.json`, and a `README.md` that says what the case shows. `UPDATE_GOLDEN=1 npm test` writes what is expected
 * anew; read the difference before you commit it.
 */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { agentFiles } from '../../src/agent-files.ts';
import { eventFlaw } from '../../src/core/event.ts';
import type { JsonValue } from '../../src/core/json.ts';
import { createRowFramer } from '../../src/ingest/framing/rows.ts';
import type { Provider, SourceMatch } from '../../src/providers/provider.ts';
import { createMemoryStore } from '../../src/store/memory.ts';
import { deriveGolden, filesBelow, ingest, readBytes, storedEvents } from '../support/derive.ts';
import { type FoldedEvent, foldPieces } from '../support/fold.ts';

interface GoldenCase {
  readonly name: string;
  readonly folder: string;
  readonly input: string;
}

interface Sample {
  readonly name: string;
  readonly match: SourceMatch;
  readonly bytes: Uint8Array;
}

const FIXTURES = new URL('../fixtures/', import.meta.url).pathname;
/** A decoder's state may remember what is open, never what was said; this much is plenty for ids and hashes. */
const STATE_LIMIT_BYTES = 64 * 1024;

/** `stage` makes what cannot be kept as it is, such as a database, out of a case's input; the folder that it is in then. */
export function describeProvider(provider: Provider, stage: (input: string) => string = (input) => input): void {
  const cases = goldenCases(provider).map((one) => ({ ...one, input: stage(one.input) }));
  const samples = cases.flatMap((one) => samplesOf(provider, one));
  describe(`provider ${provider.id}`, () => {
    describe('golden cases', () => {
      for (const one of cases) it(one.name, () => checkGolden(provider, one));
      it('there are some, each with a story', () => {
        assert.ok(cases.length > 0);
        for (const { folder } of cases) assert.ok(existsSync(join(folder, 'README.md')), `${folder} has no README.md`);
      });
    });
    describe('laws', () => {
      it('never throws on any value', () => neverThrows(provider, samples));
      it('never throws on damaged bytes, and accounts for every one', () => survivesDamage(provider, samples));
      it('gives the same events for any cut of the input', () => ignoresCuts(provider, samples));
      it('gives a prefix of the events for a prefix of the input', () => keepsPrefixes(provider, samples));
      it('gives the same ids when a file is read again', () => readsTwiceStoresOnce(provider, cases));
      it('holds ids and hashes in its state, never text, and stays small', () => keepsNoText(provider, samples));
      it('makes events that fit the schema', () => fitsSchema(provider, cases));
      it('names no other file of its own as a session', () => matchesOnlySessions(provider));
    });
  });
}

function goldenCases(provider: Provider): GoldenCase[] {
  const home = join(FIXTURES, provider.id);
  return readdirSync(home, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => ({ name, folder: join(home, name), input: join(home, name, 'input') }));
}

function samplesOf(provider: Provider, { name, input }: GoldenCase): Sample[] {
  return sourcesBelow(input).flatMap((path) => {
    const match = provider.match(path);
    if (!match || match.framing === 'jsonl.zst') return [];
    const bytes = match.framing === 'rows' ? readRows(join(input, path)) : readBytes(join(input, path));
    return [{ name: `${name}/${path}`, match, bytes }];
  });
}

/** Files, and the sessions in databases. */
function sourcesBelow(input: string): string[] {
  return filesBelow(input).flatMap((path) => {
    if (agentFiles.stat(join(input, path))) return [path];
    return agentFiles.list(join(input, path)).map(({ name }) => `${path}/${name}`);
  });
}

/** The frames of a row set, one a line. */
function readRows(path: string): Uint8Array {
  const rows = agentFiles.openRows(path);
  if (!rows) return new Uint8Array();
  const framer = createRowFramer();
  const framed = [framer.heads(rows.heads()), framer.push(rows.page(0, Number.MAX_SAFE_INTEGER))];
  const lines = framed.flatMap(({ frames }) => frames.map(({ value }) => `${JSON.stringify(value)}\n`));
  return Buffer.from(lines.join(''));
}

async function checkGolden(provider: Provider, { folder, input }: GoldenCase): Promise<void> {
  const path = join(folder, 'expected.json');
  const derived = JSON.parse(JSON.stringify(await deriveGolden(provider, input)));
  if (process.env.UPDATE_GOLDEN) writeFileSync(path, `${JSON.stringify(derived, null, 1)}\n`);
  assert.deepEqual(derived, JSON.parse(readFileSync(path, 'utf8')));
}

function neverThrows(provider: Provider, samples: readonly Sample[]): void {
  const records = samples.flatMap(recordsOf);
  const value = fc.oneof(fc.jsonValue(), mutatedRecord(records));
  for (const { match } of oneOfEachKind(samples)) {
    const decoder = provider.createDecoder(match);
    fc.assert(
      fc.property(fc.array(value, { maxLength: 12 }), (values) => {
        let state: JsonValue = decoder.initial;
        for (const one of values) {
          const decoded = decoder.decode(state, { role: 'record', offset: 0, bytes: 0, value: one });
          state = JSON.parse(JSON.stringify(decoded.state));
        }
      }),
      { numRuns: 400 },
    );
  }
}

/** A real record with one value replaced, removed, or wrapped somewhere inside. */
function mutatedRecord(records: readonly unknown[]): fc.Arbitrary<unknown> {
  if (records.length === 0) return fc.constant({});
  return fc
    .tuple(fc.constantFrom(...records), fc.nat(), fc.oneof(fc.jsonValue(), fc.constant(undefined)))
    .map(([record, at, replacement]) => mutateAt(record, at, replacement));
}

function mutateAt(record: unknown, at: number, replacement: unknown): unknown {
  const copy = structuredClone(record);
  const places: [Record<string, unknown>, string][] = [];
  const visit = (value: unknown) => {
    if (typeof value !== 'object' || value === null) return;
    for (const key of Object.keys(value)) {
      places.push([value as Record<string, unknown>, key]);
      visit((value as Record<string, unknown>)[key]);
    }
  };
  visit(copy);
  const place = places[at % Math.max(places.length, 1)];
  if (place) place[0][place[1]] = replacement;
  return copy;
}

function survivesDamage(provider: Provider, samples: readonly Sample[]): void {
  for (const { match, bytes, name } of samples.filter(({ match }) => match.framing === 'jsonl')) {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 6 }), fc.nat(), (hits, cut) => {
        const damaged = bytes.slice(0, bytes.length - (cut % 64));
        for (const [at, byte] of hits) damaged[at % damaged.length] = byte;
        const { accountedBytes } = foldPieces(provider, match, [damaged]);
        assert.ok(accountedBytes <= damaged.length, `${name}: accounts for more than there is`);
        const whole = Buffer.concat([damaged, Buffer.from('\n')]);
        assert.equal(
          foldPieces(provider, match, [whole]).accountedBytes,
          whole.length,
          `${name}: bytes unaccounted for`,
        );
      }),
      { numRuns: 20 },
    );
  }
}

function ignoresCuts(provider: Provider, samples: readonly Sample[]): void {
  for (const { match, bytes, name } of samples) {
    const expected = foldPieces(provider, match, [bytes]).events;
    fc.assert(
      fc.property(fc.array(fc.nat(bytes.length), { maxLength: 8 }), (cuts) => {
        const ends = [0, ...cuts.sort((a, b) => a - b), bytes.length];
        const pieces = ends.slice(1).map((end, index) => bytes.slice(ends[index], end));
        assert.deepEqual(foldPieces(provider, match, pieces).events, expected, name);
      }),
      { numRuns: 10 },
    );
  }
}

function keepsPrefixes(provider: Provider, samples: readonly Sample[]): void {
  for (const { match, bytes, name } of samples.filter(({ match }) => match.framing !== 'document')) {
    const whole = foldPieces(provider, match, [bytes]).events;
    const lines = Buffer.from(bytes).toString('latin1').split('\n');
    for (let count = 0; count <= lines.length; count += Math.max(1, Math.floor(lines.length / 16))) {
      const part = foldPieces(provider, match, [Buffer.from(`${lines.slice(0, count).join('\n')}\n`, 'latin1')]).events;
      assertPrefix(part, whole, `${name}, ${count} lines`);
    }
  }
}

/** Per session: events of different sessions are collected apart. */
function assertPrefix(part: readonly FoldedEvent[], whole: readonly FoldedEvent[], where: string): void {
  for (const session of new Set(part.map((event) => event.session))) {
    const events = part.filter((event) => event.session === session);
    assert.deepEqual(events, whole.filter((event) => event.session === session).slice(0, events.length), where);
  }
}

async function readsTwiceStoresOnce(provider: Provider, cases: readonly GoldenCase[]): Promise<void> {
  for (const { input, name } of cases) {
    const [first, second] = [createMemoryStore(), createMemoryStore()];
    await ingest(first, provider, input);
    const again = await ingest(first, provider, input);
    assert.equal(again.events, 0, `${name}: a second pass stored something`);
    assert.equal(again.bytesRead, 0, `${name}: a second pass read something`);
    await ingest(second, provider, input);
    const ids = async (store: typeof first) => (await storedEvents(store)).map(({ event }) => event.id);
    assert.deepEqual(await ids(second), await ids(first), name);
  }
}

function keepsNoText(provider: Provider, samples: readonly Sample[]): void {
  for (const { match, bytes, name } of samples) {
    const { events, states } = foldPieces(provider, match, [bytes]);
    const state = states.map((one) => JSON.stringify(one)).join('\n');
    const longest = Math.max(0, ...states.map((one) => JSON.stringify(one).length));
    assert.ok(longest < STATE_LIMIT_BYTES, `${name}: the state has ${longest} bytes`);
    for (const text of events.flatMap(spokenWords)) {
      assert.ok(!state.includes(JSON.stringify(text).slice(1, -1)), `${name}: the state holds words of the transcript`);
    }
  }
}

/** Pieces of what was said, long enough not to be there by chance. */
function spokenWords({ json }: FoldedEvent): string[] {
  const { kind, payload } = JSON.parse(json) as { kind: string; payload: Record<string, unknown> };
  if (kind === 'session.info' || kind === 'provider.raw' || kind === 'usage') return [];
  const texts = [payload.text, payload.prompt, payload.question, payload.freeText, payload.line];
  return texts.flatMap((text) => (typeof text === 'string' ? (text.match(/\p{L}[\p{L} ]{14,40}/gu) ?? []) : []));
}

async function fitsSchema(provider: Provider, cases: readonly GoldenCase[]): Promise<void> {
  for (const { input, name } of cases) {
    const store = createMemoryStore();
    await ingest(store, provider, input);
    for (const { event } of await storedEvents(store)) assert.equal(eventFlaw(event), undefined, name);
  }
}

function matchesOnlySessions(provider: Provider): void {
  for (const path of ['', 'x', 'x.txt', '.jsonl', 'a/b.json.tmp', 'a/b.jsonl.tmp', '../x.jsonl.bak']) {
    assert.equal(provider.match(path), undefined, path);
  }
}

function recordsOf({ match, bytes }: Sample): unknown[] {
  const text = Buffer.from(bytes).toString('utf8');
  const parse = (line: string) => {
    try {
      return [JSON.parse(line)];
    } catch {
      return []; // Damaged lines are cases of their own.
    }
  };
  if (match.framing !== 'document') return text.split('\n').flatMap(parse);
  return parse(text).flatMap((whole) => [whole, ...(whole[match.list?.property ?? ''] ?? [])]);
}

function oneOfEachKind(samples: readonly Sample[]): Sample[] {
  const kinds = new Map(
    samples.map((sample) => [`${sample.match.framing}${Object.keys(sample.match.hints ?? {})}`, sample]),
  );
  return [...kinds.values()];
}
