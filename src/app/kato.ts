/**
 * Kato: everything that can be asked of it, once, whatever the surface. A command of the CLI, a request over a socket
 * and a call from a program go through the same methods; a remote client keeps the same interface.
 */
import type { DiagnosticCount } from '../core/diagnostic.ts';
import type { KatoEvent } from '../core/event.ts';
import type { CleanedLog } from '../core/ports.ts';
import type { SessionFacts, SessionKey } from '../core/session.ts';
import type { PassProgress, PassReport } from '../ingest/ingestor.ts';
import type { Command } from '../record/commands.ts';
import type { FormatId, FormatOptions } from '../record/formats/format.ts';
import type { Answer } from '../record/obedience.ts';
import type { EngineData, EngineName } from '../store/engines.ts';
import type { StoreFlaw, StoreStats } from '../store/store.ts';

export type { Answer } from '../record/obedience.ts';

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
  /** Sessions that got something lately; `stale` when none did. */
  readonly activeSessions: number;
  readonly stale: boolean;
  /** Absent where the agent deletes nothing by itself. */
  readonly retention?: RetentionStatus;
}

/** What an agent will delete of what it has written. */
export interface RetentionStatus {
  /** The agent's setting, for how many days it keeps a session, and in which file it is looked up. */
  readonly setting: string;
  readonly days: number;
  readonly settings: string;
  /** Files that go within a week, and those of them that are not kept here. */
  readonly soon: number;
  readonly unkept: number;
}

