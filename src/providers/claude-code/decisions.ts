/** What a call asks a person: questions with their options, or leave to carry out a plan. */
import type { Payload } from '../../core/event.ts';
import { booleanAt, listAt, textAt } from '../../core/json.ts';
import { slug, textHash } from '../shared/text.ts';
import { type AskedQuestion, type SpecialCall, shortHash } from './state.ts';

type Prompt = Payload<'assistant.decision.prompt'>;

/** Calls that mean more than a tool. `Task` became `Agent` in 2.1. */
const MEANINGS: ReadonlyMap<string, SpecialCall['as']> = new Map([
  ['AskUserQuestion', 'question'],
  ['ExitPlanMode', 'plan'],
  ['exit_plan_mode', 'plan'],
  ['Task', 'agent'],
  ['Agent', 'agent'],
]);

export function meaningOf(name: string): SpecialCall['as'] | undefined {
  return MEANINGS.get(name);
}

export const PLAN_QUESTION = 'Carry out the plan?';

/** What the decision on a call as a whole is about, and how it is called when a person says no. */
const AS_A_WHOLE = {
  plan: { question: PLAN_QUESTION, no: 'rejected' },
  questions: { question: 'Answer the questions?', no: 'declined' },
  permission: { question: 'Allow this tool use?', no: 'rejected' },
} as const;

/** The decision on a call as a whole: on its plan, on its questions, or on whether it may run at all. */
export function decisionOn(callId: string, key: keyof typeof AS_A_WHOLE) {
  return { decisionId: `${callId}:${key}`, key };
}

/** A person's no to a call. */
export function refusalOf(callId: string, as: SpecialCall['as'] | undefined) {
  const key = as === 'plan' ? 'plan' : as === 'question' ? 'questions' : 'permission';
  const { question, no } = AS_A_WHOLE[key];
  return { ...decisionOn(callId, key), question, selections: [no] };
}

export function promptsOf(callId: string, name: string, input: unknown): readonly Prompt[] {
  switch (meaningOf(name)) {
    case 'plan':
      return [{ ...decisionOn(callId, 'plan'), prompt: textAt(input, 'plan') ?? PLAN_QUESTION, options: [] }];
    case 'question': {
      const nameIt = decisionNames(callId);
      return questionsOf(input).map(({ question, ...rest }) => ({ ...nameIt(question), prompt: question, ...rest }));
    }
    case 'agent':
    case undefined:
      return [];
  }
}

/**
 * Names the decisions of a call, one after the other in the order in which it asks: by the question's words, so that
 * prompt and answer find each other from any record. A second question with the same words gets a number.
 */
export function decisionNames(callId: string): (question: string) => { decisionId: string; key: string } {
  const counts = new Map<string, number>();
  return (question) => {
    const words = slug(question) || 'question';
    const count = (counts.get(words) ?? 0) + 1;
    counts.set(words, count);
    const key = count === 1 ? words : `${words}-${count}`;
    return { decisionId: `${callId}:${key}`, key };
  };
}

interface Question {
  readonly question: string;
  readonly header?: string;
  readonly multiSelect?: boolean;
  readonly options: Prompt['options'];
}

/** The questions of an AskUserQuestion call or result. */
export function questionsOf(value: unknown): readonly Question[] {
  return listAt(value, 'questions').flatMap((item) => {
    const question = textAt(item, 'question');
    if (question === undefined) return [];
    const options = listAt(item, 'options').flatMap((option) => {
      const label = textAt(option, 'label');
      const description = textAt(option, 'description');
      return label === undefined ? [] : [{ label, ...(description !== undefined && { description }) }];
    });
    const header = textAt(item, 'header');
    const isMulti = booleanAt(item, 'multiSelect') === true;
    return [{ question, options, ...(header !== undefined && { header }), ...(isMulti && { multiSelect: true }) }];
  });
}

const MOST_QUESTIONS = 6;
const MOST_LABELS = 10;

/** The questions as the state remembers them: no words. */
export function questionHashes(input: unknown): readonly AskedQuestion[] {
  return questionsOf(input)
    .slice(0, MOST_QUESTIONS)
    .map(({ question, options, multiSelect = false }) => ({
      hash: textHash(question),
      labels: options.slice(0, MOST_LABELS).map(({ label }) => shortHash(label)),
      multiSelect,
    }));
}
