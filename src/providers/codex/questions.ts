/**
 * `request_user_input`: questions to a person, and the answers.
 *
 * An answer lies in the call's output, `{"answers": {<id>: {"answers": [<label> | "None of the above" | "user_note: …"]}}}`,
 * and in 0.169 before that in a `retained_context` line, with the question's words. Text that is no option's label was
 * typed. Sources: 0.104, and 0.169 run in November 2026.
 */
import type { Payload } from '../../core/event.ts';
import { field, isRecord, listAt, parseJson, stringAt, textAt } from '../../core/json.ts';
import type { Draft } from '../provider.ts';
import { lastOf, slug, textHash } from '../shared/text.ts';
import { agentDraft, draftOf, type Line, type Told, told } from './line.ts';
import type { AskedCall, AskedQuestion, CodexState } from './state.ts';

const ASKED_CALLS = 16;
const NOTE = 'user_note: ';
const NONE = 'None of the above';

type Answer = Payload<'user.decision.response'>;

/** The questions of a call: a prompt each. */
export function decodeQuestions(before: CodexState, line: Line, callId: string, input: unknown): Told {
  const drafts: Draft[] = [];
  const questions: AskedQuestion[] = [];
  for (const [index, item] of listAt(input, 'questions').entries()) {
    const prompt = textAt(item, 'question') ?? textAt(item, 'header');
    if (prompt === undefined) continue;
    const id = textAt(item, 'id') ?? (slug(prompt) || String(index));
    const options = listAt(item, 'options').flatMap((option) => {
      const label = textAt(option, 'label') ?? (typeof option === 'string' ? option : undefined);
      const description = textAt(option, 'description');
      return label === undefined ? [] : [{ label, ...(description !== undefined && { description }) }];
    });
    const header = textAt(item, 'header');
    const isMulti = field(item, 'multiSelect') === true || field(item, 'multi_select') === true;
    const payload = {
      ...decision(callId, id),
      prompt,
      options,
      ...(header !== undefined && { header }),
      ...(isMulti && { multiSelect: true }),
    };
    drafts.push(agentDraft(line, 'assistant.decision.prompt', `decision:${index}`, payload));
    const labels = options.map(({ label }) => textHash(label));
    questions.push({ id, hash: textHash(prompt), length: prompt.length, labels });
  }
  const asked = lastOf([...before.asked, { id: callId, questions }], ASKED_CALLS);
  return told({ ...before, asked }, ...drafts);
}

function decision(callId: string, id: string) {
  return { decisionId: `${callId}:${id}`, key: id };
}

function answerDraft(line: Line, answer: Answer): Draft {
  return draftOf(line, 'user.decision.response', `answer:${answer.key}`, answer, { origin: 'typed' });
}

function forget(state: CodexState, call: AskedCall): CodexState {
  return { ...state, asked: state.asked.filter((other) => other !== call) };
}

/** The answers in a call's output, if it was a question that has not been answered; nothing for a cancelled one. */
export function decodeAnswers(state: CodexState, line: Line, callId: string, output: unknown): Told {
  const call = state.asked.findLast(({ id }) => id === callId);
  if (!call) return told(state);
  const parsed = typeof output === 'string' ? parseJson(output) : output;
  const answers = answersOf(callId, field(parsed, 'answers'), call.questions);
  return told(forget(state, call), ...answers.map((answer) => answerDraft(line, answer)));
}

function answersOf(callId: string, answers: unknown, questions: readonly AskedQuestion[]): Answer[] {
  if (!isRecord(answers)) return [];
  return Object.entries(answers).map(([id, answer]) => {
    const known = questions.find((question) => question.id === id);
    return { ...decision(callId, id), question: id, ...given(entriesOf(answer), known?.labels ?? []) };
  });
}

/** An answer's entries: `{"answers": […]}`, or in older records a list or a single text. */
function entriesOf(answer: unknown): string[] {
  if (typeof answer === 'string') return [answer];
  const list = Array.isArray(answer) ? answer : listAt(answer, 'answers');
  const texts = list.filter((entry) => typeof entry === 'string');
  const other = isRecord(answer) ? Object.entries(answer).filter(([key]) => key !== 'answers') : [];
  return [...texts, ...other.flatMap(([, value]) => (typeof value === 'string' && value !== '' ? [value] : []))];
}

/** What was chosen, and what was typed. */
function given(entries: readonly string[], labels: readonly string[]): Pick<Answer, 'selections' | 'freeText'> {
  const isChosen = (entry: string) => entry === NONE || labels.includes(textHash(entry));
  const selections = entries.filter(isChosen);
  const typed = entries
    .filter((entry) => !isChosen(entry))
    .map((entry) => (entry.startsWith(NOTE) ? entry.slice(NOTE.length) : entry));
  return { selections, ...(typed.length > 0 && { freeText: typed.join('\n') }) };
}

/** `retained_context` of type `verified_answer`: the same answers, with the words of the questions. */
export function decodeVerifiedAnswer(state: CodexState, line: Line): Told | undefined {
  const callId = textAt(line.payload, 'call_id');
  const call = state.asked.findLast(({ id }) => id === callId);
  if (!call || callId === undefined) return undefined;
  const drafts = listAt(line.payload, 'questions').flatMap((item, index) => {
    const known = call.questions[index];
    const words = stringAt(item, 'question') ?? '';
    const answer = stringAt(item, 'answer');
    // The words may be followed by the chosen option and its description.
    const question = words.slice(0, known?.length ?? 0);
    if (!known || answer === undefined || textHash(question) !== known.hash) return [];
    return [
      answerDraft(line, {
        ...decision(callId, known.id),
        question,
        ...given(entriesIn(answer, known.labels), known.labels),
      }),
    ];
  });
  return drafts.length === 0 || drafts.length !== call.questions.length
    ? undefined
    : told(forget(state, call), ...drafts);
}

/** A verified answer's entries stand one below the other; a note may have several lines. */
function entriesIn(answer: string, labels: readonly string[]): string[] {
  const lines = answer.split('\n');
  if (lines.every((line) => labels.includes(textHash(line)))) return lines;
  const at = answer.startsWith(NOTE) ? 0 : answer.indexOf(`\n${NOTE}`) + 1;
  if (!answer.startsWith(NOTE, at)) return [answer];
  const before = answer.slice(0, at).replace(/\n$/, '');
  return [...(before === '' ? [] : [before]), answer.slice(at)];
}

/**
 * A line of type `request_user_input`, as early 2026 wrote it: call, questions, output and answers in one.
 */
export function decodeAskedLine(before: CodexState, line: Line, callId: string): Told {
  const questions = decodeQuestions(before, line, callId, line.payload);
  const answers = field(line.payload, 'answers');
  const call = questions.state.asked.at(-1);
  const asked = listAt(line.payload, 'questions');
  const drafts = answersOf(callId, answers, call?.questions ?? []).map((answer) => {
    const question = asked.find((item) => textAt(item, 'id') === answer.key);
    return answerDraft(line, { ...answer, question: textAt(question, 'question') ?? answer.question });
  });
  return told(
    call && answers !== undefined ? forget(questions.state, call) : questions.state,
    ...questions.drafts,
    ...drafts,
  );
}
