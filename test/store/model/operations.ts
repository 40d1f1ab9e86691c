/** Random things to do to a store, as data; and the world that they are done in: sources that are being read. */
import fc from 'fast-check';
import { KatoError } from '../../../src/core/errors.ts';
import type { Appended, Batch, TranscriptStore } from '../../../src/store/store.ts';
import { blobOf, Feed, keyOf, loose, type ReadExtras, recordOf, say } from '../../support/batches.ts';

export const SESSIONS = ['a', 'b', 'c'];
export const RECORDS = ['r1', 'r2', 'r3', 'r4'];
export const CONSUMERS = ['search', 'recorder'];
export const SIDE_FILE = 'out.txt';
export const blobs = [blobOf('one'), blobOf('two'), blobOf('text '.repeat(400), 'text/plain')];

const FEEDS: readonly (readonly [string, string | undefined])[] = [
  ['f', 'a'],
  ['g', 'a'],
  ['h', 'b'],
  ['i', undefined],
];
export const SOURCES = FEEDS.map(([name]) => new Feed(name).id);

const word = fc.record({
  session: fc.constantFrom(...SESSIONS),
  record: fc.constantFrom(...RECORDS),
  text: fc.constantFrom('A', 'B', 'C'),
  part: fc.constantFrom('text:0', 'text:1'),
});
const words = fc.array(word, { maxLength: 6 });

const extras = fc.record({
  noise: fc.constantFrom('', '', 'noise\n', 'n'.repeat(100_000)),
  quarantine: fc.boolean(),
  flaw: fc.constantFrom(undefined, 'unknown-record', 'salvaged-line'),
  facts: fc.constantFrom({}, { head: 'h1' }, { head: 'h2', cwd: '/w' }, { title: { text: 'T', from: 'prompt' } }),
  blob: fc.constantFrom(undefined, 0, 1, 2),
  consumer: fc.constantFrom(undefined, ...CONSUMERS),
  link: fc.constantFrom(undefined, 'told', 'resolved', 'other'),
  takeBack: fc.constantFrom(undefined, 'records', 'restored', 'seqs', 'offset', 'ordinal'),
});

const feed = fc.nat(FEEDS.length - 1);
const reading = fc.record({ feed, words, extras, sweep: fc.boolean() });

export const operation = fc.oneof(
  { weight: 8, arbitrary: reading.map((one) => ({ kind: 'read', ...one }) as const) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('restart' as const), feed }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('loose' as const), words, extras }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('several' as const), readings: fc.array(reading, { maxLength: 3 }) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('stale' as const), feed, words, reading }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('note' as const), feed, gone: fc.boolean() }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('rederive' as const), parts: fc.array(words, { maxLength: 3 }) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('forget' as const), session: fc.constantFrom(...SESSIONS) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('reopen' as const) }) },
);
type OperationOf<A> = A extends fc.Arbitrary<infer T> ? T : never;
export type Operation = OperationOf<typeof operation>;
type Word = OperationOf<typeof word>;
type Extras = OperationOf<typeof extras>;
type ReadingOf = OperationOf<typeof reading>;

/** The outcome of an operation, as both engines must tell it. */
type Outcome = readonly (readonly [number, number])[] | string;

/** The sources as they are now. Turns an operation into something that can be done to one store after another. */
export class World {
  readonly #feeds = FEEDS.map(([name, nativeId]) => new Feed(name, nativeId));
  #ordinal = 0;

