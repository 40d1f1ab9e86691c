/**
 * `kato/store`: the transcript store as a library.
 *
 * This version reads what kato keeps: sessions, events in order, raw bytes, attachments. Nothing else of kato is loaded.
 */
export { type ErrorCode, KatoError } from './core/errors.ts';
export type { EventKind, KatoEvent } from './core/event.ts';
export { type SessionFacts, type SessionKey, sessionId, shortId } from './core/session.ts';
export { withGroupCommit } from './store/group-commit.ts';
export { createMemoryStore } from './store/memory.ts';
export { openSqliteStore } from './store/sqlite.ts';
export type {
  Appended,
  Batch,
  Blob,
  ReadQuery,
  SessionLink,
  SessionRecord,
  StoredEvent,
  StoreFlaw,
  StoreStats,
  TranscriptStore,
} from './store/store.ts';
