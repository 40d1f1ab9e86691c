/**
 * Pictures and documents of a `user` record. Each belongs to the words before it, or else to the next ones; without words
 * they are a message of their own.
 */
import { booleanAt } from '../../core/json.ts';
import type { Draft } from '../provider.ts';
import type { TakenBlock } from './blocks.ts';
import { draftOf, type Envelope } from './envelope.ts';
import { personOrigin } from './speech.ts';

interface Attached extends TakenBlock {
  /** How many drafts the record had made before. */
  readonly behind: number;
}

export class Attachments {
  readonly #all: Attached[] = [];

  add(taken: TakenBlock, behind: number): void {
    this.#all.push({ ...taken, behind });
  }

  /** The drafts with their attachments. Beside a tool's result, and in text of the harness, they are not a person's. */
  join(drafts: readonly Draft[], envelope: Envelope, isContext: boolean): readonly Draft[] {
    if (this.#all.length === 0) return drafts;
    const places = this.#all.map(({ behind }) => placeOf(drafts, behind));
    if (places.every((place) => place >= 0)) {
      return drafts.map((draft, index) =>
        withAttachments(
          draft,
          this.#all.filter((_, one) => places[one] === index),
        ),
      );
    }
    const isMeta = booleanAt(envelope.value, 'isMeta') === true;
    const origin = isMeta || isContext ? 'injected' : personOrigin(envelope);
    const alone = draftOf(envelope, 'user.message', 'attachments', { text: '' }, { origin });
    return [...drafts, withAttachments(alone, this.#all)];
  }
}

/** The message that something behind so many drafts belongs to. */
function placeOf(drafts: readonly Draft[], behind: number): number {
  const isMessage = (draft: Draft) => draft.kind === 'user.message' && !draft.part.startsWith('comment:');
  const before = drafts.slice(0, behind).findLastIndex(isMessage);
  return before >= 0 ? before : drafts.findIndex(isMessage);
}

function withAttachments(draft: Draft, attached: readonly TakenBlock[]): Draft {
  if (attached.length === 0 || draft.kind !== 'user.message') return draft;
  const attachments = attached.map(({ attachment }) => attachment);
  return { ...draft, payload: { ...draft.payload, attachments }, blobs: attached.map(({ blob }) => blob) };
}
