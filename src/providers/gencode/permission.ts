/** `permission.required` and `.decided`: leave to use a tool, asked of a person or settled by rules, hooks, a reviewer. */
import type { Payload } from '../../core/event.ts';
import { listAt, textAt } from '../../core/json.ts';
import { draftOf, type Envelope, infoOf, nameOf, type Told } from './envelope.ts';

const QUESTION = 'Allow this tool use?';
const KEY = 'permission';

function decisionId({ record }: Envelope, permission: unknown): string {
  return `permission:${textAt(permission, 'requestId') ?? record ?? ''}`;
}

/** Asked for whatever no rule decides. */
export function decodeRequired(envelope: Envelope, permission: Record<string, unknown>): Told {
  const labels = listAt(permission, 'optionsOffered').filter((label) => typeof label === 'string');
  const tool = textAt(permission, 'tool');
  const payload: Payload<'assistant.decision.prompt'> = {
    decisionId: decisionId(envelope, permission),
    key: KEY,
    prompt: QUESTION,
    options: labels.map((label) => ({ label })),
    ...(tool !== undefined && { header: tool }),
  };
  return { drafts: [draftOf(envelope, 'assistant.decision.prompt', 'decision', payload)], diagnostics: [] };
}

/** Only a person's decision is an answer. */
export function decodeDecided(envelope: Envelope, permission: Record<string, unknown>): Told {
  const decision = textAt(permission, 'decision');
  if (textAt(permission, 'source') !== 'user' || decision === undefined) return settled(envelope, permission);
  const payload: Payload<'user.decision.response'> = {
    decisionId: decisionId(envelope, permission),
    key: KEY,
    question: QUESTION,
    selections: [VERDICTS.get(decision) ?? decision],
  };
  return {
    drafts: [draftOf(envelope, 'user.decision.response', 'answer', payload, { origin: 'typed' })],
    diagnostics: [],
  };
}

const VERDICTS: ReadonlyMap<string, string> = new Map([
  ['permit', 'approved'],
  ['reject', 'rejected'],
]);

function settled(envelope: Envelope, permission: unknown): Told {
  const reason = textAt(permission, 'reason');
  const said = `${nameOf(textAt(permission, 'tool'))}: ${nameOf(textAt(permission, 'decision'))}`;
  return infoOf(envelope, 'settled', { text: reason === undefined ? said : `${said}\n${reason}`, subtype: KEY });
}