  prepare(one: Operation): (store: TranscriptStore) => Promise<Outcome> {
    switch (one.kind) {
      case 'read':
        return appending([this.#read(one)]);
      case 'several':
        return appending(one.readings.map((each) => this.#read(each)));
      case 'loose':
        return appending([{ ...loose(this.#said(one.words), this.#more(one.extras)), cause: 'live' }]);
      case 'stale':
        return this.#stale(one);
      case 'restart':
        this.#feed(one.feed).restart();
        return nothing;
      case 'note':
        return appending([this.#feed(one.feed).note({ gone: one.gone })]);
      case 'rederive': {
        const batches = one.parts.map((part) => loose(this.#said(part)));
        return (store) => outcomeOf(async () => [await store.rederive(batches)]);
      }
      case 'forget':
        return (store) => outcomeOf(() => store.forget(keyOf(one.session)).then(() => []));
      case 'reopen':
        return nothing;
    }
  }

  #feed(index: number): Feed {
    return this.#feeds[index] as Feed; // Generated as an index of this list.
  }

  #read({ feed: index, words: spoken, extras: more, sweep }: ReadingOf): Batch {
    const source = this.#feed(index);
    return source.read(this.#said(spoken), {
      ...this.#more(more),
      sweep: sweep && source.generation > 1,
      noise: more.noise,
    });
  }

  /** A batch that is refused, after one that alone would be stored. */
  #stale({ feed: index, words: spoken, reading: { words: fine, extras: more } }: Operation & { kind: 'stale' }) {
    const batches = [loose(this.#said(fine), this.#more(more)), this.#feed(index).stale(this.#said(spoken))];
    return appending(batches);
  }

  #said(spoken: readonly Word[]) {
    return spoken.map(({ session, record, text, part }) =>
      say(session, record, text, { part, ordinal: ++this.#ordinal }),
    );
  }

  #more({ quarantine, flaw, facts, blob, consumer, link, takeBack }: Extras): ReadExtras & Partial<Batch> {
    const some = blob === undefined ? undefined : blobs[blob];
    const sideFiles = some ? [{ name: SIDE_FILE, sha256: some.sha256 }] : [];
    const offset = consumer && { consumer, position: this.#ordinal, state: { at: this.#ordinal } };
    return {
      extras: { facts: facts as object, blobs: some ? [some] : [], sideFiles, perPage: 2 },
      quarantined: quarantine ? [{ offset: this.#ordinal, bytes: 1, reason: 'nul' }] : [],
      diagnostics: flaw ? [{ code: flaw as 'unknown-record', about: 'x', count: 1 }] : [],
      flaws: flaw ? [{ code: flaw as 'unknown-record', about: 'x', count: 1 }] : [],
      offsets: offset ? [offset] : [],
      links: link === undefined ? [] : [linkOf(link)],
      superseded: takeBack === undefined ? [] : [this.#takenBack(takeBack)],
    };
  }

  #takenBack(how: string): Batch['superseded'][number] {
    const key = keyOf('a');
    const source = this.#feed(0);
    if (how === 'offset') return { key, source: source.id, fromOffset: 20, untilOffset: source.endBytes };
    if (how === 'ordinal')
      return {
        key,
        fromOrdinal: Math.max(1, this.#ordinal - 4),
        exceptSource: source.id,
        beforeRecord: recordOf('a', 'r2'),
      };
    if (how === 'seqs') return { key, seqs: [1, 3, 40], inForce: this.#ordinal % 2 === 0 };
    return { key, records: [recordOf('a', 'r1'), recordOf('a', 'r3')], inForce: how === 'restored' };
  }
}

function linkOf(how: string): Batch['links'][number] {
  const parent = { nativeId: how === 'other' ? 'c' : 'b', relation: 'continuation' } as const;
  const link = { key: keyOf('a'), parent };
  return how === 'resolved' ? { ...link, resolved: { parentSeq: 1, copied: [[1, 2]] } } : link;
}

const nothing = async (): Promise<Outcome> => [];

function appending(batches: readonly Batch[]) {
  return (store: TranscriptStore): Promise<Outcome> => outcomeOf(() => store.append(batches));
}

async function outcomeOf(action: () => Promise<readonly Appended[]>): Promise<Outcome> {
  try {
    return (await action()).map(({ events, revisions }) => [events, revisions] as const);
  } catch (error) {
    if (error instanceof KatoError) return error.code;
    throw error;
  }
}