export interface SourceLag {
  readonly path: string;
  readonly provider: string;
  /** Whose it is, where that is known. */
  readonly nativeId?: string;
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

/** Sources that were read and not kept: `partly` are those of which a transcript is here, as far as they were recorded. */
export interface UnkeptSources {
  readonly whole: number;
  readonly partly: number;
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

/** How live ingest is doing. */
export interface IngestStatus {
  /** `polling` where the system refuses to watch: its code says why. Nothing is missed by that, only later. */
  readonly roots: readonly { readonly path: string; readonly mode: 'watching' | 'polling'; readonly reason?: string }[];
  /** Files that cannot be taken in now; they are tried again, later and later. */
  readonly failing: readonly { readonly path: string; readonly code: string; readonly attempts: number }[];
  /** Folders that cannot be looked into. */
  readonly unreadable: readonly { readonly path: string; readonly code: string }[];
  /** What is on disk and not in the store at this moment. */
  readonly lag: readonly SourceLag[];
}

/** What keeps the transcripts, and how. */
export interface StoreUse {
  readonly keptSessions: number;
  readonly engine: EngineName;
  /** Why it is not SQLite, where the settings left the choice. */
  readonly fallback?: string;
  /** What the engine that is not used has in this home: nothing shows it. */
  readonly other?: EngineData;
  readonly diskBytes: number;
}

export interface KatoStatus {
  readonly daemon: DaemonStatus;
  /** Of a session that is not kept, the store has its title at most. */
  readonly store: StoreStats & StoreUse;
  readonly providers: readonly ProviderStatus[];
  /** The latest sessions, and all that are active or being recorded. */
  readonly recent: readonly SessionSummary[];
  /** Ids of the sessions that got something lately; all others are stale. */
  readonly active: readonly string[];
  readonly lag: readonly SourceLag[];
  /** Whether all conversations are kept, only recorded ones, or in some roots these and in others those. */
  readonly keeps: 'all' | 'recorded' | 'mixed';
  /** Sources whose file the agent has deleted. */
  readonly gone: number;
  /** What is on disk and not kept, and those of `gone` that were not. */
  readonly unkept: UnkeptSources;
  readonly goneUnkept: UnkeptSources;
  readonly flaws: readonly DiagnosticCount[];
  readonly recordings: readonly RecordingSummary[];
  /** The latest commands, newest first. */
  readonly commands: readonly CommandSummary[];
  /** Absent where nothing is being listened to. */
  readonly ingest?: Omit<IngestStatus, 'lag'>;
  /** Absent where no daemon answers. */
  readonly memory?: MemoryUse;
}

/** What the daemon alone knows of a recording that is not as it should be. */
export interface RecordingState {
  /** Why it does not go on, though it is on. */
  readonly failure?: string;
  /** Why its head does not tell who takes part by now; its text goes on. A system code. */
  readonly headFailure?: string;
}

export interface RecordingSummary {
  readonly id: string;
  readonly shortId: string;
  readonly session: SessionKey;
  readonly sessionId: string;
  readonly title?: string;
  readonly path: string;
  /** The path that was asked for, where the recording could not be there. */
  readonly redirectedFrom?: string;
  readonly format: FormatId;
  readonly on: boolean;
  readonly lastWriteAt?: string;
  /** The file's length after the last write. */
  readonly bytes: number;
  /** The position in the store up to which it is written. */
  readonly offset: number;
  /** Why it does not go on, though it is on: a system code; `gone` when its file is not there any more. */
  readonly failure?: string;
  /** Whether its user has edited the file since it was begun. */
  readonly edited: boolean;
  /** How many events may be missing in the file by that. */
  readonly missing: number;
  readonly headFailure?: string;
}

/** The commands of a chat that can be given from outside it. */
export type OutsideCommand = Extract<Command, { readonly verb: 'record' | 'capture' | 'stop' }>;

export interface RecordingExportRequest {
  /** The recording's id, or the beginning of it. */
  readonly recording: string;
  /** A file or folder; absent: a generated file among kato's recordings. */
  readonly path?: string;
  readonly overwrite?: boolean;
}

/** A command of a chat, and what came of it. */
export interface CommandSummary {
  readonly session: SessionKey;
  readonly sessionId: string;
  readonly line: string;
  readonly at?: string;
  readonly kind: 'done' | 'no-op' | 'redirected' | 'denied' | 'failed' | 'ignored';
  readonly reason?: string;
  /** What to do about it. */
  readonly hint?: string;
  /** The path that was asked for, where it could not be there and is elsewhere. */
  readonly asked?: string;
  readonly paths: readonly string[];
}

export interface ReprocessReport {
  readonly sessions: number;
  /** Sessions whose events are different now. */
  readonly changed: number;
  readonly events: number;
}

/** What to take away; what is not named stays. */
export interface CleanRequest {
  readonly logs?: boolean;
  /** Files of recordings that were last written before this instant. */
  readonly recordingsBefore?: string;
  /** Sessions whose latest word is older than this instant. */
  readonly sessionsBefore?: string;
  readonly dryRun?: boolean;
}

/** What was taken away, or, in a dry run, would be. */
export interface CleanReport {
  readonly dryRun: boolean;
  readonly logs: readonly CleanedLog[];
  readonly recordings: readonly { readonly id: string; readonly path: string; readonly bytes: number }[];
  /**
   * Old files that stay: somebody edited them, their transcript is not there to compare them with, or not all is written
   * yet.
   */
  readonly keptRecordings: readonly {
    readonly id: string;
    readonly path: string;
    readonly reason: 'edited' | 'unproven' | 'unfinished';
  }[];
  readonly sessions: readonly SessionSummary[];
  /** Old sessions that stay, because they are recorded. */
  readonly recorded: readonly SessionSummary[];
  /** What the store's files have become smaller by. */
  readonly freedBytes: number;
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
  recordings(): Promise<readonly RecordingSummary[]>;
  /** What was asked in the chats, or in one of them, oldest first, and what came of it. */
  commands(key: SessionKey | undefined): Promise<readonly CommandSummary[]>;
  /** Does to a session's recordings what its chat could ask for. Throws `source-unreadable`, `daemon-failed`. */
  record(key: SessionKey, command: OutsideCommand): Promise<Answer>;
  /** Exactly what a recording's file should hold, in pieces. Throws `session-not-found`, `session-ambiguous`. */
  recordingText(recording: string): AsyncIterable<string>;
  /** The same in a file. */
  exportRecording(request: RecordingExportRequest): Promise<ExportReport>;
  verify(): AsyncIterable<StoreFlaw>;
  reprocess(key: SessionKey | undefined, onProgress?: (done: number, total: number) => void): Promise<ReprocessReport>;
  /** Forgets the session and its sub-agents'. The sessions that were forgotten; one that was already is among them. */
  forget(key: SessionKey): Promise<readonly SessionSummary[]>;
  /** Takes away what is old. Throws `daemon-running` where a daemon runs that does not understand this. */
  clean(request: CleanRequest): Promise<CleanReport>;
  close(): Promise<void>;
}
