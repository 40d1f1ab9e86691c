/** What a tool's output says when a person kept it from running, or from running to its end. */
import type { Draft } from '../provider.ts';
import { draftOf, type Line } from './line.ts';
import type { CodexState } from './state.ts';

/** The harness's whole text when a person said no. What settings forbid has other words. */
const REFUSED = /^(?:(?:exec command|patch) rejected by user|user rejected MCP tool call)$/;

/** The same when a turn was broken off; since 2026 that is all that a refusal leaves. */
const STOPPED = /^(?:Wall time: [\d.]+ seconds\n)?(?:command )?aborted by user(?: after [\d.]+s)?$/;

/** Whether this output stands for one that never came. */
export function isCutShort(text: string): boolean {
  return REFUSED.test(text) || STOPPED.test(text);
}

/** The person's answer in such an output; nothing where no person can have been asked. */
export function refusalDrafts({ isAutomated }: CodexState, line: Line, callId: string, text: string): Draft[] {
  if (isAutomated || !REFUSED.test(text)) return [];
  const decisionId = `${callId}:permission`;
  const payload = { decisionId, key: 'permission', question: 'Allow this tool use?', selections: ['rejected'] };
  return [draftOf(line, 'user.decision.response', 'answer:permission', payload, { origin: 'typed' })];
}
