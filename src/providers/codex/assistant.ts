/** What the model said, thought and planned: in its own messages, and as the interface showed them. */
import type { Diagnostic } from '../../core/diagnostic.ts';
import type { Payload } from '../../core/event.ts';
import { booleanAt, field, listAt, stringAt, textAt } from '../../core/json.ts';
import type { Draft } from '../provider.ts';
import { takeDataUrl } from '../shared/attachment.ts';
import { closeCarriers, findBlock, openCarrier, pairCarrier } from './carriers.ts';
import { agentDraft, draftOf, type Line, raw, rawDraft, type Told, told } from './line.ts';
import type { CarrierKind, CodexState, Side } from './state.ts';

/** One thing that a line says, which the other stream may have said too. */
interface Saying {
  readonly kind: CarrierKind;
  readonly text: string;
  readonly draft: Draft;
}

/** Tells what the other stream has not; a line of which nothing is left is raw. */
function say(before: CodexState, line: Line, side: Side, sayings: readonly Saying[]): Told {
  // Several sayings of one record share its id; only their words tell them apart.
  const id = sayings.length === 1 ? line.record : undefined;
  let state = closeCarriers(before, 'prompt');
  const drafts: Draft[] = [];
  for (const { kind, text, draft } of sayings) {
    if (text === '' && kind === 'answer') continue;
    const telling = { side, kind, text, id };
    const paired = pairCarrier(state, telling);
    state = paired ?? openCarrier(state, telling);
    if (!paired) drafts.push(draft);
    if (!paired && draft.kind === 'assistant.message') state = { ...state, hasSpoken: true };
  }
  return told(state, ...(drafts.length === 0 ? [rawDraft(line)] : drafts));
}

function phaseOf(source: unknown): Payload<'assistant.message'>['phase'] {
  const phase = stringAt(source, 'phase');
  return phase === 'commentary' ? 'commentary' : phase === 'final_answer' ? 'final' : undefined;
}

/** A message with the role `assistant`. */
export function decodeAnswerItem(state: CodexState, line: Line): Told {
  // The summary of a compaction is an answer to the harness; `compacted` tells it.
  if (booleanAt(line.value, 'metadata', 'compaction_output') === true) return raw(state, line);
  const content = field(line.payload, 'content');
  const list =
    typeof content === 'string' ? [{ type: 'output_text', text: content }] : Array.isArray(content) ? content : [];
  const phase = phaseOf(line.payload);
  const sayings: Saying[] = [];
  const others: Draft[] = [];
  const diagnostics: Diagnostic[] = [];
  for (const [index, block] of list.entries()) {
    const type = textAt(block, 'type') ?? 'block';
    const text = stringAt(block, 'text') ?? stringAt(block, 'refusal');
    if (text !== undefined) {
      const payload = { text, ...(phase && { phase }) };
      const draft = agentDraft(line, 'assistant.message', `text:${index}`, payload);
      sayings.push({ kind: 'answer', text, draft });
      continue;
    }
    const taken = takeDataUrl(field(block, 'image_url'));
    if (taken) {
      const payload = { text: '', attachments: [taken.attachment] };
      others.push(agentDraft(line, 'assistant.message', `image:${index}`, payload, { blobs: [taken.blob] }));
    } else {
      others.push(draftOf(line, 'provider.raw', `block:${index}`, { rawType: `assistant:${type}` }));
      if (type !== 'input_image') diagnostics.push({ code: 'unknown-block', about: `assistant:${type}` });
    }
  }
  const said = say(state, line, 'item', sayings);
  const planned = planInside(
    said.state,
    line,
    sayings,
    said.drafts.some(({ kind }) => kind === 'assistant.message'),
  );
  return { ...planned, drafts: [...said.drafts, ...planned.drafts, ...others], diagnostics };
}

/**
 * A plan inside an answer. The interface's stream tells the answer without it, and the plan as an item of its own or,
 * in some versions, not at all; then this is where it stands.
 */
function planInside(state: CodexState, line: Line, sayings: readonly Saying[], isTold: boolean): Told {
  const [found] = sayings.flatMap(({ text }) => findBlock(text, 'proposed_plan') ?? []);
  if (found === undefined) return told(state);
  const plan = found.inner.replace(/^\n/, '');
  const paired = pairCarrier(state, { side: 'item', kind: 'plan', text: plan });
  if (paired) return told(paired);
  const opened = openCarrier(state, { side: 'item', kind: 'plan', text: plan });
  return isTold ? told(opened) : told(opened, planDraft(line, line.record ?? line.turnId ?? 'plan', plan));
}

