/**
 * Collects what frames gave into the next batch of a source: pages and facts a session, raw bytes, flaw counts.
 */
import { hash } from 'node:crypto';
import { countDiagnostics, type Diagnostic } from '../core/diagnostic.ts';
import { durabilityOf } from '../core/durability.ts';
import type { EventId, Origin, Payload } from '../core/event.ts';
import { type RecordKey, recordDigest, recordHalf } from '../core/identity.ts';
import type { SessionKey } from '../core/session.ts';
import { type Decoded, type Draft, EVER, type Retraction } from '../providers/provider.ts';
import { type EventPage, PAGE_BYTES, PageBuilder } from '../store/page.ts';
import type {
  Batch,
  Blob,
  Quarantine,
  RawChunk,
  SessionLink,
  SessionPart,
  SideFile,
  Supersession,
} from '../store/store.ts';
import { rawFrame } from './decode.ts';
import { Digests, encodeDraft, type FramePlace } from './encode.ts';
import { FactsFolder } from './facts.ts';

/** A frame that has been decoded, with what identity needs. */
export interface DecodedFrame {
  readonly place: FramePlace;
  readonly decoded: Decoded;
  /** The record's key for drafts without an id of their own. */
  readonly record: () => RecordKey;
}

export interface CollectorOptions {
  readonly provider: string;
  /** The id of the source that is being read. */
  readonly source: string;
  /** When kato saw the record at this offset; absent for what was there before. */
  readonly observedAt?: ((offset: number) => string | undefined) | undefined;
  /** The complete text of a side file; absent when it cannot be had. */
  readonly sideFile: (session: string, name: string) => SideFileContent | undefined;
  /** Compress pages here rather than in the store. */
  readonly packPages: boolean;
  /** What the source held at this time has been read before: news was written later. Absent: nothing was read before. */
  readonly readUpTo?: string | undefined;
  /** When the source came into being, if that was seen. */
  readonly appearedAt?: string | undefined;
  /** Finds the lines of a message that steer kato; absent: none are looked for. */
  readonly commandsIn?: CommandFinder | undefined;
  /** False: only facts, links and commands are collected, nothing else that was said. */
  readonly keeps?: boolean | undefined;
}

/** A command in a session that is not kept: its event as JSON, without what a store adds. */
export interface HeardCommand {
  readonly key: SessionKey;
  readonly id: EventId;
  readonly json: string;
}

/** The lines of a message that steer kato, as events say them. */
export type CommandFinder = (text: string) => readonly Omit<Payload<'user.kato-command'>, 'message'>[];

export interface SideFileContent {
  readonly text: string;
  readonly blob: Blob;
}

const NO_MESSAGE = '' as EventId; // For asking whether there are any commands.
/** So many hex digits at the end of an id tell where it is remembered: 4,096 places. */
const SLOT_DIGITS = 3;
const SPEAKERS: ReadonlySet<Origin> = new Set(['typed', 'automated', 'replayed']);

interface OpenSession {
  readonly key: SessionKey;
  readonly builder: PageBuilder;
  readonly facts: FactsFolder;
  readonly pages: EventPage[];
  readonly blobs: Map<string, Blob>;
  readonly sideFiles: Map<string, SideFile>;
}

export class Collector {
  readonly #options: CollectorOptions;
  readonly #digests = new Digests();
  #sessions = new Map<string, OpenSession>();
  #recent = new RecentEvents();
  #diagnostics: Diagnostic[] = [];
  #quarantined: Quarantine[] = [];
  #superseded: Supersession[] = [];
  #links: SessionLink[] = [];
  #heard: HeardCommand[] = [];
  #bodyBytes = 0;
  #flushes = false;
  readonly #keeps: boolean;

  constructor(options: CollectorOptions) {
    this.#options = options;
    this.#keeps = options.keeps ?? true;
  }

  /** How much has been collected, in bytes of event bodies. */
  get bytes(): number {
    return this.#bodyBytes;
  }

  get isEmpty(): boolean {
    return this.#sessions.size === 0 && this.#diagnostics.length === 0 && this.#quarantined.length === 0;
  }

