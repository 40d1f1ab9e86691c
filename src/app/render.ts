/** A session through a format: the driver that feeds events, and the earlier ones they must be seen with, to the fold. */
import type { KatoEvent } from '../core/event.ts';
import type { JsonValue } from '../core/json.ts';
import { type SessionKey, sessionId, shortId } from '../core/session.ts';
import type { Format, FormatOptions } from '../record/formats/format.ts';
import type { StoredEvent, TranscriptStore } from '../store/store.ts';
import { type Segment, segmentsOf } from './lineage.ts';

export interface RenderOptions {
  readonly options: FormatOptions;
  readonly last?: number | undefined;
  readonly current?: boolean | undefined;
  readonly subagents?: boolean | undefined;
  readonly inherited?: boolean | undefined;
}

export interface Rendered {
  readonly text: string;
  /** Events that the text shows. */
  readonly events: number;
}

/** Deeper nests of sub-agents are shown as a line each. */
const SUBAGENT_DEPTH = 4;

/** The session's body in pieces, inherited parts first. */
export async function* render(
  store: TranscriptStore,
  format: Format,
  key: SessionKey,
  wanted: RenderOptions,
): AsyncGenerator<Rendered> {
  const { segments, missing } = await segmentsOf(store, key, wanted.inherited !== false && wanted.last === undefined);
  let state = format.initial;
  if (missing !== undefined) {
    const id = shortId(sessionId({ provider: key.provider, nativeId: missing }));
    const noted = format.note(state, `Continues session ${id}, which is not in the store.`);
    state = noted.state;
    yield { text: noted.text, events: 0 };
  }
  for (const [index, segment] of segments.entries()) {
    // Copies of a parent's part are shown only where the parent's part itself cannot be.
    const replayed = wanted.options.replayed || (index === 0 && missing !== undefined);
    const run = new SegmentRun(
      store,
      format,
      segment,
      { ...wanted, options: { ...wanted.options, replayed } },
      SUBAGENT_DEPTH,
    );
    state = yield* run.pieces(format.resume(state));
  }
}

class SegmentRun {
  readonly #store: TranscriptStore;
  readonly #format: Format;
  readonly #segment: Segment;
  readonly #wanted: RenderOptions;
  readonly #depth: number;
  /** Calls that wait for their result: most look-ups are for these. */
  readonly #calls = new Map<number, KatoEvent>();

  constructor(store: TranscriptStore, format: Format, segment: Segment, wanted: RenderOptions, depth: number) {
    this.#store = store;
    this.#format = format;
    this.#segment = segment;
    this.#wanted = wanted;
    this.#depth = depth;
  }

  async *pieces(first: JsonValue): AsyncGenerator<Rendered, JsonValue> {
    let state = first;
    const after = await this.#start();
    const revised = this.#wanted.current ? await this.#revised() : new Set<number>();
    for await (const page of this.#store.read({ key: this.#segment.key, view: 'current', after })) {
      let text = '';
      let events = 0;
      for (const { event, superseded } of page) {
        if (event.seq > this.#segment.untilSeq) break;
        if (this.#wanted.current && (superseded || revised.has(event.seq))) continue;
        const folded = this.#format.fold(
          state,
          { event, related: await this.#related(state, event) },
          this.#wanted.options,
        );
        this.#remember(event);
        state = folded.state;
        text += folded.text;
        if (this.#format.shows(event, this.#wanted.options)) events += 1;
        const inlined = this.#wanted.subagents ? this.#subagentOf(event) : undefined;
        if (!inlined) continue;
        yield { text, events };
        text = '';
        events = 0;
        state = yield* this.#inline(inlined, state);
      }
      if (text !== '' || events > 0) yield { text, events };
      if ((page.at(-1)?.event.seq ?? 0) >= this.#segment.untilSeq) break;
    }
    const owed = await this.#pick(this.#format.owed(state));
    yield { text: this.#format.finish(state, owed, this.#wanted.options), events: 0 };
    return state;
  }

  #subagentOf(event: KatoEvent): SessionKey | undefined {
    if (event.kind !== 'session.info' || event.payload.subagent === undefined || this.#depth === 0) return undefined;
    return { provider: event.session.provider, nativeId: event.payload.subagent.nativeId };
  }

  async *#inline(key: SessionKey, state: JsonValue): AsyncGenerator<Rendered, JsonValue> {
    if (!(await this.#store.session(key))) return state;
    const segment = { key, untilSeq: Number.MAX_SAFE_INTEGER };
    const run = new SegmentRun(this.#store, this.#format, segment, this.#wanted, this.#depth - 1);
    const ended = yield* run.pieces(this.#format.resume(state));
    const noted = this.#format.note(ended, `End of sub-agent ${shortId(sessionId(key))}`);
    yield { text: noted.text, events: 0 };
    return this.#format.rejoin(state, noted.state);
  }

  async #related(state: JsonValue, event: KatoEvent): Promise<ReadonlyMap<number, KatoEvent>> {
    const seqs = this.#format.needs(state, event, this.#wanted.options);
    return seqs.length === 0 ? NOTHING : this.#pick(seqs);
  }

  async #pick(seqs: readonly number[]): Promise<ReadonlyMap<number, KatoEvent>> {
    const found = new Map<number, KatoEvent>();
    const missing: number[] = [];
    for (const seq of seqs) {
      const known = this.#calls.get(seq);
      if (known) found.set(seq, known);
      else missing.push(seq);
    }
    const picked = missing.length > 0 ? await this.#store.pick(this.#segment.key, missing) : [];
    for (const { event } of picked) found.set(event.seq, event);
    return found;
  }

  #remember(event: KatoEvent): void {
    if (event.kind === 'assistant.tool.call' && this.#wanted.options.tools) this.#calls.set(event.seq, event);
    if (event.kind !== 'assistant.tool.result') return;
    for (const [seq, call] of this.#calls) {
      if (call.kind === 'assistant.tool.call' && call.payload.toolCallId === event.payload.toolCallId)
        this.#calls.delete(seq);
    }
  }

  /** The position before the first event to be shown: for the last so many turns, found from the end. */
  async #start(): Promise<number> {
    const { last } = this.#wanted;
    if (last === undefined) return 0;
    let turns = 0;
    for await (const page of this.#store.read({ key: this.#segment.key, view: 'current', backward: true })) {
      for (const stored of page) {
        if (startsTurn(stored)) turns += 1;
        if (turns === last) return stored.position - 1;
      }
    }
    return 0;
  }

  async #revised(): Promise<Set<number>> {
    const revised = new Set<number>();
    for await (const page of this.#store.read({ key: this.#segment.key, view: 'current' })) {
      for (const { event } of page) if (event.revises !== undefined) revised.add(event.revises);
    }
    return revised;
  }
}

const NOTHING: ReadonlyMap<number, KatoEvent> = new Map();

function startsTurn({ event }: StoredEvent): boolean {
  return event.kind === 'user.message' && (event.origin === 'typed' || event.origin === 'automated');
}
