/** `message.appended`: one message of the conversation. */
import { booleanAt, field, isRecord, textAt } from '../../core/json.ts';
import type { Draft } from '../provider.ts';
import { lastOf } from '../shared/text.ts';
import { decodeAssistant, specialCalls } from './assistant.ts';
import { type Block, blocksOf } from './content.ts';
import { type Decided, type Envelope, nameOf, rawOf, type Told } from './envelope.ts';
import { madeIdentity } from './identity.ts';
import { type GencodeState, remembered } from './state.ts';
import { decodeUser } from './user.ts';

/** Calls that are waited for at one time; a model makes a few at once. */
const CALLS = 32;

export function decodeMessage(before: GencodeState, opened: Envelope): Decided {
  const message = field(opened.value, 'message');
  const blocks = blocksOf(field(message, 'content'));
  if (!isRecord(message) || !blocks) {
    const state = { ...before, others: before.others + 1 };
    return { ...rawOf(opened, opened.type, 'raw', 'unexpected-shape'), state };
  }
  const role = nameOf(textAt(message, 'role'));
  const latest = before.isAppended
    ? (textAt(message, 'messageId') ?? opened.record)
    : madeIdentity(before, role, blocks);
  const record = before.isAppended || latest === undefined ? latest : `${latest}@${opened.session}`;
  const envelope = { ...opened, record };
  const told = tell(before, envelope, role, blocks);
  const isPrompt = told.drafts.some(({ kind }) => kind === 'user.message');
  const turn = isPrompt ? remembered(record) : before.turn;
  const drafts = isPrompt ? told.drafts.map((draft) => ({ ...draft, turnId: record })) : told.drafts;
  const calls = lastOf([...before.calls, ...(role === 'assistant' ? specialCalls(blocks) : [])], CALLS);
  const state: GencodeState = {
    ...before,
    messages: before.messages + 1,
    summary: before.messages === 0 && told.drafts.some(isSummary) ? remembered(latest) : before.summary,
    latest: remembered(latest),
    turn,
    calls,
  };
  return { drafts, diagnostics: told.diagnostics, state };
}

function isSummary({ kind, payload }: Draft): boolean {
  return kind === 'system.message' && payload.subtype === 'compact-summary';
}

function tell(state: GencodeState, envelope: Envelope, role: string, blocks: readonly Block[]): Told {
  const isSubagent = state.isSubagent || booleanAt(envelope.value, 'isSidechain') === true;
  if (role === 'assistant') return decodeAssistant(envelope, blocks);
  if (role === 'user') return decodeUser(envelope, blocks, { isSubagent, calls: state.calls });
  return rawOf(envelope, `message.appended:${role}`, 'raw', 'unknown-record');
}
