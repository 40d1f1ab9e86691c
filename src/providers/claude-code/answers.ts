/**
 * What a person answered. The structured result says it (`toolUseResult.answers`); where only the sentence for the model
 * is there, as in a sub-agent's file, the questions' hashes tell where in it each question stands.
 *
 *     User has answered your questions: "Q"="A", "Q"="A, B". You can now continue …             2.0
 *     Your questions have been answered: "Q"="A" notes: …. You can now continue …               2.1
 *     The user answered: "Q"="own words", "Q"=(no option selected) notes: …. Read the …         2.1.329
 *     … the user said:\nThe user wants to clarify these questions. …\n- "Q"\n  Answer: A        2.1
 *
 * Forms seen in 2.0.29, 2.1.36 and, in November 2026, 2.1.329.
 */
import type { Payload } from '../../core/event.ts';
import { field, isRecord, textAt } from '../../core/json.ts';
import { textHash } from '../shared/text.ts';
import { decisionNames, questionsOf } from './decisions.ts';
import { splitAnswer } from './split-answer.ts';
import { type AskedQuestion, shortHash } from './state.ts';

export type Response = Payload<'user.decision.response'>;

/** The structured answers, in the order of the questions; absent when the result has none. */
export function structuredAnswers(
  callId: string,
  result: unknown,
  known: readonly AskedQuestion[],
): readonly Response[] | undefined {
  const answers = field(result, 'answers');
  if (!isRecord(answers)) return undefined;
  const nameIt = decisionNames(callId);
  const questions = questionsOf(result);
  const asked = questions.map(({ question, options, multiSelect = false }) => {
    const named = nameIt(question);
    const labels = options.map(({ label }) => label);
    const notes = textAt(field(result, 'annotations'), question, 'notes');
    if (!Object.hasOwn(answers, question) && notes === undefined) return undefined;
    const given = { answer: answerText(answers[question]), notes };
    return responseOf({ ...named, question }, given, (label) => labels.includes(label), multiSelect);
  });
  const others = Object.keys(answers).filter((key) => !questions.some(({ question }) => question === key));
  const extra = others.map((question) => {
    const one = askedAs(question, known);
    const given = { answer: answerText(answers[question]) };
    return responseOf({ ...nameIt(question), question }, given, labelTest(one), one?.multiSelect ?? false);
  });
  return [...asked.filter((one) => one !== undefined), ...extra];
}

function answerText(answer: unknown): string {
  if (typeof answer === 'string') return answer;
  if (Array.isArray(answer)) return answer.filter((one) => typeof one === 'string').join(', ');
  return typeof answer === 'number' || typeof answer === 'boolean' ? String(answer) : '';
}

interface Given {
  readonly answer: string;
  readonly notes?: string | undefined;
}

function askedAs(question: string, known: readonly AskedQuestion[]): AskedQuestion | undefined {
  const hash = textHash(question);
  return known.find((other) => other.hash === hash);
}

/** Where the options are not known, an answer counts as one of them. */
function labelTest(one: AskedQuestion | undefined): (text: string) => boolean {
  return (text) => one === undefined || one.labels.includes(shortHash(text));
}

/** What stands for an answer when a person wrote a note and chose nothing. */
const NOTES_ONLY = new Set(['(notes only)', '(no option selected)']);

function responseOf(
  named: Pick<Response, 'decisionId' | 'key' | 'question'>,
  { answer, notes }: Given,
  isLabel: (text: string) => boolean,
  isMulti: boolean,
): Response {
  const isNoteOnly = NOTES_ONLY.has(answer) && notes !== undefined && !isLabel(answer);
  const { selections, freeText } = splitAnswer(isNoteOnly ? '' : answer, isLabel, isMulti);
  const words = [freeText, notes].filter((one) => one !== undefined).join('\n');
  return { ...named, selections, ...(words !== '' && { freeText: words }) };
}

