/** Messages with the role `developer` or `system`: what the harness tells the model. */
import { field, stringAt } from '../../core/json.ts';
import { draftOf, type Line, raw, rawDraft, type Told, told } from './line.ts';
import type { CodexState } from './state.ts';
import { markOf } from './wrappers.ts';

export function decodeInstructions(state: CodexState, line: Line): Told {
  const content = field(line.payload, 'content');
  const list = typeof content === 'string' ? [{ text: content }] : Array.isArray(content) ? content : [];
  const drafts = list.map((block, index) => {
    const text = stringAt(block, 'text');
    if (text === undefined) return rawDraft(line, `raw:${index}`);
    const subtype =
      markOf(line.payload, index).kind ?? /^<([a-z][a-z_ ]*)>/i.exec(text.trimStart())?.[1] ?? 'instructions';
    return draftOf(line, 'system.message', `text:${index}`, { text, subtype }, { origin: 'injected' });
  });
  return drafts.length === 0 ? raw(state, line) : told(state, ...drafts);
}
