/** Tool results: what the tool said, and what a person said through it. */
import type { Diagnostic } from '../../core/diagnostic.ts';
import type { Attachment, Payload } from '../../core/event.ts';
import { booleanAt, field, isRecord, stringAt, textAt } from '../../core/json.ts';
import type { BlobContent, Draft } from '../provider.ts';
import { textHash } from '../shared/text.ts';
import { blockText, takeBlock } from './blocks.ts';
import { decisionOf, PLAN_QUESTION, planQuestion } from './decisions.ts';
import { agentSession, draftOf, type Envelope } from './envelope.ts';
import type { ClaudeState, PendingCall } from './state.ts';
import { editsOf, exitCodeOf, questionsOf, splitAnswer } from './tools.ts';

interface Result {
  readonly drafts: readonly Draft[];
  readonly diagnostics: readonly Diagnostic[];
  readonly state: ClaudeState;
}

const REFUSAL = "The user doesn't want to proceed with this tool use.";
const FEEDBACK = 'the user said:\n';

export function decodeResult(state: ClaudeState, envelope: Envelope, block: unknown, index: number): Result {
  const toolCallId = textAt(block, 'tool_use_id') ?? `${envelope.uuid ?? ''}:${index}`;
  const call = state.calls.find(({ id }) => id === toolCallId);
  const structured = field(envelope.value, 'toolUseResult');
  const content = readContent(field(block, 'content'));
  const isError = booleanAt(block, 'is_error') === true;
  const sideFile = isError ? undefined : sideFileOf(content.text, structured);
  const exitCode = exitCodeOf(structured, content.text);
  const edits = isError ? undefined : editsOf(structured);
  const payload: Payload<'assistant.tool.result'> = {
    toolCallId,
    text: content.text,
    ...(isError && { isError }),
    ...(exitCode !== undefined && { exitCode }),
    ...(content.attachments.length > 0 && { attachments: content.attachments }),
    ...(edits && { edits }),
  };
  const more = {
    ...(content.blobs.length > 0 && { blobs: content.blobs }),
    ...(sideFile !== undefined && { sideFile }),
  };
  const drafts = [
    draftOf(envelope, 'assistant.tool.result', `tool-result:${toolCallId}`, payload, more),
    ...decisionsIn(envelope, toolCallId, call, content.text, isError),
    ...wordsIn(envelope, toolCallId, call, content.text, isError),
    ...subagentIn(envelope, toolCallId, structured, content.text),
  ];
  return {
    drafts,
    diagnostics: content.diagnostics,
    state: { ...state, calls: state.calls.filter((other) => other !== call) },
  };
}

/** A result's content: text, and images taken out. */
function readContent(content: unknown) {
  const diagnostics: Diagnostic[] = [];
  const taken: { attachment: Attachment; blob: BlobContent }[] = [];
  const texts: string[] = [];
  for (const block of Array.isArray(content)
    ? content
    : typeof content === 'string'
      ? [{ type: 'text', text: content }]
      : []) {
    const image = takeBlock(block);
    if (image) taken.push(image);
    else texts.push(blockText(block));
    const type = textAt(block, 'type');
    const isKnown = type === 'text' || type === 'image' || type === 'document' || type === 'tool_reference';
    if (!isKnown) diagnostics.push({ code: 'unknown-block', about: `tool_result:${type ?? 'block'}` });
  }
  return {
    text: texts.join('\n'),
    attachments: taken.map(({ attachment }) => attachment),
    blobs: taken.map(({ blob }) => blob),
    diagnostics,
  };
}

/** The name of the file that holds the complete output, where it was too large for the record. */
function sideFileOf(text: string, structured: unknown): string | undefined {
  const [, noted] = /^<persisted-output>[\s\S]{0,400}?saved to: (\S.*?)\s*$/m.exec(text) ?? [];
  const path = noted ?? (text.startsWith('<persisted-output>') ? textAt(structured, 'persistedOutputPath') : undefined);
  return path?.split(/[/\\]/).at(-1);
}

