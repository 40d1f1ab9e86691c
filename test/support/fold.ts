/** One source through framing and decoder alone, in memory: for laws that need many readings. */
import type { JsonValue } from '../../src/core/json.ts';
import { Collector } from '../../src/ingest/collector.ts';
import { FrameFold } from '../../src/ingest/frame-fold.ts';
import { frameDocument } from '../../src/ingest/framing/document.ts';
import type { CutFrame } from '../../src/ingest/framing/framer.ts';
import { createJsonlFramer } from '../../src/ingest/framing/jsonl.ts';
import { Occurrences } from '../../src/ingest/occurrence.ts';
import type { Provider, SourceMatch } from '../../src/providers/provider.ts';
import { idAt, linesOf } from '../../src/store/page.ts';

export interface FoldedEvent {
  readonly session: string;
  readonly id: string;
  readonly json: string;
}

export interface Folded {
  readonly events: readonly FoldedEvent[];
  readonly states: readonly JsonValue[];
  readonly accountedBytes: number;
}

/** Folds a source given as pieces of bytes. */
export function foldPieces(provider: Provider, match: SourceMatch, pieces: readonly Uint8Array[]): Folded {
  const collector = new Collector({
    provider: provider.id,
    source: 'test',
    sideFile: () => undefined,
    packPages: false,
  });
  const decoder = provider.createDecoder(match);
  const fold = new FrameFold({
    provider: provider.id,
    decoder,
    state: decoder.initial,
    occurrences: new Occurrences(),
    collector,
    session: match.nativeId ?? match.family,
  });
  const states: JsonValue[] = [];
  const take = (frames: readonly CutFrame[]) => {
    for (const frame of frames) {
      collector.add(fold.decode(frame));
      states.push(fold.state);
    }
  };
  if (match.framing === 'document') {
    const framed = match.list && frameDocument(Buffer.concat(pieces), match.list, undefined);
    take(framed?.frames ?? []);
    return { events: eventsOf(collector), states, accountedBytes: 0 };
  }
  const framer = createJsonlFramer();
  for (const piece of pieces) take(framer.push(piece).frames);
  take(framer.finish().frames);
  return { events: eventsOf(collector), states, accountedBytes: framer.accountedBytes() };
}

function eventsOf(collector: Collector): FoldedEvent[] {
  return collector.take([]).sessions.flatMap(({ key, pages }) =>
    pages.flatMap((page) =>
      linesOf(page).map((line, index) => ({
        session: key.nativeId,
        id: Buffer.from(idAt(page, index)).toString('hex'),
        json: Buffer.from(line).toString('utf8'),
      })),
    ),
  );
}
