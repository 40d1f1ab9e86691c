/**
 * Which lines of a file are copies of an ancestor's.
 *
 * Forks and sub-agents of versions before 0.146 begin with the parent's lines, under new times; so do second-generation
 * sub-agents of later ones, whose `session_meta` says up to which ordinal (`subagent_history_start_ordinal`). Elsewhere
 * the turns tell. Ids of threads and turns are UUIDs of version 7, which begin with the time they were made at: a turn
 * that is older than the thread was the parent's. Where ids do not say it, the start of the turn may. What nothing
 * tells stays as it is, and a diagnostic says so once.
 *
 *     meta   a `session_meta` of another thread: copies follow, up to the first turn
 *     turn   a turn that is older than the thread: its lines are copies, up to the next turn
 *     ask    there may be copies: the file names a thread that it was forked from, or a turn did not tell
 *     null   the first own turn has begun, or there was never anything to copy
 */
import type { Diagnostic } from '../../core/diagnostic.ts';
import { isRecord, numberAt, stringAt } from '../../core/json.ts';
import type { Line } from './line.ts';
import type { CodexState } from './state.ts';

interface Judged {
  readonly state: CodexState;
  readonly line: Line;
  readonly diagnostics: readonly Diagnostic[];
}

export function judgeReplay(before: CodexState, line: Line): Judged {
  const { ownFrom, replay } = before;
  if (ownFrom !== null && line.ordinal !== undefined) return judged(before, line, line.ordinal < ownFrom);
  if (replay === null) return judged(before, line, false);
  switch (turnAge(before, line)) {
    case 'older':
      return judged({ ...before, replay: 'turn' }, line, true);
    case 'own':
      return judged({ ...before, replay: null }, line, false);
    case 'unclear': {
      const diagnostics: Diagnostic[] = before.isDoubtful ? [] : [{ code: 'possibly-replayed' }];
      return { state: { ...before, replay: 'ask', isDoubtful: true }, line, diagnostics };
    }
    case 'unmarked':
      return judged(before, line, replay !== 'ask');
  }
}

function judged(state: CodexState, line: Line, isReplayed: boolean): Judged {
  if (!isReplayed) return { state, line, diagnostics: [] };
  // What the child was told when it was made stands among the copies, but belongs to no turn of the parent's.
  const isCopied = line.namedTurn !== undefined || isRecord(line.value.metadata);
  const parent = isCopied ? (state.parent ?? undefined) : undefined;
  return { state, line: { ...line, isReplayed, parent }, diagnostics: [] };
}

type Age = 'older' | 'own' | 'unclear' | 'unmarked';

function turnAge(state: CodexState, line: Line): Age {
  const { session, beganMs, replay } = state;
  const [turnMs, threadMs] = [uuidMs(line.namedTurn), uuidMs(session ?? undefined)];
  if (turnMs !== undefined && threadMs !== undefined) return turnMs < threadMs ? 'older' : 'own';
  if (replay === 'turn' && line.namedTurn !== undefined && line.namedTurn === state.turn) return 'older';
  const startedAt = numberAt(line.payload, 'started_at');
  if (startedAt !== undefined && beganMs !== null) {
    // Whole seconds: within the second in which the thread began, they say nothing.
    const [turn, thread] = [Math.floor(startedAt), Math.floor(beganMs / 1000)];
    if (turn !== thread) return turn < thread ? 'older' : 'own';
  }
  if (line.namedTurn !== undefined) return 'unclear';
  if (replay === 'turn') return isPrompt(line) && !state.hasTasks ? 'unclear' : 'unmarked';
  return TURN_LINES.has(line.subtype) || TURN_LINES.has(line.type) ? 'unclear' : 'unmarked';
}

/** Lines that begin a turn, or can only stand in one. */
const TURN_LINES: ReadonlySet<string> = new Set([
  'turn_context',
  'task_started',
  'turn_started',
  'user_message',
  'agent_message',
  'agent_reasoning',
]);

/** Where no `task_started` opens a turn, its prompt stands before the first line that names it. */
function isPrompt({ subtype, payload }: Line): boolean {
  return subtype === 'user_message' || (subtype === 'message' && stringAt(payload, 'role') === 'user');
}

const UUID_7 = /^([0-9a-f]{8})-([0-9a-f]{4})-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** When a UUID of version 7 was made, in milliseconds; absent for every other id. */
function uuidMs(id: string | undefined): number | undefined {
  const [, high = '', low = ''] = UUID_7.exec(id ?? '') ?? [];
  return high === '' ? undefined : Number.parseInt(high + low, 16);
}
