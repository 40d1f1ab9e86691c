/** The public API of kato. `kato/store` and `kato/providers` are parts of it that can be used by themselves. */
export type { Kato } from './app/kato.ts';
export type { Config } from './config/config.ts';
export { type ErrorCode, KatoError } from './core/errors.ts';
export { type EventKind, eventFlaw, eventKinds, type KatoEvent } from './core/event.ts';
export { type SessionFacts, type SessionKey, sessionId, shortId } from './core/session.ts';
export { loadConfig, openKato } from './main.ts';
