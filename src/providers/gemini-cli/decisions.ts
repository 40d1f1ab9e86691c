/** What the agent asks a person, and what the person says to it: questions, plans, and leave to use a tool. */
import type { Payload } from '../../core/event.ts';
import { field, isRecord, listAt, parseJson, stringAt, textAt } from '../../core/json.ts';
import type { Draft } from '../provider.ts';
import { slug } from '../shared/text.ts';
import { draftOf, type Envelope } from './envelope.ts';

const QUESTION_TOOL = 'ask_user';
const PLAN_TOOL = 'exit_plan_mode';
const PLAN_QUESTION = 'Carry out the plan?';

/** A tool's answer: its status, and what it says. */
export interface ToolAnswer {
  readonly callId: string;
  readonly name: string;
  readonly input: unknown;
  readonly isCancelled: boolean;
  readonly text: string;
}

type Prompt = Payload<'assistant.decision.prompt'>;

/** The questions of a call; none for most tools. */
export function promptsOf(envelope: Envelope, callId: string, name: string, input: unknown): Draft[] {
  const prompts = name === PLAN_TOOL ? [planPrompt(callId)] : name === QUESTION_TOOL ? questionsOf(callId, input) : [];
  return prompts.map((prompt, index) =>
    draftOf(envelope, 'assistant.decision.prompt', `decision:${callId}:${index}`, prompt),
  );
}

function planPrompt(callId: string): Prompt {
  return { decisionId: `${callId}:plan`, key: 'plan', prompt: PLAN_QUESTION, options: [] };
}

/** Known by their number, as answers are; two questions may have the same words. */
function questionsOf(callId: string, input: unknown): Prompt[] {
  return listAt(input, 'questions').map((item, index) => {
    const prompt = plain(stringAt(item, 'question') ?? '');
    const header = textAt(item, 'header');
    const type = textAt(item, 'type');
    return {
      decisionId: `${callId}:${index}`,
      key: slug(header ?? prompt) || `question-${index}`,
      prompt,
      options: type === 'yesno' ? YES_NO : optionsOf(item),
      ...(header !== undefined && { header: plain(header) }),
      ...(field(item, 'multiSelect') === true && { multiSelect: true }),
    };
  });
}

/** Offered by the agent for every question of type `yesno`. */
const YES_NO: Prompt['options'] = [{ label: 'Yes' }, { label: 'No' }];

function optionsOf(item: unknown): Prompt['options'] {
  return listAt(item, 'options').flatMap((option) => {
    const label = textAt(option, 'label');
    const description = textAt(option, 'description');
    if (label === undefined) return [];
    return [{ label: plain(label), ...(description !== undefined && { description: plain(description) }) }];
  });
}

/** The agent shows `\\n` that a model wrote twice escaped as a line break. */
function plain(text: string): string {
  return text.replace(/\\r\\n|\\n/g, '\n');
}

/** What a person said through a tool's answer: choices, a verdict on a plan with the words to it, a refusal. */
export function responsesOf(envelope: Envelope, answer: ToolAnswer): Draft[] {
  if (answer.name === QUESTION_TOOL) return answersOf(envelope, answer);
  if (answer.name === PLAN_TOOL) return planResponse(envelope, answer);
  if (!isRefused(answer)) return [];
  const payload = { ...PERMISSION, decisionId: `${answer.callId}:permission`, selections: ['rejected'] };
  return [response(envelope, answer.callId, 'permission', payload)];
}

const PERMISSION = { key: 'permission', question: 'Allow this tool use?' };

function response(envelope: Envelope, callId: string, part: string, payload: Payload<'user.decision.response'>): Draft {
  return draftOf(envelope, 'user.decision.response', `answer:${callId}:${part}`, payload, { origin: 'typed' });
}

/** The words of a refusal by a person, to 0.29 and since; other cancellations are answers to nothing. */
function isRefused({ isCancelled, text }: ToolAnswer): boolean {
  return isCancelled && /User denied execution|User did not allow tool call/.test(text);
}

function answersOf(envelope: Envelope, answer: ToolAnswer): Draft[] {
  const { callId, input, text } = answer;
  const answers = field(parseJson(text), 'answers');
  const isDismissed = text.startsWith('User dismissed ask_user dialog') || isRefused(answer);
  if (!isRecord(answers) && !isDismissed) return [];
  return questionsOf(callId, input).map(({ decisionId, key, prompt, options }, index) => {
    const labels = options.map(({ label }) => label);
    const chosen = splitAnswer(stringAt(answers, String(index)) ?? '', labels);
    return response(envelope, callId, String(index), { decisionId, key, question: prompt, ...chosen });
  });
}

/** Labels that were offered, joined by commas, then words that were not. */
function splitAnswer(answer: string, labels: readonly string[]): { selections: string[]; freeText?: string } {
  const selections: string[] = [];
  const longestFirst = [...labels].sort((a, b) => b.length - a.length);
  let rest = answer;
  for (;;) {
    const label = longestFirst.find((one) => rest === one || rest.startsWith(`${one}, `));
    if (label === undefined || rest === '') break;
    selections.push(label);
    rest = rest.slice(label.length).replace(/^, /, '');
  }
  return rest === '' ? { selections } : { selections, freeText: rest };
}

/** A plan is approved, rejected with or without words, or left undecided. */
function planResponse(envelope: Envelope, answer: ToolAnswer): Draft[] {
  const { callId, text } = answer;
  const verdict = /^Plan (approved|rejected)\b/.exec(text)?.[1];
  const isUndecided = text.startsWith('User cancelled the plan approval dialog') || isRefused(answer);
  if (verdict === undefined && !isUndecided) return [];
  const { decisionId, key, prompt } = planPrompt(callId);
  const selections = verdict === undefined ? [] : [verdict];
  const [, words = ''] = FEEDBACK.exec(text) ?? [];
  const said = draftOf(envelope, 'user.message', `feedback:${callId}`, { text: words }, { origin: 'typed' });
  const decided = response(envelope, callId, 'plan', { decisionId, key, question: prompt, selections });
  return words === '' ? [decided] : [decided, said];
}

const FEEDBACK = /^Plan rejected\. User feedback: ([\s\S]*?)(?:\n\nThe plan is stored at: .*\n.*)?$/;
