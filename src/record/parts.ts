/** What the recorder is given: the log, the machine, and what the settings say. */
import type { Clock, DestinationFiles, Logger } from '../core/ports.ts';
import type { SessionKey } from '../core/session.ts';
import type { SessionLink, SessionRecord, TranscriptStore } from '../store/store.ts';
import type { Format, FormatId, FormatOptions } from './formats/format.ts';
import type { Additions } from './formats/front-matter-edit.ts';
import type { HearingRules } from './hearing.ts';
import type { View } from './view.ts';
import type { WritePolicy } from './write-policy.ts';

export interface RecorderParts {
  readonly store: TranscriptStore;
  readonly files: DestinationFiles;
  readonly formats: Readonly<Record<FormatId, Format>>;
  readonly clock: Clock;
  readonly log: Logger;
  readonly audit: Logger;
  readonly rules: HearingRules;
  readonly optionsOf: (view: View) => FormatOptions;
  readonly usual: (format: FormatId) => View;
  readonly policyFor: (session: SessionRecord) => WritePolicy;
  /** What would allow writing into this folder, in words. */
  readonly allowing: (folder: string) => Promise<string>;
  /** The head of a new file. */
  readonly headOf: (session: SessionRecord, format: FormatId, recordingId: string) => string;
  /** What the head's lists must hold: the participants so far. Nothing for a format without a head. */
  readonly headListsOf: (session: SessionRecord, format: FormatId, recordingId: string) => Additions;
  /** The generated file name of a session. */
  readonly nameFor: (session: SessionRecord, format: FormatId) => string;
  /** The folder of generated destinations. */
  readonly recordings: string;
  readonly userHome: string;
  /** Which session this one comes from; absent when it is nobody's. */
  readonly linkOf: (key: SessionKey) => Promise<SessionLink | undefined>;
  /** Makes ingest keep the session's transcript from now on; resolves when what is on disk is in the log. */
  readonly keep: (key: SessionKey) => Promise<void>;
  /** Shows somebody the session as the agent has it now, in a store that is gone afterwards. */
  readonly apart: <T>(key: SessionKey, use: (store: TranscriptStore) => Promise<T>) => Promise<T>;
}
