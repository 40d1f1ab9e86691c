/** Tools in the model's stream: calls, and the outputs that the model saw. */
import { field, listAt, parseJson, stringAt, textAt } from '../../core/json.ts';
import { subagentFromOutput } from './agents.ts';
import { addCall, callDraft, callIdOf, decodeEnding, findCall, markCall, resultDraft } from './calls.ts';
import { closeCarriers, openCarrier, pairCarrier } from './carriers.ts';
import { type Line, raw, type Told, told } from './line.ts';
import { jsonText, readOutput } from './output.ts';
import { decodeAnswers, decodeQuestions } from './questions.ts';
import { refusalDrafts } from './refusals.ts';
import type { CodexState, Side } from './state.ts';

/** Items that call a tool: `function_call`, `custom_tool_call`, `local_shell_call`, `tool_search_call`. */
export function decodeCall(before: CodexState, line: Line): Told {
  const { payload, subtype } = line;
  const id = callIdOf(line, payload);
  const state = addCall(closeCarriers(before, 'prompt'), id);
  const own = textAt(payload, 'name') ?? OWN_NAMES[subtype] ?? 'unknown';
  const namespace = textAt(payload, 'namespace');
  const call = { id, name: namespace === undefined ? own : `${namespace}.${own}`, input: inputOf(payload, subtype) };
  const draft = callDraft(line, call);
  if (own !== 'request_user_input') return told(state, draft);
  const asked = decodeQuestions(state, line, id, call.input);
  return told(asked.state, draft, ...asked.drafts);
}

const OWN_NAMES: Readonly<Record<string, string>> = {
  local_shell_call: 'local_shell',
  tool_search_call: 'tool_search',
};

function inputOf(payload: unknown, subtype: string): unknown {
  if (subtype === 'local_shell_call') return field(payload, 'action');
  if (subtype === 'custom_tool_call') return field(payload, 'input');
  const text = field(payload, 'arguments');
  return typeof text === 'string' ? (parseJson(text) ?? text) : text;
}

/** Items with the output of a call. */
export function decodeOutput(before: CodexState, line: Line): Told {
  const id = callIdOf(line, line.payload);
  const call = findCall(before, id);
  const state = markCall(before, call, 'answered');
  const output = field(line.payload, 'output');
  const linked = subagentFromOutput(state, line, id, output);
  if (call?.status === 'ended') {
    const kept = raw(linked.state, line);
    return { ...kept, drafts: [...kept.drafts, ...linked.drafts] };
  }
  const answered = decodeAnswers(linked.state, line, id, output);
  const isSearch = line.subtype === 'tool_search_output';
  const read = isSearch ? { text: jsonText(field(line.payload, 'tools')), attached: [] } : readOutput(output);
  const result = resultDraft(line, id, call?.status === 'failed' ? { ...read, isError: true } : read);
  const refusal = refusalDrafts(linked.state, line, id, read.text);
  return told(answered.state, result, ...answered.drafts, ...refusal, ...linked.drafts);
}

/**
 * A web search: `web_search_call` in the model's stream; `web_search_end`, a `WebSearch` item or an extension's in the
 * other. What it found is said by some versions. Ids differ or are missing, so the two are paired by the action.
 */
export function decodeSearch(before: CodexState, line: Line, source: unknown, side: Side): Told {
  const action = field(source, 'action');
  const found = listAt(source, 'results');
  const output = { text: jsonText(found), attached: [] };
  const call = {
    id: callIdOf(line, source),
    name: 'web_search',
    input: action ?? { query: textAt(source, 'query') ?? null },
  };
  if (findCall(before, call.id) && side === 'event') return decodeEnding(before, line, { call, output });
  const wanted = wantedBy(action) || (textAt(source, 'query') ?? '');
  const paired = pairCarrier(before, { side, kind: 'search', text: wanted });
  if (paired) return raw(paired, line);
  const state = openCarrier(addCall(closeCarriers(before, 'prompt'), call.id), { side, kind: 'search', text: wanted });
  const draft = callDraft(line, call);
  return found.length === 0 ? told(state, draft) : told(state, draft, resultDraft(line, call.id, output));
}

/** What an action looks for, in one text: words, an address, a pattern. */
function wantedBy(action: unknown): string {
  const single = [stringAt(action, 'query'), stringAt(action, 'url'), stringAt(action, 'pattern')];
  const texts = [...single, ...listAt(action, 'queries')].filter((text) => typeof text === 'string');
  return [...new Set(texts)].join('\n');
}
