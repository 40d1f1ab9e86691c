/**
 * A canonical event from its stored body and what the store knows about it, with a fixed order of keys.
 */
import type { EventId, KatoEvent } from '../core/event.ts';
import { identify } from '../core/identity.ts';
import type { SessionKey } from '../core/session.ts';
import type { SessionLink } from './store.ts';

/** The body as pages hold it: an event without what the store adds. */
type StoredBody = Omit<KatoEvent, 'v' | 'seq' | 'session' | 'revises'>;

export interface Placed {
  readonly key: SessionKey;
  readonly sessionId: string;
  readonly seq: number;
  readonly revises: number | undefined;
  /** The source's id and generation; absent for events that no source brought. */
  readonly source: string | undefined;
  readonly generation: number;
  readonly link: SessionLink | undefined;
}

export function composeEvent(stored: unknown, placed: Placed): KatoEvent {
  const body = stored as StoredBody; // Written by `encodeDraft`, read back unchanged.
  const copy = copyOf(body, placed);
  const event = {
    v: 1,
    id: body.id,
    seq: placed.seq,
    session: { provider: placed.key.provider, nativeId: placed.key.nativeId, id: placed.sessionId },
    kind: body.kind,
    ...(body.at !== undefined && { at: body.at }),
    ...(body.observedAt !== undefined && { observedAt: body.observedAt }),
    ...(body.turnId !== undefined && { turnId: body.turnId }),
    ...(body.model !== undefined && { model: body.model }),
    origin: copy ? 'replayed' : body.origin,
    ...(copy?.id !== undefined ? { copyOf: copy.id } : body.copyOf !== undefined && { copyOf: body.copyOf }),
    source:
      placed.source === undefined
        ? body.source
        : { ...body.source, file: placed.source, generation: placed.generation },
    payload: body.payload,
    ...(placed.revises !== undefined && { revises: placed.revises }),
  };
  return event as KatoEvent; // Kind and payload were paired when the draft was made.
}

/** Copies of a parent's events are known by their seq, once the link has been resolved. */
function copyOf({ source }: StoredBody, { key, seq, link }: Placed): { id?: EventId } | undefined {
  if (!link?.resolved?.copied.some(([first, last]) => seq >= first && seq <= last)) return undefined;
  if (source.nativeId === undefined) return {};
  const parent = { provider: key.provider, nativeId: link.parent.nativeId };
  return { id: identify(parent, { id: source.nativeId }, source.part) };
}
