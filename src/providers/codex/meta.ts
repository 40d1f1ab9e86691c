/** What the file says of its session: `session_meta`, and `turn_context` where model or folder change. */
import type { ParentLink, Payload } from '../../core/event.ts';
import { at, field, isRecord, numberAt, stringAt, textAt } from '../../core/json.ts';
import type { Draft, Retraction } from '../provider.ts';
import { toInstant } from '../shared/instant.ts';
import { textHash } from '../shared/text.ts';
import { draftOf, type Line, raw, rawDraft, type Told, told } from './line.ts';
import type { CodexState } from './state.ts';

/** The first `session_meta` is the file's own; later ones refresh it, or are copied from an ancestor. */
export function decodeMeta(state: CodexState, line: Line, fallback: string, isRewind: boolean): Told {
  const id = textAt(line.payload, 'id');
  if (state.session === null) return openSession(state, { ...line, session: id ?? fallback }, isRewind);
  if (id === undefined || id === state.session) return refresh(state, line);
  return foreignMeta(state, line, id);
}

function openSession(before: CodexState, line: Line, isRewind: boolean): Told {
  const { payload, session } = line;
  const isSubagent =
    stringAt(payload, 'thread_source') === 'subagent' || at(payload, 'source', 'subagent') !== undefined;
  const link = parentLink(payload, session, isSubagent);
  const base = at(payload, 'history_base');
  const began = toInstant(field(payload, 'timestamp'));
  const state: CodexState = {
    ...before,
    session,
    parent: textAt(payload, 'forked_from_id') ?? link?.nativeId ?? null,
    beganMs: began === undefined ? null : Date.parse(began),
    isSubagent,
    isAutomated: isAutomated(payload),
    replay: textAt(payload, 'forked_from_id') !== undefined && !isRecord(base) ? 'ask' : null,
    ownFrom: numberAt(payload, 'subagent_history_start_ordinal') ?? null,
  };
  const news = sessionNews(state, line, link);
  // The system prompt and the tools stay raw. Its id makes this the record by which copies of a whole file are found.
  const rest = rawDraft({ ...line, record: `meta:${session}` });
  const rewind = rewindOf(line, base, isRewind);
  return { ...told(news.state, ...news.drafts, rest, ...rewind.drafts), retractions: rewind.retractions };
}

function isAutomated(payload: unknown): boolean {
  const source = field(payload, 'source');
  if (source === 'exec' || source === 'mcp' || at(source, 'internal') !== undefined) return true;
  return source === undefined && /^codex_(?:exec|sdk)/.test(stringAt(payload, 'originator') ?? '');
}

/** The thread that this one comes from: the caller of a sub-agent, or what it was forked from. */
function parentLink(payload: unknown, session: string, isSubagent: boolean): ParentLink | undefined {
  const forkedFrom = textAt(payload, 'forked_from_id');
  const caller =
    textAt(payload, 'parent_thread_id') ?? textAt(payload, 'source', 'subagent', 'thread_spawn', 'parent_thread_id');
  if (isSubagent) {
    const nativeId = caller ?? forkedFrom;
    return nativeId === undefined ? undefined : { nativeId, relation: 'subagent' };
  }
  const base = textAt(payload, 'history_base', 'thread_id');
  const nativeId = forkedFrom ?? (base === session ? undefined : base);
  if (nativeId === undefined) return undefined;
  // After a rewind of the fork, the base is the fork itself.
  const end = base === nativeId ? numberAt(payload, 'history_base', 'end_ordinal_exclusive') : undefined;
  const ordinal = numberAt(payload, 'forked_from_ordinal_exclusive') ?? end;
  return { nativeId, relation: 'fork', ...(Number.isSafeInteger(ordinal) && { ordinal }) };
}

/** A rewind goes on in a file of its own: what the earlier ones hold behind the base is taken back. */
function rewindOf(line: Line, base: unknown, isRewind: boolean): { drafts: Draft[]; retractions: Retraction[] } {
  const fromOrdinal = numberAt(base, 'end_ordinal_exclusive');
  const isOwnBase = textAt(base, 'thread_id') === line.session;
  if (fromOrdinal === undefined || !Number.isSafeInteger(fromOrdinal) || !(isOwnBase || isRewind))
    return { drafts: [], retractions: [] };
  const payload = { text: 'The conversation was rewound.', subtype: 'rewind' };
  return {
    drafts: [draftOf(line, 'provider.info', 'rewind', payload)],
    retractions: [{ session: line.session, fromOrdinal }],
  };
}

