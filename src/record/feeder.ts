/** Feeds the events of one session to a format, each with the earlier ones that it must be seen with. */
import type { KatoEvent } from '../core/event.ts';
import type { JsonValue } from '../core/json.ts';
import type { SessionKey } from '../core/session.ts';
import type { TranscriptStore } from '../store/store.ts';
import type { Format, FormatOptions, Formatted } from './formats/format.ts';

type EventSource = Pick<TranscriptStore, 'pick'>;
type Related = ReadonlyMap<number, KatoEvent>;

const NOTHING: Related = new Map();

export class Feeder {
  readonly #store: EventSource;
  readonly #format: Format;
  readonly #key: SessionKey;
  /** How an event is seen here; the same for an event and for what is looked up of it later. */
  readonly #seen: (event: KatoEvent) => KatoEvent;
  /** Calls that wait for their result: most look-ups are for these. */
  readonly #calls = new Map<number, KatoEvent>();

  constructor(store: EventSource, format: Format, key: SessionKey, seen: (event: KatoEvent) => KatoEvent) {
    this.#store = store;
    this.#format = format;
    this.#key = key;
    this.#seen = seen;
  }

  async fold(state: JsonValue, stored: KatoEvent, options: FormatOptions): Promise<Formatted> {
    const event = this.#seen(stored);
    const seqs = this.#format.needs(state, event, options);
    const related = seqs.length === 0 ? NOTHING : await this.#pick(seqs);
    const folded = this.#format.fold(state, { event, related }, options);
    if (options.tools) this.#remember(event);
    return folded;
  }

  /** What is still owed when nothing more will come. */
  async finish(state: JsonValue, options: FormatOptions): Promise<string> {
    const seqs = this.#format.owed(state);
    return this.#format.finish(state, seqs.length === 0 ? NOTHING : await this.#pick(seqs), options);
  }

  async #pick(seqs: readonly number[]): Promise<Related> {
    const found = new Map<number, KatoEvent>();
    const missing = seqs.filter((seq) => {
      const known = this.#calls.get(seq);
      if (known) found.set(seq, known);
      return known === undefined;
    });
    const picked = missing.length > 0 ? await this.#store.pick(this.#key, missing) : [];
    for (const { event } of picked) found.set(event.seq, this.#seen(event));
    return found;
  }

  #remember(event: KatoEvent): void {
    if (event.kind === 'assistant.tool.call') this.#calls.set(event.seq, event);
    if (event.kind !== 'assistant.tool.result') return;
    for (const [seq, call] of this.#calls) {
      if (call.kind === 'assistant.tool.call' && call.payload.toolCallId === event.payload.toolCallId)
        this.#calls.delete(seq);
    }
  }
}
