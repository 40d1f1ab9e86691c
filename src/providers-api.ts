/** `kato/providers`: the decoders alone, without a store and without SQLite. */
export type { EventKind, KatoEvent } from './core/event.ts';
export { deriveEvents } from './ingest/derive.ts';
export type {
  Decoded,
  Decoder,
  Draft,
  Frame,
  Provider,
  ProviderEnvironment,
  SourceMatch,
} from './providers/provider.ts';
export { findProvider, providers } from './providers/registry.ts';
