/**
 * Two streams, one conversation.
 *
 * Codex writes what the model saw (`response_item`) and, beside it, what its interface showed (`event_msg`). A prompt,
 * an answer or a thought usually stands in both, one right after the other, in an order that changed between versions;
 * some files have one stream only. So whichever comes first is told, and is remembered as open; when the other stream
 * brings it, the two are known to be one: by the provider's id where both have it, else by a hash of the words among
 * those of this turn that only the other stream has told. Each is paired once, so a prompt that a person sends twice
 * stays two.
 */
import { lastOf, textHash } from '../shared/text.ts';
import type { CarrierKind, CodexState, OpenCarrier, Side } from './state.ts';

const OPEN_CARRIERS = 32;

/** Something as one stream tells it. `id` is the provider's, where both streams have it. */
interface Telling {
  readonly side: Side;
  readonly kind: CarrierKind;
  readonly text: string;
  readonly id?: string | undefined;
}

/** Remembers that this stream has told something. */
export function openCarrier(state: CodexState, { side, kind, text, id = '' }: Telling): CodexState {
  const carrier: OpenCarrier = { side, kind, hash: carrierHash(text), id };
  return { ...state, open: lastOf([...state.open, carrier], OPEN_CARRIERS) };
}

/** Pairs something with what the other stream has told. Absent when it has not. */
export function pairCarrier(state: CodexState, { side, kind, text, id = '' }: Telling): CodexState | undefined {
  const others = state.open.filter((carrier) => carrier.kind === kind && carrier.side !== side);
  if (others.length === 0) return undefined;
  const hash = carrierHash(text);
  const found = others.find((other) => (id !== '' && other.id !== '' ? other.id === id : other.hash === hash));
  return found && { ...state, open: state.open.filter((carrier) => carrier !== found) };
}

/** Forgets what can have no second carrier any more. */
export function closeCarriers(state: CodexState, ...kinds: readonly CarrierKind[]): CodexState {
  if (!state.open.some(({ kind }) => kinds.includes(kind))) return state;
  return { ...state, open: state.open.filter(({ kind }) => !kinds.includes(kind)) };
}

/** Blocks that the interface leaves out of an answer, because it shows them elsewhere. */
const ELSEWHERE = ['proposed_plan', 'oai-mem-citation'] as const;

function carrierHash(text: string): string {
  return textHash(ELSEWHERE.reduce(withoutBlocks, text).trim());
}

function withoutBlocks(text: string, tag: string): string {
  const kept: string[] = [];
  let from = 0;
  for (let block = findBlock(text, tag); block; block = findBlock(text, tag, from)) {
    kept.push(text.slice(from, block.start));
    from = block.end;
  }
  return from === 0 ? text : kept.join('') + text.slice(from);
}

/** The first block `<tag>…</tag>`: where it begins and ends, and what it holds. */
export function findBlock(text: string, tag: string, from = 0) {
  const start = text.indexOf(`<${tag}>`, from);
  const close = start < 0 ? -1 : text.indexOf(`</${tag}>`, start);
  if (close < 0) return undefined;
  return { start, end: close + tag.length + 3, inner: text.slice(start + tag.length + 2, close) };
}
