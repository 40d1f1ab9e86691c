/** Batches made by hand, for tests of the store: what ingest would send, without files and without a provider. */
import { hash } from 'node:crypto';
import type { DiagnosticCount } from '../../src/core/diagnostic.ts';
import { identify, recordHalf } from '../../src/core/identity.ts';
import type { SessionFacts, SessionKey } from '../../src/core/session.ts';
import type { SourceRecord } from '../../src/core/source.ts';
import { Digests, encodeDraft } from '../../src/ingest/encode.ts';
import type { Draft } from '../../src/providers/provider.ts';
import { type EventPage, PageBuilder, pack } from '../../src/store/page.ts';
import { type Batch, type Blob, emptyBatch, type RawChunk, type SessionPart } from '../../src/store/store.ts';

const PROVIDER = 'toy';

export function keyOf(nativeId: string): SessionKey {
  return { provider: PROVIDER, nativeId };
}

/** One event: what a record of a session says. */
export interface Said {
  readonly session: string;
  readonly record: string;
  readonly text: string;
  readonly draft?: Partial<Draft>;
  /** Where it stands in its source; a `Feed` fills it in. */
  readonly offset?: number;
}

export function say(session: string, record: string, text: string, draft: Partial<Draft> = {}): Said {
  return { session, record, text, draft };
}

/** The first half of the ids of all events of a record. */
export function recordOf(session: string, record: string): string {
  return recordHalf(identify(keyOf(session), { id: record }, 'text:0'));
}

/** The page of these events; `packed` as a worker would hand it over. */
export function pageOf(said: readonly Said[], packed = false): EventPage {
  const builder = new PageBuilder();
  const digests = new Digests();
  for (const { session, record, text, draft, offset = 0 } of said) {
    const base = { session, record, part: 'text:0', type: 'user', origin: 'typed' } as const;
    const whole = { ...base, kind: 'user.message', payload: { text }, ...draft } as Draft;
    const place = { offset, bytes: text.length };
    const context = { session: keyOf(session), record: { id: record }, place, observedAt: undefined };
    const { id, content, json } = encodeDraft(whole, context, digests);
    builder.add(id, content, json);
  }
  return builder.build(packed);
}

export interface PartExtras {
  readonly facts?: SessionFacts;
  readonly blobs?: readonly Blob[];
  readonly sideFiles?: SessionPart['sideFiles'];
  /** Events a page; all in one if absent. */
  readonly perPage?: number;
  readonly packed?: boolean;
}

/** What a batch brings to one session. */
export function partOf(session: string, said: readonly Said[], extras: PartExtras = {}): SessionPart {
  const { facts = {}, blobs = [], sideFiles = [], perPage = said.length, packed = false } = extras;
  const pages: EventPage[] = [];
  for (let from = 0; from < said.length; from += perPage) pages.push(pageOf(said.slice(from, from + perPage), packed));
  return { key: keyOf(session), facts, pages, blobs, sideFiles };
}

/** The parts of several sessions, in order of their first word. */
function partsOf(said: readonly Said[], extras: PartExtras = {}): SessionPart[] {
  const sessions = [...new Set(said.map(({ session }) => session))];
  return sessions.map((session) =>
    partOf(
      session,
      said.filter((one) => one.session === session),
      extras,
    ),
  );
}

/** A batch that comes from no source. */
export function loose(said: readonly Said[], more: Partial<Batch> & { readonly extras?: PartExtras } = {}): Batch {
  const { extras, ...batch } = more;
  return { ...emptyBatch, sessions: partsOf(said, extras), ...batch };
}

export function blobOf(text: string, mediaType = 'image/png'): Blob {
  const content = new Uint8Array(Buffer.from(text));
  return { sha256: hash('sha256', content, 'hex'), mediaType, content };
}

export interface ReadExtras extends Partial<Omit<Batch, 'source' | 'raw'>> {
  readonly extras?: PartExtras;
  /** Bytes of the source that gave no event, before those that did. */
  readonly noise?: string;
  readonly flaws?: readonly DiagnosticCount[];
  readonly packed?: boolean;
}

/** A source that is being read: makes the batches of its readings, each with its bytes and its checkpoint. */
export class Feed {
  readonly id: string;
  readonly #nativeId: string | undefined;
  #version = 0;
  #generation = 1;
  #end = 0;
  #unswept = false;

  constructor(name: string, nativeId?: string) {
    this.id = hash('sha256', name, 'hex').slice(0, 16);
    this.#nativeId = nativeId;
  }

  get endBytes(): number {
    return this.#end;
  }

  get generation(): number {
    return this.#generation;
  }

  /** The next reading: each event is one line of the file. */
  read(said: readonly Said[], { extras, noise = '', flaws = [], packed = false, ...batch }: ReadExtras = {}): Batch {
    const from = this.#end;
    let end = from + Buffer.byteLength(noise);
    const lines: string[] = [noise];
    const placed = said.map((one) => {
      const line = `${JSON.stringify([one.session, one.record, one.text])}\n`;
      const offset = end;
      lines.push(line);
      end += Buffer.byteLength(line);
      return { ...one, offset };
    });
    this.#end = end;
    const unswept = this.#unswept && batch.sweep !== true;
    this.#unswept = unswept;
    const source = { record: this.#record(unswept), expected: this.#version };
    this.#version += 1;
    const raw = chunksOf(from, Buffer.from(lines.join('')), packed);
    return { ...emptyBatch, sessions: partsOf(placed, extras), raw, diagnostics: flaws, ...batch, source };
  }

  /** The file is another one now: what comes next is read from its start, as a new generation. */
  restart(): this {
    this.#generation = Math.abs(this.#generation) + 1;
    this.#end = 0;
    this.#unswept = true;
    return this;
  }

  /** The store has dropped the session. */
  dropped(): this {
    this.#version += 1;
    this.#generation = -Math.abs(this.#generation);
    return this;
  }

  /** A reading by somebody who does not know of the last one. */
  stale(said: readonly Said[]): Batch {
    const source = { record: this.#record(false), expected: this.#version - 1 };
    return { ...emptyBatch, sessions: partsOf(said), raw: chunksOf(this.#end, Buffer.from('stale\n'), false), source };
  }

  /** Only news about the file itself. */
  note(changes: Partial<SourceRecord>): Batch {
    const source = { record: { ...this.#record(this.#unswept), ...changes }, expected: this.#version };
    this.#version += 1;
    return { ...emptyBatch, source };
  }

  #record(unswept: boolean): SourceRecord {
    const size = { sizeBytes: this.#end, modifiedNs: '2', changedNs: '3' };
    return {
      id: this.id,
      provider: PROVIDER,
      path: `/home/ada/${this.id}.jsonl`,
      nativeId: this.#nativeId,
      stat: { device: '1', inode: this.id, birthNs: '1', ...size },
      probe: { headBytes: 1, head: 'ab', endBytes: this.#end, tailBytes: 1, tail: 'cd' },
      checkpoint: {
        cursor: { offset: this.#end },
        endBytes: this.#end,
        state: { seen: [this.id] },
        decoderVersion: 1,
        companions: {},
        generation: this.#generation,
        unswept,
      },
      gone: false,
      version: this.#version,
    };
  }
}

function chunksOf(offset: number, data: Uint8Array, packed: boolean): RawChunk[] {
  if (data.length === 0) return [];
  const smaller = packed ? pack(data) : undefined;
  return [{ offset, bytes: data.length, data: smaller ?? new Uint8Array(data), packed: smaller !== undefined }];
}
