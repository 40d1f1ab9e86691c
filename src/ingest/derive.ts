/** The events of a session file, without a store: framing, decoder and identity alone. */
import type { KatoEvent } from '../core/event.ts';
import { type SessionKey, sessionId } from '../core/session.ts';
import type { Provider, SourceMatch } from '../providers/provider.ts';
import { type EventPage, parseBody, unpack } from '../store/page.ts';
import { Collector } from './collector.ts';
import { FrameFold } from './frame-fold.ts';
import { frameDocument } from './framing/document.ts';
import { createJsonlFramer } from './framing/jsonl.ts';
import { Occurrences } from './occurrence.ts';

/**
 * Events in the order of the file, with ids as the store would give them, and seqs that count up for each session.
 * `pieces` are the file's bytes, cut anywhere; zstd must have been unpacked. What other files would add (links between
 * sessions, side files) is not there, and revisions are not told apart from first versions.
 */
export function* deriveEvents(
  provider: Provider,
  match: SourceMatch,
  pieces: Iterable<Uint8Array>,
): Generator<KatoEvent> {
  const decoder = provider.createDecoder(match);
  const collector = new Collector({ provider: provider.id, source: '', sideFile: () => undefined, packPages: false });
  const occurrences = new Occurrences();
  const session = match.nativeId ?? match.family;
  const fold = new FrameFold({
    provider: provider.id,
    decoder,
    state: decoder.initial,
    occurrences,
    collector,
    session,
  });
  const seqs = new Map<string, number>();
  for (const frames of framesOf(match, pieces)) {
    for (const frame of frames) collector.add(fold.decode(frame));
    for (const { key, pages } of collector.take([]).sessions) {
      for (const page of pages) yield* composePage(key, page, seqs);
    }
  }
}

function* framesOf(match: SourceMatch, pieces: Iterable<Uint8Array>) {
  if (match.list) {
    yield frameDocument(Buffer.concat([...pieces]), match.list, undefined)?.frames ?? [];
    return;
  }
  const framer = createJsonlFramer();
  for (const piece of pieces) yield framer.push(piece).frames;
  yield framer.finish().frames;
}

function* composePage(key: SessionKey, page: EventPage, seqs: Map<string, number>): Generator<KatoEvent> {
  const id = sessionId(key);
  for (const body of parseBody(unpack(page.body, page.packed))) {
    const seq = (seqs.get(id) ?? 0) + 1;
    seqs.set(id, seq);
    const { id: eventId, ...rest } = body as { readonly id: string }; // Written by `encodeDraft`, read back unchanged.
    yield { v: 1, id: eventId, seq, session: { ...key, id }, ...rest } as unknown as KatoEvent;
  }
}
