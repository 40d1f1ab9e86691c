/** What is known across all logs: the latest of what several of them may tell. */
import { KatoError } from '../../core/errors.ts';
import { field, textAt } from '../../core/json.ts';
import type { SessionKey } from '../../core/session.ts';
import type { Batch } from '../store.ts';
import type { LogRecord, StoredSource } from './record.ts';
import type { NotedOffset, Summary } from './summary.ts';

export class Registry {
  readonly sources = new Map<string, StoredSource>();
  readonly offsets = new Map<string, NotedOffset>();
  readonly blobs = new Map<string, { readonly mediaType: string; readonly bytes: number }>();

  add(summary: Summary): void {
    for (const source of summary.sources.values()) this.#addSource(source);
    for (const [consumer, offset] of summary.offsets) this.#addOffset(consumer, offset);
    for (const [sha256, blob] of summary.blobs) this.blobs.set(sha256, blob);
  }

  addRecord(record: LogRecord, commit: number): void {
    for (const source of record.sources ?? []) this.#addSource(source);
    for (const { consumer, position, state } of record.offsets ?? [])
      this.#addOffset(consumer, { commit, position, state });
    for (const consumer of record.removed ?? []) this.#addOffset(consumer, { commit });
    for (const [sha256, blob] of Object.entries(record.blobs ?? {})) this.blobs.set(sha256, blob);
  }

  #addSource(source: StoredSource): void {
    const { id, version } = source.record;
    if (version >= (this.sources.get(id)?.record.version ?? 0)) this.sources.set(id, source);
  }

  #addOffset(consumer: string, offset: NotedOffset): void {
    if (offset.commit >= (this.offsets.get(consumer)?.commit ?? 0)) this.offsets.set(consumer, offset);
  }

  /** The number of a source that is seen for the first time. */
  nextNumber(): number {
    return [...this.sources.values()].reduce((highest, { number }) => Math.max(highest, number), 0) + 1;
  }

  sourcesOf({ provider, nativeId }: SessionKey): readonly StoredSource[] {
    const isOf = ({ record }: StoredSource) => record.provider === provider && record.nativeId === nativeId;
    return [...this.sources.values()].filter(isOf);
  }

  /** Throws when a batch expects another version of its source than there will be when its turn comes. */
  refuseMoved(batches: readonly Batch[]): void {
    const versions = new Map<string, number>();
    for (const { source } of batches) {
      if (!source) continue;
      const { id } = source.record;
      const version = versions.get(id) ?? this.sources.get(id)?.record.version ?? 0;
      if (version !== source.expected) {
        throw new KatoError('checkpoint-moved', `source ${id} was read by another process meanwhile`, {
          hint: 'run the command again; nothing was stored twice',
        });
      }
      versions.set(id, source.expected + 1);
    }
  }
}

/** The session that a consumer's state is about, if it says so. */
export function sessionOf({ state }: { readonly state?: unknown }): SessionKey | undefined {
  const session = field(state, 'session');
  const provider = textAt(session, 'provider');
  const nativeId = textAt(session, 'nativeId');
  return provider === undefined || nativeId === undefined ? undefined : { provider, nativeId };
}
