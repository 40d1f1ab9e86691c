/**
 * The fold over frames that every reading shares: decode each, then collect what it gave.
 *
 * Two steps, because between them a reading may have to look things up: which of equal frames a frame is, and what a
 * side file holds.
 */
import type { JsonValue } from '../core/json.ts';
import type { SessionKey } from '../core/session.ts';
import type { Decoder, Frame } from '../providers/provider.ts';
import type { Collector, DecodedFrame } from './collector.ts';
import { decodeFrame } from './decode.ts';
import type { CutFrame } from './framing/framer.ts';
import type { Occurrences } from './occurrence.ts';

export interface FrameFoldOptions {
  readonly provider: string;
  readonly decoder: Decoder;
  readonly state: JsonValue;
  readonly occurrences: Occurrences;
  readonly collector: Collector;
  /** The session of frames that come before any record has named one. */
  readonly session: string;
}

export class FrameFold {
  readonly #options: FrameFoldOptions;
  #state: JsonValue;
  #firstSession: string | undefined;

  constructor(options: FrameFoldOptions) {
    this.#options = options;
    this.#state = options.state;
  }

  get state(): JsonValue {
    return this.#state;
  }

  /** The session of the first draft: the source's own. Absent before the first. */
  get firstSession(): string | undefined {
    return this.#firstSession;
  }

  /** Begins again with the decoder's first state. */
  restart(): void {
    this.#state = this.#options.decoder.initial;
  }

  decode(frame: CutFrame): DecodedFrame {
    const { role, offset, bytes, value } = frame;
    const decoded = this.#run({ role, offset, bytes, value });
    let occurrence = frame.occurrence;
    const record = () => {
      occurrence ??= this.#options.occurrences.next(frame.hash());
      return { frame: frame.hash(), occurrence };
    };
    return { place: { offset, bytes }, decoded, record };
  }

  /** Takes in a small file beside the source. The session that it speaks of, if it says anything. */
  takeCompanion(name: string, content: Uint8Array): string | undefined {
    const text = Buffer.from(content).toString('utf8');
    const place = { offset: 0, bytes: content.length };
    const decoded = this.#run({ role: 'companion', name, ...place, value: parseOrText(text) });
    this.#options.collector.add({ place, decoded, record: () => ({ id: `companion:${name}` }) });
    return decoded.drafts[0]?.session;
  }

  /** The anonymous frames among these, for `Occurrences.prepare`. */
  anonymous(frames: readonly CutFrame[], decoded: readonly DecodedFrame[]): { session: SessionKey; hash: string }[] {
    return frames.flatMap((frame, index) => {
      const draft = decoded[index]?.decoded.drafts.find(({ record }) => record === undefined);
      if (!draft || frame.occurrence !== undefined) return [];
      return [{ session: { provider: this.#options.provider, nativeId: draft.session }, hash: frame.hash() }];
    });
  }

  #run(frame: Frame) {
    const { decoder, session } = this.#options;
    const decoded = decodeFrame(decoder, this.#state, frame, this.#firstSession ?? session);
    this.#state = decoded.state;
    this.#firstSession ??= decoded.drafts[0]?.session;
    return decoded;
  }
}

function parseOrText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text; // A companion may be plain text.
  }
}