/** What the session's own metadata say, if that is news. */
function sessionNews(state: CodexState, line: Line, link: ParentLink | undefined): Told {
  const { payload } = line;
  const info: Payload<'session.info'> = {
    cwd: textAt(payload, 'cwd'),
    gitBranch: textAt(payload, 'git', 'branch'),
    agentVersion: textAt(payload, 'cli_version'),
    entrypoint: textAt(payload, 'originator') ?? textAt(payload, 'source'),
  };
  const hash = textHash(JSON.stringify(info));
  const isEmpty = Object.values(info).every((value) => value === undefined);
  if (link === undefined && (hash === state.info || isEmpty)) return told(state);
  const cwd = info.cwd === undefined ? state.cwd : textHash(info.cwd);
  const news = link === undefined ? info : { ...info, parent: link };
  return told({ ...state, info: hash, cwd }, draftOf(line, 'session.info', 'info', news));
}

function refresh(state: CodexState, line: Line): Told {
  const news = line.isReplayed ? told(state) : sessionNews(state, line, undefined);
  return told(news.state, ...news.drafts, rawDraft(line));
}

/** The metadata of another thread: what follows is copied from there, as long as no own turn has begun. */
function foreignMeta(before: CodexState, line: Line, id: string): Told {
  const hasBegun = before.prompts.length > 0 || before.turn !== null;
  if (before.ownFrom !== null || (hasBegun && before.replay === null)) return raw(before, line);
  const state = { ...before, replay: 'meta' as const, parent: before.parent ?? id };
  const copied = { ...line, isReplayed: true, parent: state.parent };
  if (before.parent !== null) return told(state, rawDraft(copied));
  const parent = { nativeId: id, relation: before.isSubagent ? 'subagent' : 'fork' } as const;
  return told(state, draftOf(line, 'session.info', 'parent', { parent }), rawDraft(copied));
}

/** `turn_context`: settings of the turn. Model and folder are told where they change; all else stays raw. */
export function decodeTurnContext(before: CodexState, line: Line): Told {
  const model = textAt(line.payload, 'model');
  const cwd = textAt(line.payload, 'cwd');
  const state: CodexState = {
    ...before,
    model: model ?? before.model,
    cwd: cwd === undefined || line.isReplayed ? before.cwd : textHash(cwd),
  };
  const info = {
    ...(model !== undefined && model !== before.model && { model }),
    ...(cwd !== undefined && state.cwd !== before.cwd && { cwd }),
  };
  if (line.isReplayed || Object.keys(info).length === 0) return raw(state, line);
  return told(state, draftOf(line, 'session.info', 'info', info));
}

/**
 * `thread_name_updated`: a name that a person or the application gave, or took away. 0.169 writes names to
 * the index alone, so a name there is the later one and counts for more.
 */
export function decodeThreadName(state: CodexState, line: Line): Told {
  const title = textAt(line.payload, 'thread_name')?.trim();
  const thread = textAt(line.payload, 'thread_id') ?? line.session;
  if (!title || line.isReplayed || thread !== line.session) return raw(state, line);
  return told(state, draftOf(line, 'session.info', 'title', { title, titleFrom: 'agent' }));
}

/** The folder in the first environment context, for files whose metadata have none. */
export function decodeFolder(state: CodexState, line: Line, text: string): Told {
  if (state.cwd !== null || line.isReplayed) return told(state);
  const [, tagged, listed] = /<cwd>([^<\n]+)<\/cwd>|^[ \t]*(?:- )?Current working directory: (.+)$/m.exec(text) ?? [];
  const cwd = (tagged ?? listed)?.trim();
  if (!cwd) return told(state);
  return told({ ...state, cwd: textHash(cwd) }, draftOf(line, 'session.info', 'folder', { cwd }));
}
