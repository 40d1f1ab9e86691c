/**
 * Which session is meant: its id, a unique prefix of 4 or more characters of its id or of the agent's own id,
 * `provider/…`, `latest`, or `@here`. Exact matches win; sub-agents lose against the sessions that started them.
 */
import { KatoError } from '../core/errors.ts';
import type { SessionSummary } from './kato.ts';

const LEAST_PREFIX = 4;
const MOST_CANDIDATES = 8;
/** Folders that are no project on any system. */
const SHARED = ['/', '/tmp', '/var/tmp'];

/**
 * The session; absent when none matches. `common`: folders such as the home, which hold projects and are none. Throws `session-ambiguous`
 * and `usage`.
 */
export function select(
  text: string,
  cwd: string,
  sessions: readonly SessionSummary[],
  common: readonly string[] = [],
): SessionSummary | undefined {
  const main = sessions.filter(({ isSubagent, facts }) => !isSubagent && facts.spoken === true);
  if (text === 'latest') return newest(main);
  if (text === '@here') return newestHere(cwd, main, common);
  const [provider, rest] = splitProvider(text, sessions);
  const candidates = provider === undefined ? sessions : sessions.filter(({ key }) => key.provider === provider);
  const exact = candidates.filter(({ id, key }) => id === rest || key.nativeId === rest);
  if (exact.length > 0) return onlyOne(text, exact);
  if (rest.length < LEAST_PREFIX) {
    throw new KatoError('usage', `\`${text}\` is too short to name a session`, {
      hint: `give ${LEAST_PREFIX} or more characters of its id; \`kato sessions\` lists them`,
    });
  }
  const start = rest.toLowerCase();
  const prefixed = candidates.filter(
    ({ id, key }) => id.startsWith(start) || key.nativeId.toLowerCase().startsWith(start),
  );
  return onlyOne(text, prefixed);
}

/**
 * The newest session of this folder, else of the nearest folder around it that has any. Folders that everything lies in
 * are no project that this one is a part of.
 */
function newestHere(
  cwd: string,
  sessions: readonly SessionSummary[],
  common: readonly string[],
): SessionSummary | undefined {
  const isProject = (folder: string) => folder === cwd || ![...SHARED, ...common].includes(folder);
  const around = sessions.flatMap((session) => {
    const folder = session.facts.cwd?.replace(/(?<=.)\/+$/, '') ?? '';
    return isWithin(cwd, folder) && isProject(folder) ? [{ session, folder }] : [];
  });
  const nearest = Math.max(...around.map(({ folder }) => folder.length));
  return newest(around.flatMap(({ session, folder }) => (folder.length === nearest ? [session] : [])));
}

function splitProvider(
  text: string,
  sessions: readonly SessionSummary[],
): [provider: string | undefined, rest: string] {
  const slash = text.indexOf('/');
  const provider = text.slice(0, Math.max(slash, 0));
  const isProvider = slash > 0 && sessions.some(({ key }) => key.provider === provider);
  return isProvider ? [provider, text.slice(slash + 1)] : [undefined, text];
}

function onlyOne(text: string, found: readonly SessionSummary[]): SessionSummary | undefined {
  const main = found.filter(({ isSubagent }) => !isSubagent);
  const chosen = found.length > 1 && main.length > 0 ? main : found;
  if (chosen.length <= 1) return chosen[0];
  const shown = chosen.slice(0, MOST_CANDIDATES).map(describe);
  const more = chosen.length > shown.length ? [`… and ${chosen.length - shown.length} more`] : [];
  throw new KatoError('session-ambiguous', `\`${text}\` fits ${chosen.length} sessions`, {
    hint: 'give more characters, or put the provider before it: provider/…',
    details: [...shown, ...more],
  });
}

function describe({ shortId, key, facts }: SessionSummary): string {
  return `${shortId}  ${key.provider}/${key.nativeId}  ${facts.lastAt ?? ''}`.trimEnd();
}

/** The session with the latest activity; those without a time come last. */
export function newest(sessions: readonly SessionSummary[]): SessionSummary | undefined {
  return [...sessions].sort(byActivity)[0];
}

export function byActivity(a: SessionSummary, b: SessionSummary): number {
  const [aAt, bAt] = [a.facts.lastAt ?? '', b.facts.lastAt ?? ''];
  return aAt === bAt ? (a.id < b.id ? -1 : 1) : aAt > bAt ? -1 : 1;
}

/** Whether a path is a folder, or lies below it. */
export function isWithin(path: string | undefined, folder: string | undefined): boolean {
  if (path === undefined || folder === undefined) return false;
  return path === folder || path.startsWith(folder.endsWith('/') ? folder : `${folder}/`);
}
