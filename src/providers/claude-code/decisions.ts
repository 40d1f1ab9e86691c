/** How a question, or a plan, and its answer find each other: by the call, and the question's words. */
import { slug } from '../shared/text.ts';

export const PLAN_QUESTION = 'Carry out the plan?';

export function planQuestion(callId: string) {
  return { decisionId: `${callId}:plan`, key: 'plan' };
}

export function decisionOf(callId: string, question: string) {
  const key = slug(question) || 'question';
  return { decisionId: `${callId}:${key}`, key };
}