/** Answers to questions, leave for a plan, and a person's refusal. */
function decisionsIn(
  envelope: Envelope,
  id: string,
  call: PendingCall | undefined,
  text: string,
  isError: boolean,
): Draft[] {
  const { value } = envelope;
  const draft = (part: string, payload: Payload<'user.decision.response'>) =>
    draftOf(envelope, 'user.decision.response', `answer:${id}:${part}`, payload, { origin: 'typed' });
  const structured = field(value, 'toolUseResult');
  const answers = isRecord(field(structured, 'answers')) ? field(structured, 'answers') : undefined;
  if (isRecord(answers) && (call?.as === 'question' || call === undefined))
    return answersOf(id, structured, answers).map((payload, index) => draft(String(index), payload));
  if (call?.as === 'question' && !isError)
    return answersInText(text).map(([question, answer], index) =>
      draft(String(index), { ...decisionOf(id, question), question, selections: [answer] }),
    );
  const isRefused = isRefusedByPerson(envelope, text, isError);
  if (call?.as === 'plan') {
    if (!isRefused && isError) return [];
    return [
      draft('plan', {
        ...planQuestion(id),
        question: PLAN_QUESTION,
        selections: [isRefused ? 'rejected' : 'approved'],
      }),
    ];
  }
  if (!isRefused || call?.as === 'question') return [];
  return [
    draft('permission', {
      decisionId: `${id}:permission`,
      key: 'permission',
      question: 'Allow this tool use?',
      selections: ['rejected'],
    }),
  ];
}

function answersOf(
  id: string,
  structured: unknown,
  answers: Record<string, unknown>,
): Payload<'user.decision.response'>[] {
  const questions = questionsOf(structured);
  return Object.entries(answers).map(([question, answer]) => {
    const labels = questions.find((one) => one.question === question)?.options.map(({ label }) => label) ?? [];
    const given = Array.isArray(answer) ? answer.filter((one) => typeof one === 'string').join(', ') : String(answer);
    const { selections, freeText } = splitAnswer(given, labels);
    return { ...decisionOf(id, question), question, selections, ...(freeText !== undefined && { freeText }) };
  });
}

/** Older results say the answers in words only: `"question"="answer", …`. */
function answersInText(text: string): [question: string, answer: string][] {
  return [...text.matchAll(/"((?:[^"\\]|\\.)*)"="((?:[^"\\]|\\.)*)"/g)].map(([, question = '', answer = '']) => [
    question,
    answer,
  ]);
}

/** A refusal by rule, or where nobody was asked, has the same words but another source. */
function isRefusedByPerson({ value }: Envelope, text: string, isError: boolean): boolean {
  if (!isError) return false;
  const source = stringAt(field(value, 'permissionDecision'), 'source');
  if (source !== undefined && !source.startsWith('user')) return false;
  const kind = stringAt(value, 'toolDenialKind');
  return kind === undefined ? text.startsWith(REFUSAL) : kind === 'user-rejected' && text.startsWith(REFUSAL);
}

/**
 * A person's comment on a refusal. Calls made together are refused together, each with the same comment: it was typed
 * once, so its identity is the API message's, not the call's.
 */
function wordsIn(
  envelope: Envelope,
  id: string,
  call: PendingCall | undefined,
  text: string,
  isError: boolean,
): Draft[] {
  if (!isError) return [];
  const marked = textAt(envelope.value, 'userFeedback');
  const cut = text.startsWith(REFUSAL) && call?.as !== 'question' ? text.split(FEEDBACK)[1] : undefined;
  const words = marked ?? cut;
  if (words === undefined || words.trim() === '') return [];
  const record = `feedback:${call?.message ?? id}:${textHash(words)}`;
  return [draftOf(envelope, 'user.message', 'text:0', { text: words }, { origin: 'typed', record })];
}

/** The sub-agent that a call started, as the result names it. */
function subagentIn(envelope: Envelope, toolCallId: string, structured: unknown, text: string): Draft[] {
  const [, named] = /^agentId: ([0-9a-zA-Z_-]+)/m.exec(text) ?? [];
  const agentId = textAt(structured, 'agentId') ?? (isRecord(structured) ? named : undefined);
  if (agentId === undefined || envelope.isSubagent) return [];
  const description = textAt(structured, 'description');
  const agentType = textAt(structured, 'agentType');
  const subagent = {
    nativeId: agentSession(agentId, envelope.session),
    toolCallId,
    ...(description !== undefined && { description }),
    ...(agentType !== undefined && { agentType }),
  };
  return [draftOf(envelope, 'session.info', `subagent:${agentId}`, { subagent })];
}
