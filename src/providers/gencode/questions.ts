/** `AskUserQuestion`: what the agent asks a person, and what they answer in the call's result. */
import type { Payload } from '../../core/event.ts';
import { field, listAt, textAt } from '../../core/json.ts';
import type { Draft } from '../provider.ts';
import { slug, textHash } from '../shared/text.ts';
import { draftOf, type Envelope } from './envelope.ts';
import type { AskedQuestion } from './state.ts';

interface Question {
  readonly text: string;
  readonly options: Payload<'assistant.decision.prompt'>['options'];
}

/** The agent's own words where the model asks nothing but offers something. */
const UNASKED = 'Please choose:';

/** One question beside its options, or a list of them. */
function questionsIn(input: unknown): readonly Question[] {
  const list = field(input, 'questions');
  if (!Array.isArray(list)) return [questionIn(input)];
  return list.map(questionIn);
}

/** Options are labels; a model may write more about them. */
function questionIn(item: unknown): Question {
  const options = listAt(item, 'options').flatMap((option) => {
    const label = typeof option === 'string' ? option : textAt(option, 'label');
    const description = textAt(option, 'description');
    return label === undefined ? [] : [{ label, ...(description !== undefined && { description }) }];
  });
  return { text: textAt(item, 'question') ?? UNASKED, options };
}

/** What must be remembered of the questions until their answers come. */
export function askedIn(input: unknown): readonly AskedQuestion[] {
  return questionsIn(input)
    .slice(0, MOST_QUESTIONS)
    .map(({ text, options }) => ({
      hash: textHash(text),
      labels: options.slice(0, MOST_QUESTIONS).map(({ label }) => textHash(label)),
    }));
}

/** The agent refuses more questions, and more options to one. */
const MOST_QUESTIONS = 8;

/** Two questions may have the same words: they are known by their number. */
function decisionOf(callId: string, index: number, text: string) {
  return { decisionId: `${callId}:${index}`, key: slug(text) || `question-${index}` };
}

export function promptsOf(envelope: Envelope, callId: string, input: unknown): readonly Draft[] {
  return questionsIn(input).map(({ text, options }, index) => {
    const payload = { ...decisionOf(callId, index, text), prompt: text, options };
    return draftOf(envelope, 'assistant.decision.prompt', `decision:${callId}:${index}`, payload);
  });
}

const RESPONSES = 'User responses:\n';
const ARROW = ' → ';
const NO_SELECTION = '(no selection)';

/** A line a question: its words, an arrow, the labels chosen or the person's own words. Nothing when it was dismissed. */
export function answersIn(
  envelope: Envelope,
  call: { readonly id: string; readonly questions: readonly AskedQuestion[] },
  result: string,
): readonly Draft[] {
  if (!result.startsWith(RESPONSES)) return [];
  const text = result.slice(RESPONSES.length);
  const places = placesOf(text, call.questions);
  return places.map(({ index, start, arrow }, at) => {
    const end = (places[at + 1]?.start ?? text.length + 1) - 1;
    const question = text.slice(start, arrow);
    const answer = text.slice(arrow + ARROW.length, end);
    const chosen = splitAnswer(answer === NO_SELECTION ? '' : answer, call.questions[index]?.labels ?? []);
    const payload = { ...decisionOf(call.id, index, question), question, ...chosen };
    const part = `answer:${call.id}:${index}`;
    return draftOf(envelope, 'user.decision.response', part, payload, { origin: 'typed' });
  });
}

interface Place {
  readonly index: number;
  readonly start: number;
  readonly arrow: number;
}

/** Where each question stands. Questions and answers may have lines and arrows of their own; hashes tell. */
function placesOf(text: string, questions: readonly AskedQuestion[]): readonly Place[] {
  const places: Place[] = [];
  let from = 0;
  for (const [index, { hash }] of questions.entries()) {
    const place = findQuestion(text, from, hash);
    if (!place) break;
    places.push({ index, ...place });
    from = place.arrow;
  }
  return places;
}

/** So many lines and arrows are looked at; a result with more is no list of short answers. */
const MOST_PLACES = 64;

function findQuestion(text: string, from: number, hash: string): Omit<Place, 'index'> | undefined {
  const behind = text.slice(from);
  const starts = from === 0 ? [0] : [];
  starts.push(...[...behind.matchAll(/\n/g)].slice(0, MOST_PLACES).map(({ index }) => from + index + 1));
  const arrows = [...behind.matchAll(/ → /g)].slice(0, MOST_PLACES).map(({ index }) => from + index);
  for (const start of starts) {
    const arrow = arrows.find((one) => one >= start && textHash(text.slice(start, one)) === hash);
    if (arrow !== undefined) return { start, arrow };
  }
  return undefined;
}

/** Labels that were offered, joined by commas, then words that were not. The longest label that fits is taken first. */
function splitAnswer(answer: string, labels: readonly string[]): { selections: string[]; freeText?: string } {
  const selections: string[] = [];
  let rest = answer;
  while (rest !== '') {
    const ends = [...rest.matchAll(/, /g)].slice(0, MOST_PLACES).map(({ index }) => index);
    const end = [rest.length, ...ends.reverse()].find((one) => labels.includes(textHash(rest.slice(0, one))));
    if (end === undefined) return { selections, freeText: rest };
    selections.push(rest.slice(0, end));
    rest = rest.slice(end).replace(/^, /, '');
  }
  return { selections };
}
