/** How far the store is behind what agents have written. */
import type { FileStat } from '../../core/source.ts';
import type { FramingKind } from '../../providers/provider.ts';
import { isUnchanged } from '../fingerprint.ts';
import { isNoted, type KnownSource, type KnownSources } from './known-sources.ts';
import { type LiveOptions, locate } from './parts.ts';

export interface SourceLag {
  readonly provider: string;
  readonly path: string;
  readonly nativeId?: string | undefined;
  /** Bytes on disk that are not accounted for: not read yet, or a last line without its end. */
  readonly bytes: number;
}

/** The sources that are behind. Active files are looked at; of the others is known what the last sweep saw. */
export function measureLag(
  { files, roots }: LiveOptions,
  known: KnownSources,
  active: ReadonlySet<string>,
): readonly SourceLag[] {
  const lags: SourceLag[] = [];
  for (const source of known.all()) {
    const { provider, path, nativeId, stat, gone } = source;
    if (gone || isNoted(source)) continue;
    const framing = locate(roots, path)?.match.framing;
    const now = active.has(path) ? (lookAt(() => files.stat(path)) ?? stat) : stat;
    const bytes = framing ? behind(source, now, framing) : 0;
    if (bytes > 0) lags.push({ provider, path, nativeId, bytes });
  }
  return lags;
}

function behind({ stat, endBytes }: KnownSource, now: FileStat, framing: FramingKind): number {
  if (framing !== 'jsonl') return isUnchanged(stat, now) ? 0 : now.sizeBytes;
  return now.sizeBytes < endBytes ? now.sizeBytes : now.sizeBytes - endBytes;
}

function lookAt<T>(action: () => T): T | undefined {
  try {
    return action();
  } catch {
    return undefined; // It cannot be looked at: then what is known is all there is.
  }
}
