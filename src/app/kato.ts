/**
 * Kato: everything that can be asked of it, once, whatever the surface. A command of the CLI, a request over a socket
 * and a call from a program go through the same methods; a remote client keeps the same interface.
 */
import type { DiagnosticCount } from '../core/diagnostic.ts';
import type { KatoEvent } from '../core/event.ts';
import type { SessionFacts, SessionKey } from '../core/session.ts';
import type { PassProgress, PassReport } from '../ingest/ingestor.ts';
import type { FormatId, FormatOptions } from '../record/formats/format.ts';
import type { StoreFlaw, StoreStats } from '../store/store.ts';

export interface SessionSummary {
  readonly key: SessionKey;
  readonly id: string;
  readonly shortId: string;
  readonly facts: SessionFacts;
  readonly events: number;
  /** True for a sub-agent's session. */
  readonly isSubagent: boolean;
  /** False when only the agent's file has it, or when it is forgotten. */
  readonly kept: boolean;
}

export interface SessionFilter {
  readonly provider?: string;
  /** Only sessions whose working folder is this one, or below it. */
  readonly project?: string;
  /** Only sessions with activity at or after this instant. */
  readonly since?: string;
  /** Sub-agents' sessions too. */
  readonly subagents?: boolean;
}

export interface Selector {
  readonly text: string;
  /** The current folder, for `@here`. */
  readonly cwd: string;
}

/** What to render, and how. Absent switches are as the preset says, absent presets as the settings say. */
export interface RenderRequest {
  readonly format: FormatId;
  readonly options: FormatOptions;
  /** Only the last so many turns. */
  readonly last?: number;
  /** Leave out what the agent has taken back. */
  readonly current?: boolean;
  /** Show sub-agents' transcripts in their place. */
  readonly subagents?: boolean;
  /** The conversation that the session continues comes first. */
  readonly inherited?: boolean;
}

export interface ExportRequest extends RenderRequest {
  readonly key: SessionKey;
  /** A file or folder; absent: a generated file among kato's recordings. */
  readonly path?: string;
  readonly overwrite?: boolean;
}

export interface ExportReport {
  readonly path: string;
  readonly events: number;
  readonly bytes: number;
  /** Where the file that was there before is now. */
  readonly backup?: string;
}

export interface ImportRequest {
  /** Files or folders; absent: everything below the providers' roots. */
  readonly paths?: readonly string[];
  readonly provider?: string;
  readonly since?: string;
  readonly dryRun?: boolean;
}

export interface ImportReport extends PassReport {
  /** What a dry run would read; absent otherwise. */
  readonly planned?: { readonly files: number; readonly bytes: number };
  /** Paths that no provider knows. */
  readonly unknown: readonly string[];
  /** Files that were named, and whose session was forgotten: they are not taken in again. */
  readonly forgotten: readonly string[];
}

export interface ProviderStatus {
  readonly id: string;
  readonly label: string;
  /** `unreadable`: the system's code for why it cannot be looked into. */
  readonly roots: readonly { readonly path: string; readonly exists: boolean; readonly unreadable?: string }[];
  readonly sources: number;
  readonly lastAt?: string;
}

export interface SourceLag {
  readonly path: string;
  readonly provider: string;
  /** Bytes on disk that are not in the store. */
  readonly lagBytes: number;
}

/** A part of the daemon, and how it is doing. */
export interface ComponentStatus {
  readonly name: string;
  readonly state: 'running' | 'waiting' | 'failed';
  /** When it came into this state. */
  readonly since: string;
  /** Starts that were tried. */
  readonly attempts: number;
  readonly lastError?: { readonly code: string; readonly message: string };
}

export type DaemonStatus =
  | { readonly running: false }
  | {
      readonly running: true;
      readonly pid: number;
      readonly version: string;
      readonly startedAt: string;
      readonly components: readonly ComponentStatus[];
    };

/** What the daemon's process takes. */
export interface MemoryUse {
  readonly residentBytes: number;
  readonly heapBytes: number;
}

export interface KatoStatus {
  readonly daemon: DaemonStatus;
  readonly store: StoreStats & { readonly engine: string; readonly diskBytes: number };
  readonly providers: readonly ProviderStatus[];
  readonly recent: readonly SessionSummary[];
  readonly lag: readonly SourceLag[];
  /** Sources whose file the agent has deleted; their transcripts are here. */
  readonly gone: number;
  readonly flaws: readonly DiagnosticCount[];
  /** Absent where no daemon answers. */
  readonly memory?: MemoryUse;
}

export interface RecordingSummary {
  readonly id: string;
  readonly shortId: string;
  readonly session: SessionKey;
  readonly sessionId: string;
  readonly title?: string;
  readonly path: string;
  readonly format: FormatId;
  readonly on: boolean;
  readonly lastWriteAt?: string;
  /** The file's length after the last write. */
  readonly bytes: number;
}

/** A command of a chat, and what came of it. */
export interface CommandSummary {
  readonly session: SessionKey;
  readonly sessionId: string;
  readonly line: string;
  readonly at?: string;
  readonly kind: 'done' | 'no-op' | 'redirected' | 'denied' | 'failed' | 'ignored';
  readonly reason?: string;
  readonly paths: readonly string[];
}

export interface ReprocessReport {
  readonly sessions: number;
  /** Sessions whose events are different now. */
  readonly changed: number;
  readonly events: number;
}

export interface Kato {
  sessions(filter: SessionFilter): Promise<readonly SessionSummary[]>;
  /** The one session that a selector names. Throws `session-not-found`, `session-ambiguous`, `usage`. */
  find(selector: Selector): Promise<SessionSummary>;
  /** The same among sessions that are kept or forgotten, so that forgetting can be done again; else as `find`. */
  findForgettable(selector: Selector): Promise<SessionSummary & { readonly forgotten: boolean }>;
  events(key: SessionKey): AsyncIterable<readonly KatoEvent[]>;
  /** The session as text, in pieces. */
  render(key: SessionKey, request: RenderRequest): AsyncIterable<string>;
  export(request: ExportRequest): Promise<ExportReport>;
  /** The text that `export` would write to a file, in pieces, and noted like it. */
  exportText(key: SessionKey, request: RenderRequest): AsyncIterable<string>;
  import(
    request: ImportRequest,
    onProgress?: (progress: PassProgress) => void,
    signal?: AbortSignal,
  ): Promise<ImportReport>;
  status(): Promise<KatoStatus>;
  verify(): AsyncIterable<StoreFlaw>;
  reprocess(key: SessionKey | undefined, onProgress?: (done: number, total: number) => void): Promise<ReprocessReport>;
  /** Forgets the session and its sub-agents'. The sessions that were forgotten; one that was already is among them. */
  forget(key: SessionKey): Promise<readonly SessionSummary[]>;
  close(): Promise<void>;
}
