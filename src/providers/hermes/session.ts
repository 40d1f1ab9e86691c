/** What is said about a session as a whole: its own row, and the row of the session that it comes from. */
import type { ParentLink, Payload } from '../../core/event.ts';
import { field, numberAt, parseJson, stringAt, textAt } from '../../core/json.ts';
import type { Decoded, Draft } from '../provider.ts';
import { recordName, secondsToInstant } from './record.ts';
import type { HermesState } from './state.ts';

const TOKENS = {
  input_tokens: 'input',
  output_tokens: 'output',
  cache_read_tokens: 'cacheRead',
  cache_write_tokens: 'cacheWrite',
  reasoning_tokens: 'reasoning',
} as const;

/** The columns that are new or different; those that have nothing any more are null. */
export function decodeHead(before: HermesState, value: unknown, session: string): Decoded<HermesState> {
  const row = field(value, 'row');
  const isOther = stringAt(value, 'via') !== undefined;
  const remembered = isOther ? withParent(before, value) : withOwn(before, row);
  const parent = parentInfo(remembered, session);
  const own = isOther ? [] : ownDrafts(remembered, row, session);
  return { drafts: [...own, ...(parent?.drafts ?? [])], diagnostics: [], state: parent?.state ?? remembered };
}

function withParent(state: HermesState, value: unknown): HermesState {
  const row = field(value, 'row');
  return {
    ...state,
    parent: textAt(row, 'id') ?? state.parent,
    parentEnd: textAt(row, 'end_reason') ?? state.parentEnd,
    parentLast: numberAt(value, 'last') ?? state.parentLast,
  };
}

function withOwn(state: HermesState, row: unknown): HermesState {
  const tokens = Object.keys(TOKENS).flatMap((column) => {
    const count = numberAt(row, column);
    return count === undefined ? [] : [[column, Math.max(0, Math.trunc(count))] as const];
  });
  return {
    ...state,
    isOpen: true,
    isBranch: state.isBranch || isBranch(row),
    source: textAt(row, 'source') ?? state.source,
    model: textAt(row, 'model') ?? state.model,
    parent: textAt(row, 'parent_session_id') ?? state.parent,
    usage: { ...state.usage, ...Object.fromEntries(tokens) },
  };
}

/** Each fact is an event of its own: that one changes says nothing about the others. */
function ownDrafts(state: HermesState, row: unknown, session: string): Draft[] {
  const at = secondsToInstant(field(row, 'started_at'));
  const info = (part: string, payload: Payload<'session.info'>): Draft[] =>
    Object.keys(payload).length === 0 ? [] : [infoDraft(session, part, payload, at)];
  const [title, cwd, model, entrypoint] = [
    textAt(row, 'title'),
    textAt(row, 'cwd'),
    textAt(row, 'model'),
    textAt(row, 'source'),
  ];
  return [
    ...info('about', { ...(model !== undefined && { model }), ...(entrypoint !== undefined && { entrypoint }) }),
    ...info('cwd', cwd === undefined ? {} : { cwd }),
    ...info('title', title === undefined ? {} : { title, titleFrom: 'agent' }),
    ...usageDrafts(state, row, session),
    ...endDrafts(row, session),
  ];
}

function infoDraft(session: string, part: string, payload: Payload<'session.info'>, at?: string): Draft {
  return {
    session,
    record: `head@${session}`,
    part,
    type: 'sessions',
    at,
    origin: 'agent',
    kind: 'session.info',
    payload,
  };
}

/** The database counts tokens of the whole session: one event, revised. An estimate of the price is none. */
function usageDrafts({ usage }: HermesState, row: unknown, session: string): Draft[] {
  const isNews = Object.keys(TOKENS).some((column) => numberAt(row, column) !== undefined);
  if (!isNews || Object.values(usage).every((count) => count === 0)) return [];
  const counts = Object.entries(TOKENS).flatMap(([column, name]) =>
    usage[column] === undefined ? [] : [[name, usage[column]]],
  );
  const cost = numberAt(row, 'actual_cost_usd');
  const payload = { ...Object.fromEntries(counts), ...(cost !== undefined && { costUsd: cost }) };
  const base = { session, record: `head@${session}`, part: 'usage', type: 'sessions', origin: 'agent' } as const;
  return [{ ...base, kind: 'usage', payload }];
}

function endDrafts(row: unknown, session: string): Draft[] {
  const reason = textAt(row, 'end_reason');
  if (reason === undefined) return [];
  const base = { session, record: `head@${session}`, part: 'end', type: 'sessions', origin: 'agent' } as const;
  const payload = { text: `The session ended: ${reason}.`, subtype: 'session-end' };
  return [{ ...base, at: secondsToInstant(field(row, 'ended_at')), kind: 'provider.info', payload }];
}

/**
 * Where the session comes from, when that is known and was not told. `isSummary`: it begins with a summary of what went
 * before. A parent that ended for another reason (`session_reset`) is only its predecessor in the same chat.
 */
export function parentInfo(
  state: HermesState,
  session: string,
  isSummary = false,
): { readonly drafts: readonly Draft[]; readonly state: HermesState } | undefined {
  const { parent, isOpen, parentLast } = state;
  const relation = relationOf(state, isSummary);
  if (parent === null || !isOpen || relation === undefined) return undefined;
  const isPlaced = relation === 'continuation' && parentLast !== null;
  const link = { nativeId: parent, relation, ...(isPlaced && { record: recordName(parentLast, parent) }) };
  const told = `${relation} ${isPlaced ? parentLast : ''}`;
  if (told === state.told) return undefined;
  return { drafts: [infoDraft(session, 'parent', { parent: link })], state: { ...state, told } };
}

function relationOf(
  { source, isBranch: isOne, parentEnd, told }: HermesState,
  isSummary: boolean,
): ParentLink['relation'] | undefined {
  if (source === 'subagent') return 'subagent';
  if (isOne) return 'fork';
  if (parentEnd === 'compression' || (isSummary && told === null)) return 'continuation';
  return parentEnd === 'branched' ? 'fork' : undefined;
}

/** Whether the session's own row says so: how its parent ended may have been overwritten since. */
export function isBranch(row: unknown): boolean {
  return textAt(parseJson(stringAt(row, 'model_config') ?? ''), '_branched_from') !== undefined;
}

/** The first line of a session file. Its tools are kept raw. */
export function decodeMeta(before: HermesState, value: unknown, session: string): Decoded<HermesState> {
  const [model, platform] = [textAt(value, 'model'), textAt(value, 'platform')];
  const state = { ...before, isOpen: true, model: model ?? before.model, source: platform ?? before.source };
  const payload = { ...(model !== undefined && { model }), ...(platform !== undefined && { entrypoint: platform }) };
  const base = { session, record: `head@${session}`, part: 'about', type: 'session_meta', origin: 'agent' } as const;
  const drafts: Draft[] = Object.keys(payload).length === 0 ? [] : [{ ...base, kind: 'session.info', payload }];
  return { drafts, diagnostics: [], state };
}
