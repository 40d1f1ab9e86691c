/**
 * What a person decided and said through a tool's result: answers to questions, leave for a plan, a refusal, a comment.
 *
 * A refusal by a rule, by a hook, or where nobody was there to be asked has the same words; since 2.1.3xx
 * `permissionDecision.source` tells it from a person's. A tool that a person stopped while it ran has them too: nothing was
 * asked there. A no at the dialog has that source, or `toolDenialBeforeRun` (2.1.329); older versions do not tell. Each
 * refused call carries its own comment: parallel calls are asked about one after the other, and the same words may well be
 * typed twice.
 */
import { booleanAt, field, stringAt, textAt } from '../../core/json.ts';
import type { Draft } from '../provider.ts';
import { textHash } from '../shared/text.ts';
import { answersInText, answersSoFar, isAboutQuestions, type Response, structuredAnswers } from './answers.ts';
import { contentBlocks } from './blocks.ts';
import { decisionOn, PLAN_QUESTION, refusalOf } from './decisions.ts';
import { draftOf, type Envelope } from './envelope.ts';
import type { SpecialCall } from './state.ts';
import { tellsDenials } from './versions.ts';

/** What a result is about: the call, the sentence for the model, and the structured result. */
export interface ResultFacts {
  readonly toolCallId: string;
  readonly call: SpecialCall | undefined;
  readonly text: string;
  readonly isError: boolean;
  /** Of any type: an object, a list, or, for errors, text. */
  readonly structured: unknown;
}

const REFUSALS = [
  "The user doesn't want to proceed with this tool use.",
  'The agent proposed a plan that was rejected by the user.',
];
const FEEDBACK = 'the user said:\n';

export function verdictIn(envelope: Envelope, facts: ResultFacts): readonly Draft[] {
  const isRefused = isRefusedByPerson(envelope, facts);
  const comment = commentOf(envelope, facts);
  const responses = responsesIn(envelope, facts, isRefused, comment);
  const drafts = responses.map((response, place) =>
    draftOf(envelope, 'user.decision.response', `answer:${facts.toolCallId}:${place}`, response, { origin: 'typed' }),
  );
  if (responses.length === 0) drafts.push(...permissionIn(envelope, facts.toolCallId));
  if (comment !== undefined && !isAboutQuestions(comment) && !isSaidBeside(envelope, comment)) {
    const part = `comment:${textHash(comment)}`; // Results of one record repeat its comment.
    drafts.push(draftOf(envelope, 'user.message', part, { text: comment }, { origin: 'typed' }));
  }
  return drafts;
}

function responsesIn(
  envelope: Envelope,
  { toolCallId, call, text, isError, structured }: ResultFacts,
  isRefused: boolean,
  comment: string | undefined,
): readonly Response[] {
  const asked = call?.questions ?? [];
  if (call?.as === 'question' || (call === undefined && Array.isArray(field(structured, 'questions')))) {
    const answers = structuredAnswers(toolCallId, structured, asked);
    if (answers && answers.length > 0) return answers;
  }
  if (call?.as === 'question' && !isError) return answersInText(toolCallId, text, asked);
  if (call?.as === 'plan' && !isError && isPersonsLeave(envelope, structured)) {
    return [{ ...decisionOn(toolCallId, 'plan'), question: PLAN_QUESTION, selections: ['approved'] }];
  }
  if (!isRefused) return [];
  if (comment !== undefined && isAboutQuestions(comment)) {
    const answers = answersSoFar(toolCallId, comment, asked);
    if (answers.length > 0) return answers;
  }
  return [refusalOf(toolCallId, call?.as)];
}

function isRefusedByPerson({ value }: Envelope, { text, isError }: ResultFacts): boolean {
  if (!isError || !REFUSALS.some((words) => text.startsWith(words))) return false;
  const source = sourceOf(value);
  if (source !== undefined && !source.startsWith('user')) return false;
  const kind = stringAt(value, 'toolDenialKind');
  if (kind !== undefined && kind !== 'user-rejected') return false;
  const isAtDialog = source !== undefined || booleanAt(value, 'toolDenialBeforeRun') === true;
  return isAtDialog || !tellsDenials(textAt(value, 'version') ?? '');
}

/** A plan that a sub-agent shows is approved by its parent, and where a rule decides nobody is asked. */
function isPersonsLeave({ value }: Envelope, structured: unknown): boolean {
  const source = sourceOf(value);
  return booleanAt(structured, 'isAgent') !== true && (source === undefined || source.startsWith('user'));
}

function sourceOf(value: unknown): string | undefined {
  return textAt(field(value, 'permissionDecision'), 'source');
}

/** What else is known of a permission: that a person gave it, or that a rule refused it. */
function permissionIn({ value, ...envelope }: Envelope, toolCallId: string): Draft[] {
  const decision = field(value, 'permissionDecision');
  const verdict = textAt(decision, 'decision');
  const source = textAt(decision, 'source');
  const denial = textAt(value, 'toolDenialKind');
  if (verdict === undefined && denial === undefined) return [];
  if (verdict === 'accept' && !source?.startsWith('user')) return []; // The rule for nearly every call.
  const details = [source, textAt(decision, 'grantScope')].filter((one) => one !== undefined).join(', ');
  const text = verdict === undefined ? (denial ?? '') : details === '' ? verdict : `${verdict} (${details})`;
  const payload = { text: text.slice(0, 200), subtype: 'permission' };
  return [draftOf({ value, ...envelope }, 'provider.info', `permission:${toolCallId}`, payload)];
}

/** A person's comment on a refusal: marked since 2.1.3xx, before that what stands behind the refusal's own words. */
function commentOf({ value }: Envelope, { text, isError }: ResultFacts): string | undefined {
  const marked = textAt(value, 'userFeedback');
  if (marked !== undefined) return marked.trim() === '' ? undefined : marked;
  if (!isError || !text.startsWith(REFUSALS[0] ?? '')) return undefined;
  const from = text.indexOf(FEEDBACK);
  const words = from < 0 ? '' : text.slice(from + FEEDBACK.length);
  return words.trim() === '' ? undefined : words;
}

/** A comment on a call that was allowed stands beside the result as a text of its own. */
function isSaidBeside({ value }: Envelope, comment: string): boolean {
  const blocks = contentBlocks(field(field(value, 'message'), 'content')) ?? [];
  return blocks.some((block) => stringAt(block, 'text') === comment && stringAt(block, 'type') === 'text');
}
