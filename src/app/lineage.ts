/** What a session continues: the parts of other sessions that come before its own. */
import type { SessionKey } from '../core/session.ts';
import type { SessionLink, TranscriptStore } from '../store/store.ts';

export interface Segment {
  readonly key: SessionKey;
  /** The last seq of the session that belongs to the segment. */
  readonly untilSeq: number;
}

export interface Lineage {
  /** In order of reading; the last one is the session itself. */
  readonly segments: readonly Segment[];
  /** The native id of a parent that is not in the store. */
  readonly missing?: string;
}

export async function segmentsOf(store: TranscriptStore, key: SessionKey, inherited: boolean): Promise<Lineage> {
  const own = { key, untilSeq: Number.MAX_SAFE_INTEGER };
  if (!inherited) return { segments: [own] };
  const links = new Map((await store.links()).map((link) => [nameOf(link.key), link]));
  const segments: Segment[] = [own];
  const seen = new Set([nameOf(key)]);
  let link = links.get(nameOf(key));
  while (link && link.parent.relation !== 'subagent') {
    const parent = parentOf(link);
    // One that was there when it was linked can be forgotten since.
    const isThere = !seen.has(nameOf(parent)) && (await store.session(parent)) !== undefined;
    if (!link.resolved || !isThere) return { segments, missing: parent.nativeId };
    seen.add(nameOf(parent));
    segments.unshift({ key: parent, untilSeq: link.resolved.parentSeq });
    link = links.get(nameOf(parent));
  }
  return { segments };
}

function parentOf({ key, parent }: SessionLink): SessionKey {
  return { provider: key.provider, nativeId: parent.nativeId };
}

function nameOf({ provider, nativeId }: SessionKey): string {
  return `${provider}\0${nativeId}`;
}
