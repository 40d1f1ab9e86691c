import { rowSetName, rowSetSession } from '../../core/agent-database.ts';
import { type JsonObject, numberAt, stringAt } from '../../core/json.ts';
import type { Provider, SourceMatch } from '../provider.ts';
import { createHermesDecoder } from './decode.ts';
import { isBranch } from './session.ts';
import { hear } from './voices.ts';

/** Nous Research's Hermes: `~/.hermes/state.db`. See README.md in this folder. */
export const hermes: Provider = {
  id: 'hermes',
  label: 'Hermes',
  decoderVersion: 1,
  databases: {
    'state.db': {
      sessions: {
        table: 'sessions',
        key: 'id',
        begun: 'started_at',
        parent: { column: 'parent_session_id', columns: ['id', 'end_reason'] },
      },
      records: { table: 'messages', key: 'id', session: 'session_id', time: 'timestamp' },
      copying: { begins: beginsWithCopies, columns: ['role', 'content', 'tool_calls'], isOwn: isPersons, isAside },
      timeUnit: 'seconds',
    },
  },
  roots({ home, variables }) {
    return [variables.HERMES_HOME?.trim() || `${home}/.hermes`];
  },
  match: matchHermes,
  mayContain: (folder) => /^(?:profiles(?:\/[^/]+)?|(?:profiles\/[^/]+\/)?(?:sessions|state\.db))$/.test(folder),
  recognise: recogniseHermes,
  createDecoder: ({ family, nativeId = family }) => createHermesDecoder(nativeId),
};

/*
 *     state.db                              all sessions, since early 2026
 *     sessions/<session>.jsonl              a session of the gateway, before that and for a while beside it
 *     profiles/<name>/…                     the same for a profile
 */
const PLACE = /^((?:profiles\/[^/]+\/)?)(sessions|state\.db)\/([^/]+)$/;

function matchHermes(path: string): SourceMatch | undefined {
  const [, profile = '', folder, name = ''] = PLACE.exec(path) ?? [];
  if (folder === 'state.db') {
    const session = rowSetSession(name);
    return session === undefined ? undefined : { framing: 'rows', nativeId: session, family: session };
  }
  const [, session] = folder === 'sessions' ? (/^(.+)\.jsonl$/.exec(name) ?? []) : [];
  if (session === undefined) return undefined;
  // Since sessions are in the database it is the whole of them: a file with the same name is what it was made from.
  const twin = `${profile}state.db/${rowSetName(session)}`;
  return { framing: 'jsonl', nativeId: session, family: session, twin };
}

/** A compression leaves the latest messages as they are, behind its summary; a branch begins with all of them. */
function beginsWithCopies(own: JsonObject, parent: JsonObject): boolean {
  const end = stringAt(parent, 'end_reason');
  return stringAt(own, 'source') !== 'subagent' && (end === 'compression' || end === 'branched' || isBranch(own));
}

function isPersons(values: JsonObject): boolean {
  const text = stringAt(values, 'content') ?? '';
  return stringAt(values, 'role') === 'user' && hear(text, 'typed').some(({ kind }) => kind === 'words');
}

/** By a compaction in place, which writes the latest messages anew behind its summary; or by `/undo`. */
function isAside(values: JsonObject): boolean {
  return numberAt(values, 'active') === 0;
}

/** A copy of a session file somewhere: its head says what it is, its name which session. */
function recogniseHermes(first: unknown, name: string): SourceMatch | undefined {
  const session = name.replace(/\.jsonl$/, '');
  if (stringAt(first, 'role') !== 'session_meta' || session === name) return undefined;
  return { framing: 'jsonl', nativeId: session, family: session };
}
