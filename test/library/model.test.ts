/**
 * Random lives of several sessions, written by two programs in turn, compared with a small model after every step: as of
 * now and as of any seq that was. Every step is said again at once by the other program, and must be known.
 */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { SessionKey } from '../../src/core/session.ts';
import type { LoadedSession } from '../../src/library/load.ts';
import type { Operation } from '../../src/library/state.ts';
import { openTranscripts, type Transcripts } from '../../src/library/transcripts.ts';
import { Random } from '../bench/random.ts';
import { collect } from '../store/contract/scene.ts';
import { temporaryFolder } from '../support/derive.ts';
import { engines, openEngine } from './engines.ts';
import { keyOf } from './laws.ts';

const SEED = 20261122;
const LIVES = 12;
const STEPS = 60;

interface Said {
  readonly owner: string;
  readonly id: string;
  readonly text: string;
}

/** What a session is for its program. */
interface View {
  readonly context: readonly Said[];
  readonly summary: string | undefined;
  readonly title: string | undefined;
  readonly mode: string;
  readonly tags: readonly string[];
}

const nothing: View = { context: [], summary: undefined, title: undefined, mode: '', tags: [] };

function say(view: View, said: Said): View {
  const isSame = ({ owner, id }: Said) => owner === said.owner && id === said.id;
  const isKnown = view.context.some(isSame);
  const context = isKnown ? view.context.map((one) => (isSame(one) ? said : one)) : [...view.context, said];
  return { ...view, context };
}

function compact(view: View, summary: string, keepFrom: string | undefined): View {
  if (keepFrom === undefined) return { ...view, summary, context: [] };
  const first = view.context.findIndex(({ id }) => id === keepFrom);
  return { ...view, summary, context: view.context.slice(Math.max(0, first)) };
}

function patch(view: View, { kind, value }: Operation): View {
  const others = view.tags.filter((tag) => tag !== value);
  if (kind === 'tag') return view.tags.includes(value) ? view : { ...view, tags: [...view.tags, value] };
  return kind === 'untag' ? { ...view, tags: others } : { ...view, [kind]: value };
}

function viewOf({ messages, summary, state }: LoadedSession, own: string): View {
  const context = messages.map(({ id, text, inherited }) => ({ owner: inherited?.nativeId ?? own, id, text }));
  return { context, summary, title: state.title, mode: state.mode ?? '', tags: state.tags };
}

class Life {
  readonly #random: Random;
  readonly #programs: readonly Transcripts[];
  /** By session: what it was at each of its seqs at which a step ended; the last is now. */
  readonly #views = new Map<string, Map<number, View>>();
  #count = 0;

  constructor(random: Random, programs: readonly Transcripts[]) {
    this.#random = random;
    this.#programs = programs;
  }

  async step(): Promise<void> {
    const name = this.#random.pick(['a', 'b', ...this.#views.keys()]);
    const key = keyOf(name);
    const before = [...(this.#views.get(name)?.values() ?? [])].at(-1) ?? nothing;
    const id = String(++this.#count);
    const text = this.#random.hex(6);
    const kind = this.#random.pick([
      'say',
      'say',
      'say',
      'revise',
      'patch',
      'compact',
      'mirror',
      'fork',
      'together',
    ] as const);
    const own = before.context.filter(({ owner, id: one }) => owner === name && !one.includes('/'));
    switch (kind) {
      case 'say':
        return this.#does(
          key,
          (t) => t.append(key, { id, role: 'user', content: text }),
          say(before, { owner: name, id, text }),
        );
      case 'together': {
        const both = [id, `${id}b`].map((one) => ({ id: one, role: 'assistant', content: text }) as const);
        const after = both.reduce((view, one) => say(view, { owner: name, id: one.id, text }), before);
        return this.#does(key, (t) => t.append(key, ...both), after);
      }
      case 'revise': {
        if (own.length === 0) return;
        const { id: known } = this.#random.pick(own);
        const after = say(before, { owner: name, id: known, text });
        return this.#does(key, (t) => t.append(key, { id: known, role: 'user', content: text }), after);
      }
      case 'patch': {
        const what = this.#random.pick(['title', 'mode', 'tag', 'tag', 'untag'] as const);
        const value = this.#random.pick(['x', 'y', 'z']);
        return this.#does(
          key,
          (t) => t.patch(key, [{ kind: what, value }], { id }),
          patch(before, { kind: what, value }),
        );
      }
      case 'compact': {
        const keepFrom = this.#random.pick([undefined, 'unknown', ...before.context.map((said) => said.id)]);
        const compaction = { id, summary: text, ...(keepFrom !== undefined && { keepFrom }) };
        return this.#does(key, (t) => t.compact(key, compaction), compact(before, text, keepFrom));
      }
      case 'mirror': {
        const store = this.#programs[0]?.store;
        const { id: from } = (await store?.session(keyOf('a'))) ?? {};
        if (from === undefined) return;
        const after = say(before, { owner: name, id: `${from}/${id}`, text });
        return this.#does(key, (t) => t.mirror(keyOf('a'), key, { id, role: 'assistant', content: text }), after);
      }
      case 'fork':
        return this.#fork(name, id);
    }
  }

  async #fork(name: string, id: string): Promise<void> {
    const past = [...(this.#views.get(name) ?? [])];
    if (past.length === 0) return;
    const [seq, view] = this.#random.pick(past);
    const child = keyOf(`${name}-${id}`);
    await this.#does(
      child,
      (t) => t.fork(keyOf(name), seq, { nativeId: child.nativeId }).then(() => true),
      view,
      false,
    );
  }

  /** One program does it, the other one says it again. */
  async #does(key: SessionKey, action: (t: Transcripts) => Promise<boolean>, after: View, tells = true): Promise<void> {
    const [first, second] = this.#random.pick([this.#programs, this.#programs.toReversed()]);
    assert.ok(first && second);
    assert.equal(await action(first), true);
    const head = await second.store.head();
    if (tells) assert.equal(await action(second), false);
    else await action(second);
    assert.equal(await second.store.head(), head);
    const seq = (await second.store.session(key))?.lastSeq ?? 0;
    const views = this.#views.get(key.nativeId) ?? new Map<number, View>();
    this.#views.set(key.nativeId, views.set(seq, after));
    await this.#compare(first, key.nativeId);
  }

  async #compare(program: Transcripts, name: string): Promise<void> {
    const past = [...(this.#views.get(name) ?? [])];
    const [seq, view] = this.#random.pick(past);
    assert.deepEqual(viewOf(await program.load(keyOf(name)), name), past.at(-1)?.[1]);
    assert.deepEqual(viewOf(await program.load(keyOf(name), { atSeq: seq }), name), view);
  }

  async compareAll(): Promise<void> {
    for (const name of this.#views.keys()) for (const program of this.#programs) await this.#compare(program, name);
  }
}

for (const [engine, { keepsData }] of Object.entries(engines)) {
  it(`random lives are those of the model, in ${engine}`, { timeout: 120_000 }, async (t) => {
    for (let index = 0; index < LIVES; index++) {
      const folder = temporaryFolder(t);
      const store = openEngine(engine, folder);
      const programs = [openTranscripts(store), openTranscripts(keepsData ? openEngine(engine, folder) : store)];
      const life = new Life(new Random(SEED + index), programs);
      try {
        for (let step = 0; step < STEPS; step++) await life.step();
        await life.compareAll();
        assert.deepEqual(await collect(store.verify()), []);
      } catch (error) {
        t.diagnostic(`seed ${SEED + index}`);
        throw error;
      }
      for (const program of programs) await program.close();
    }
  });
}
