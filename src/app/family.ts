/** Sessions and the sub-agents below them: what is deleted together. */
import type { SessionKey } from '../core/session.ts';
import type { SessionSummary } from './kato.ts';

export function nameOf({ provider, nativeId }: SessionKey): string {
  return `${provider}\0${nativeId}`;
}

/** A session and all sub-agents below it. */
export function withSubagents(key: SessionKey, all: readonly SessionSummary[]): readonly SessionSummary[] {
  const own = all.filter((session) => nameOf(session.key) === nameOf(key));
  const children = all.filter(
    ({ key: { provider, nativeId }, isSubagent, facts }) =>
      isSubagent && provider === key.provider && facts.parent?.nativeId === key.nativeId && nativeId !== key.nativeId,
  );
  return [...own, ...children.flatMap((child) => withSubagents(child.key, all))];
}

/** All sessions by who began them; a sub-agent whose parent is not here begins a family of its own. */
export function familiesOf(all: readonly SessionSummary[]): readonly (readonly SessionSummary[])[] {
  const known = new Map(all.map((session) => [nameOf(session.key), session]));
  return [...Map.groupBy(all, (session) => nameOf(eldest(session, known).key)).values()];
}

function eldest(session: SessionSummary, known: ReadonlyMap<string, SessionSummary>): SessionSummary {
  let current = session;
  const met = new Set<SessionSummary>();
  while (current.isSubagent && !met.has(current)) {
    met.add(current);
    const { key, facts } = current;
    const parent = known.get(nameOf({ provider: key.provider, nativeId: facts.parent?.nativeId ?? '' }));
    if (!parent) break;
    current = parent;
  }
  return current;
}
