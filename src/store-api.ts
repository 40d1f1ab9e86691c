/**
 * `kato/store`: the transcript store as a library.
 *
 * `openTranscripts` is for programs that write transcripts themselves. A store by itself reads what kato keeps: sessions,
 * events in order, raw bytes, attachments. Nothing else of kato is loaded.
 */
export { type ErrorCode, KatoError } from './core/errors.ts';
export type { Attachment, EventKind, KatoEvent } from './core/event.ts';
export type { JsonValue } from './core/json.ts';
export { type SessionFacts, type SessionKey, sessionId, shortId } from './core/session.ts';
export type { LoadedMessage, LoadedMeta, LoadedSession, LoadOptions } from './library/load.ts';
export type { Message, NewAttachment, Part, Role } from './library/message.ts';
export type { Operation, SessionState } from './library/state.ts';
export type { SubscribeOptions } from './library/subscribe.ts';
export {
  type Compaction,
  openTranscripts,
  type SessionStart,
  type Stamp,
  type Transcripts,
  type TurnEnd,
} from './library/transcripts.ts';
export { withGroupCommit } from './store/group-commit.ts';
export { openLogStore } from './store/log.ts';
export { createMemoryStore } from './store/memory.ts';
export { openSqliteStore } from './store/sqlite.ts';
export type {
  Appended,
  Batch,
  Blob,
  Position,
  ReadQuery,
  SessionLink,
  SessionRecord,
  StoredEvent,
  StoreFlaw,
  StoreStats,
  TranscriptStore,
} from './store/store.ts';
