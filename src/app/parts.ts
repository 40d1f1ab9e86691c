/** What a Kato is made of: the composition root knows the concrete things. */
import type { Clock, DestinationFiles, LogFiles, Logger, SourceFiles } from '../core/ports.ts';
import type { SessionKey } from '../core/session.ts';
import type { ProviderRoot } from '../ingest/discovery.ts';
import type { PassOptions } from '../ingest/ingestor.ts';
import type { Provider } from '../providers/provider.ts';
import type { Format, FormatId } from '../record/formats/format.ts';
import type { HearingRules } from '../record/hearing.ts';
import type { View, ViewSettings } from '../record/view.ts';
import type { EngineData, EngineName } from '../store/engines.ts';
import type { TranscriptStore } from '../store/store.ts';
import type { Answer, IngestStatus, KatoStatus, OutsideCommand, RecordingState } from './kato.ts';

export interface FormatParts {
  readonly formats: Readonly<Record<FormatId, Format>>;
  readonly slugOf: (title: string, length: number) => string;
}

export interface KatoParts {
  readonly store: TranscriptStore;
  /** A store that is gone when it is closed, for reading sources of this many bytes without keeping them. */
  readonly openScratch: (sourceBytes: number) => Promise<TranscriptStore>;
  readonly files: SourceFiles;
  readonly destinations: DestinationFiles;
  readonly logFiles: LogFiles;
  readonly clock: Clock;
  /** What happens, for whoever looks after the machine; and what was written where. */
  readonly log: Logger;
  readonly audit: Logger;
  readonly providers: readonly Provider[];
  readonly roots: readonly ProviderRoot[];
  readonly keeps: KatoStatus['keeps'];
  readonly loadFormats: () => Promise<FormatParts>;
  readonly openReaders?: PassOptions['openReaders'];
  readonly commandsIn?: PassOptions['commandsIn'];
  readonly engine: EngineName;
  /** Why it is not SQLite, where the settings left the choice. */
  readonly fallback?: string;
  /** What the engine that is not used has in this home. */
  readonly otherData: () => EngineData | undefined;
  readonly diskBytes: () => number;
  readonly katoHome: string;
  readonly userHome: string;
  /** The system's folder for temporary files. */
  readonly temporary: string;
  readonly recordings: string;
  readonly configuredRoots: readonly string[];
  /** The same as the settings' file has them now. */
  readonly rootsInFile: () => Promise<readonly string[]>;
  readonly projectFolders: boolean;
  readonly frontMatter: boolean;
  readonly userName: string;
  readonly updated: boolean;
  /** What recordings show, and which chats may steer them. */
  readonly view: ViewSettings;
  readonly preset: View['preset'];
  readonly rules: Omit<HearingRules, 'since' | 'roots'>;
  /** What status says of the daemon that this is in. */
  readonly daemon?: () => Pick<KatoStatus, 'daemon' | 'memory'>;
  /** Where agents are listened to all the time. */
  readonly live?: LiveRecording;
  /** Makes sure that no daemon starts until it is left. Throws `daemon-running`. */
  readonly holdHome: () => { leave(): void };
}

/** What a Kato asks of the live half that runs beside it. */
export interface LiveRecording {
  /** How ingest is doing; absent while it does not run. */
  ingest(): IngestStatus | undefined;
  /** How recordings are doing, by id; nothing of those that are as the store says. */
  states(): ReadonlyMap<string, RecordingState>;
  ask(key: SessionKey, command: OutsideCommand): Promise<Answer>;
  /** Does this while nothing is recorded of these sessions; what is stored of them may be other afterwards, or gone. */
  aside<T>(keys: readonly SessionKey[], action: () => Promise<T>): Promise<T>;
}
