/**
 * "Implement the following plan:": the prompt that Claude Code writes itself when a person accepts a plan and lets it
 * begin with an empty context. The plan is the model's; a person may have added words of their own behind it.
 *
 *     Implement the following plan:\n\n<plan>\n\n<advice of the harness>\n\nUser feedback on this plan: <words>
 *
 * Source: 2.1.29 to 2.1.36, where `planContent` repeats the plan.
 */

const ADVICE = ['If you need specific details from before exiting plan mode', 'If this plan can be broken down into'];
const FEEDBACK = 'User feedback on this plan:';

interface AcceptedPlan {
  readonly plan: string;
  readonly words?: string;
}

/** The prompt taken apart. Without the plan's own text, or with another one, nothing in it counts as a person's. */
export function splitAcceptedPlan(text: string, planContent: unknown): AcceptedPlan {
  const from = typeof planContent === 'string' && planContent !== '' ? text.indexOf(planContent) : -1;
  if (from < 0 || typeof planContent !== 'string') return { plan: text };
  const end = from + planContent.length;
  const [head = '', ...paragraphs] = text.slice(end).split('\n\n');
  const own = paragraphs.filter((paragraph) => !ADVICE.some((advice) => paragraph.trimStart().startsWith(advice)));
  const words = [head, ...own]
    .join('\n\n')
    .trim()
    .replace(new RegExp(`^${FEEDBACK}\\s*`), '');
  if (words === '') return { plan: text };
  const advice = paragraphs.filter((paragraph) => !own.includes(paragraph));
  return { plan: [text.slice(0, end), ...advice].join('\n\n'), words };
}