/** The answers in the sentence for the model. */
export function answersInText(callId: string, text: string, asked: readonly AskedQuestion[]): readonly Response[] {
  const found = asked.length > 0 ? findQuestions(text, asked) : quotedPairs(text);
  const nameIt = decisionNames(callId);
  return found.map(({ question, tail, one }) =>
    responseOf({ ...nameIt(question), question }, readTail(tail), labelTest(one), one?.multiSelect ?? false),
  );
}

interface FoundAnswer {
  readonly question: string;
  /** Everything from behind the `=` up to the next question. */
  readonly tail: string;
  readonly one: AskedQuestion | undefined;
}

/** A sentence is looked through up to here: answers are typed by hand. */
const LONGEST_SENTENCE = 64 * 1024;
const MOST_QUOTES = 256;
const LONGEST_QUESTION = 4096;

/** Finds `"question"=` by the questions' hashes: questions and answers may hold quotes themselves. */
function findQuestions(whole: string, asked: readonly AskedQuestion[]): FoundAnswer[] {
  const text = whole.slice(0, LONGEST_SENTENCE);
  const spans: { from: number; to: number; one: AskedQuestion; question: string }[] = [];
  let from = 0;
  const starts = [...text.matchAll(/"/g)].map(({ index }) => index).slice(0, MOST_QUOTES);
  for (const to of starts.filter((at) => text[at + 1] === '=')) {
    for (const start of starts.filter((at) => at >= from && at < to && to - at <= LONGEST_QUESTION)) {
      const question = text.slice(start + 1, to);
      const one = askedAs(question, asked);
      if (!one) continue;
      spans.push({ from: start, to, one, question });
      from = to + 2;
      break;
    }
  }
  return spans.map(({ to, one, question }, index) => {
    const next = spans[index + 1];
    const tail = next ? text.slice(to + 2, next.from).replace(/, ?$/, '') : withoutAdvice(text.slice(to + 2));
    return { question, tail, one };
  });
}

/** What the model is told to do with the answers. */
function withoutAdvice(tail: string): string {
  const end = /\. (?:You can now continue|Read the answers)/.exec(tail);
  return end ? tail.slice(0, end.index) : tail.replace(/\.$/, '');
}

/** Without the call: only simple pairs can be told. */
function quotedPairs(text: string): FoundAnswer[] {
  const pairs = text.slice(0, LONGEST_SENTENCE).matchAll(/"([^"\n]+)"=("[^"\n]*")/g);
  return [...pairs].map(([, question = '', tail = '']) => ({ question, tail, one: undefined }));
}

function readTail(tail: string): Given {
  const [, quoted, bare, notes] =
    /^(?:"([\s\S]*?)"|(\(no option selected\)))(?: selected preview:\n[\s\S]*?)?(?: (?:user )?notes: ([\s\S]*))?$/.exec(
      tail,
    ) ?? [];
  return { answer: quoted ?? bare ?? '', notes };
}

const CLARIFIES = /^The user (?:wants to clarify these questions|has indicated they have provided enough answers)/;

/** Whether words behind a refusal are the harness's: the person would rather talk about the questions. */
export function isAboutQuestions(words: string): boolean {
  return CLARIFIES.test(words);
}

const LISTED = /^- "([\s\S]+)"\n {2}(?:Answer: ([\s\S]*)|\(No answer provided\))$/;

/** The questions that are listed when a person would rather talk about them, with the answers given so far. */
export function answersSoFar(callId: string, words: string, asked: readonly AskedQuestion[]): readonly Response[] {
  const nameIt = decisionNames(callId);
  const [, ...items] = words.slice(0, LONGEST_SENTENCE).split(/\n(?=- ")/);
  return items.flatMap((item) => {
    const [, question, answer = ''] = LISTED.exec(item.trimEnd()) ?? [];
    if (question === undefined) return [];
    const one = askedAs(question, asked);
    return [responseOf({ ...nameIt(question), question }, { answer }, labelTest(one), one?.multiSelect ?? false)];
  });
}