  addFlaws(diagnostics: readonly Diagnostic[], quarantined: readonly Quarantine[]): void {
    this.#diagnostics.push(...diagnostics);
    if (this.#keeps) this.#quarantined.push(...quarantined);
  }

  add(frame: DecodedFrame): void {
    const { drafts, diagnostics, retractions = [], restored = [] } = frame.decoded;
    this.#diagnostics.push(...diagnostics);
    for (const draft of drafts) this.#addDraft(draft, frame);
    if (!this.#keeps) return;
    for (const retraction of retractions) this.#retract(retraction, frame);
    for (const { session, records } of restored) {
      this.#superseded.push({ key: this.#key(session), records: this.#halves(session, records), inForce: true });
    }
  }

  /** Keeps a small file beside the session, as it is. */
  keepFile(session: string, name: string, content: Uint8Array): void {
    if (!this.#keeps) return;
    const sha256 = hash('sha256', content, 'hex');
    const { blobs, sideFiles } = this.#open(session);
    blobs.set(sha256, { sha256, mediaType: 'text/plain', content });
    sideFiles.set(name, { name, sha256 });
    this.#flushes = true;
  }

  /** The commands heard since the last time, in a session that is not kept. */
  takeHeard(): readonly HeardCommand[] {
    const heard = this.#heard;
    this.#heard = [];
    return heard;
  }

  /** Everything collected since the last time, as a batch with these raw bytes. */
  take(raw: readonly RawChunk[]): Omit<Batch, 'cause' | 'source' | 'sweep' | 'offsets'> {
    const isMore = [this.#quarantined, this.#superseded, this.#links].some(({ length }) => length > 0);
    const batch = {
      rides: !this.#flushes && !isMore,
      sessions: [...this.#sessions.values()].map((session) => this.#close(session)),
      raw,
      quarantined: this.#quarantined,
      diagnostics: countDiagnostics(this.#diagnostics),
      superseded: this.#superseded,
      links: this.#links,
    };
    this.#sessions = new Map();
    this.#recent = new RecentEvents();
    this.#diagnostics = [];
    this.#quarantined = [];
    this.#superseded = [];
    this.#links = [];
    this.#bodyBytes = 0;
    this.#flushes = false;
    return batch;
  }

  #key(nativeId: string): SessionKey {
    return { provider: this.#options.provider, nativeId };
  }

  #halves(session: string, records: readonly string[]): string[] {
    return records.map((id) => recordHalf(recordDigest(this.#key(session), { id })));
  }

  #open(nativeId: string): OpenSession {
    const known = this.#sessions.get(nativeId);
    if (known) return known;
    const session: OpenSession = {
      key: this.#key(nativeId),
      builder: new PageBuilder(),
      facts: new FactsFolder(),
      pages: [],
      blobs: new Map(),
      sideFiles: new Map(),
    };
    this.#sessions.set(nativeId, session);
    return session;
  }

  #close({ key, builder, facts, pages, blobs, sideFiles }: OpenSession): SessionPart {
    if (builder.count > 0) pages.push(builder.build(this.#options.packPages));
    return { key, facts: facts.take(), pages, blobs: [...blobs.values()], sideFiles: [...sideFiles.values()] };
  }

  #addDraft(draft: Draft, frame: DecodedFrame): void {
    const session = this.#open(draft.session);
    const complete = this.#withSideFile(draft, session);
    session.facts.add(complete);
    if (draft.kind === 'session.info' && draft.payload.parent) {
      this.#links.push({ key: session.key, parent: draft.payload.parent });
    }
    if (!this.#keeps) {
      this.#hear(draft, frame);
      return;
    }
    for (const { sha256, mediaType, content } of draft.blobs ?? [])
      session.blobs.set(sha256, { sha256, mediaType, content });
    const context = this.#contextOf(draft, frame);
    const before = session.builder.bytes;
    const { id, content, json } = this.#encode(complete, context);
    if (!this.#recent.isNews(id, content)) return; // Told again, word for word: the same sighting.
    session.builder.add(id, content, json);
    this.#flushes ||= durabilityOf[draft.kind] === 'flush';
    this.#bodyBytes += session.builder.bytes - before;
    for (const command of this.#commandsOf(draft, id)) this.#addDraft(command, frame);
    if (session.builder.bytes >= PAGE_BYTES) session.pages.push(session.builder.build(this.#options.packPages));
  }

  #contextOf(draft: Draft, { place, record }: DecodedFrame) {
    return {
      session: this.#key(draft.session),
      record: draft.record === undefined ? record() : { id: draft.record },
      place,
      observedAt: this.#options.observedAt?.(place.offset),
    };
  }

  /** Of a message that is not kept: its commands. The message itself is encoded only for its id, where it has any. */
  #hear(draft: Draft, frame: DecodedFrame): void {
    if (this.#commandsOf(draft, NO_MESSAGE).length === 0) return;
    const context = this.#contextOf(draft, frame);
    for (const command of this.#commandsOf(draft, this.#encode(draft, context).id)) {
      const { id, json } = this.#encode(command, context);
      this.#heard.push({ key: context.session, id, json });
    }
  }

  /** The commands in a message, each an event of its own right behind it. Only words of whoever speaks to the agent count. */
  #commandsOf(draft: Draft, message: EventId): readonly Draft[] {
    const { commandsIn } = this.#options;
    if (!commandsIn || draft.kind !== 'user.message' || !SPEAKERS.has(draft.origin)) return [];
    return commandsIn(draft.payload.text).map(
      (command): Draft<'user.kato-command'> => ({
        session: draft.session,
        record: draft.record,
        part: `${draft.part}/command:${command.number}`,
        type: draft.type,
        at: draft.at,
        notBefore: draft.notBefore === undefined ? undefined : this.#notBefore(draft.notBefore),
        ordinal: draft.ordinal,
        turnId: draft.turnId,
        origin: draft.origin,
        copyOf: draft.copyOf,
        kind: 'user.kato-command',
        payload: { ...command, message },
      }),
    );
  }

  /** What a file says of its age counts only if it was seen to appear: it may say that with every save. */
  #notBefore(told: string): string {
    const { readUpTo = EVER, appearedAt = EVER } = this.#options;
    const seen = appearedAt < told ? appearedAt : told;
    return readUpTo > seen ? readUpTo : seen;
  }

  /** A payload that is nested too deep to be written stays in the raw frame alone. */
  #encode(draft: Draft, context: Parameters<typeof encodeDraft>[1]) {
    try {
      return encodeDraft(draft, context, this.#digests);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      const { drafts, diagnostics } = rawFrame(null, draft.session, { code: 'too-deep' });
      this.#diagnostics.push(...diagnostics);
      return encodeDraft({ ...(drafts[0] as Draft), part: draft.part }, context, this.#digests);
    }
  }

  /** A tool result whose text was moved to a file of its own gets it back; the file is kept. */
  #withSideFile(draft: Draft, session: OpenSession): Draft {
    if (!this.#keeps || draft.sideFile === undefined || draft.kind !== 'assistant.tool.result') return draft;
    const file = this.#options.sideFile(draft.session, draft.sideFile);
    if (!file) {
      this.#diagnostics.push({ code: 'unresolved-file' });
      return draft;
    }
    session.blobs.set(file.blob.sha256, file.blob);
    session.sideFiles.set(draft.sideFile, { name: draft.sideFile, sha256: file.blob.sha256 });
    return { ...draft, payload: { ...draft.payload, text: file.text } };
  }

  #retract(retraction: Retraction, { place, record }: DecodedFrame): void {
    const key = this.#key(retraction.session);
    const { source } = this.#options;
    if ('records' in retraction) {
      this.#superseded.push({ key, records: this.#halves(retraction.session, retraction.records), inForce: false });
    } else if ('fromOffset' in retraction) {
      this.#superseded.push({ key, source, fromOffset: retraction.fromOffset, untilOffset: place.offset });
    } else {
      const beforeRecord = recordHalf(recordDigest(key, record()));
      this.#superseded.push({ key, fromOrdinal: retraction.fromOrdinal, exceptSource: source, beforeRecord });
    }
  }
}

/** The content of the latest events, one for each end of an id: agents repeat some records word for word. */
class RecentEvents {
  /** By the last digits of the id. Empty at first: most readings are of a line or two. */
  readonly #slots = new Map<number, { readonly id: string; readonly content: string }>();

  isNews(id: string, content: string): boolean {
    const slot = Number.parseInt(id.slice(-SLOT_DIGITS), 16);
    const before = this.#slots.get(slot);
    if (before?.id === id && before.content === content) return false;
    this.#slots.set(slot, { id, content });
    return true;
  }
}