/** A plan asks whether to carry it out; the person answers with the next prompt. */
function planDraft(line: Line, id: string, plan: string): Draft {
  const payload = { decisionId: `${id}:plan`, key: 'plan', prompt: plan, options: [] };
  return agentDraft(line, 'assistant.decision.prompt', 'plan', payload);
}

/** A `Plan` item. */
export function decodePlan(state: CodexState, line: Line, item: unknown): Told {
  const plan = stringAt(item, 'text') ?? '';
  const id = textAt(item, 'id');
  const owner = { ...line, record: id };
  const paired = pairCarrier(state, { side: 'event', kind: 'plan', text: plan });
  if (paired) return raw(paired, owner);
  return told(
    openCarrier(state, { side: 'event', kind: 'plan', text: plan }),
    planDraft(owner, id ?? line.turnId ?? 'plan', plan),
  );
}

/** `agent_message`, as the interface showed it. */
export function decodeAnswerEvent(state: CodexState, line: Line): Told {
  const text = stringAt(line.payload, 'message') ?? '';
  const phase = phaseOf(line.payload);
  const draft = agentDraft(line, 'assistant.message', 'text:0', { text, ...(phase && { phase }) });
  return say(state, line, 'event', [{ kind: 'answer', text, draft }]);
}

/** An `AgentMessage` item: it has the id of the model's message. */
export function decodeAgentMessage(state: CodexState, line: Line, item: unknown): Told {
  const owner = { ...line, record: textAt(item, 'id') };
  const phase = phaseOf(item);
  const sayings = listAt(item, 'content').map((part, index) => {
    const text = stringAt(part, 'text') ?? '';
    const draft = agentDraft(owner, 'assistant.message', `text:${index}`, { text, ...(phase && { phase }) });
    return { kind: 'answer', text, draft } as const;
  });
  return say(state, owner, 'event', sayings);
}

/** Thoughts: summaries, and the raw chain where a model gives it. What is encrypted is never shown. */
export function decodeReasoningItem(state: CodexState, line: Line): Told {
  const texts = (key: string) => listAt(line.payload, key).flatMap((part) => stringAt(part, 'text') ?? []);
  return think(state, line, 'item', texts('summary'), texts('content'));
}

/** A `Reasoning` item: it has the id of the model's record. */
export function decodeReasoning(state: CodexState, line: Line, item: unknown): Told {
  const texts = (key: string) => listAt(item, key).filter((text) => typeof text === 'string');
  return think(state, { ...line, record: textAt(item, 'id') }, 'event', texts('summary_text'), texts('raw_content'));
}

function think(state: CodexState, line: Line, side: Side, summary: readonly string[], whole: readonly string[]): Told {
  const saying = (part: string, text: string): Saying => ({
    kind: 'thought',
    text,
    draft: agentDraft(line, 'assistant.thinking', part, { text }),
  });
  const sayings = [
    ...summary.map((text, index) => saying(`thinking:${index}`, text)),
    ...whole.map((text, index) => saying(`raw-thinking:${index}`, text)),
  ];
  if (sayings.length > 0) return say(state, line, side, sayings);
  const text = '';
  const draft = agentDraft(line, 'assistant.thinking', 'thinking:0', { text, redacted: true });
  if (line.record === undefined) return told(closeCarriers(state, 'prompt'), draft);
  return say(state, line, side, [{ kind: 'thought', text, draft }]);
}

/** `agent_reasoning` and `agent_reasoning_raw_content`, as the interface showed them: one thought each. */
export function decodeThoughtEvent(state: CodexState, line: Line, part: string): Told {
  const text = stringAt(line.payload, 'text') ?? '';
  const draft = agentDraft(line, 'assistant.thinking', part, { text });
  return say(state, line, 'event', [{ kind: 'thought', text, draft }]);
}

/** What a turn came to, where nothing before has said it. */
export function decodeLastMessage(line: Line, text: string): Draft {
  return agentDraft(line, 'assistant.message', 'text:0', { text, phase: 'final' });
}
