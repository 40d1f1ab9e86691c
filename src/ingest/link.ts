/**
 * What needs more than one source to be known: which session a fork or a resumed copy comes from, and which of its
 * events are copies of the parent's.
 *
 * Agents mark forks well, badly, or not at all. A copy of a session begins with the same record, so sessions are also
 * compared by their first record. Which of two is the original: not a background process's; then the file that is
 * older; then the earlier records. All that is decided here is stored as a link beside the events; they stay as they are.
 */
import type { KatoEvent, ParentLink } from '../core/event.ts';
import { recordDigest, recordHalf } from '../core/identity.ts';
import { mergeParent, type SessionKey } from '../core/session.ts';
import {
  type Batch,
  emptyBatch,
  type Position,
  type SessionLink,
  type SessionRecord,
  type StoredEvent,
  type TranscriptStore,
} from '../store/store.ts';
import { isCutOff } from './fingerprint.ts';

/** How far the log has been looked through for sessions to be linked: a consumer of its own. */
const LINKS = 'links';

/**
 * Links the sessions that have something new since this was last done, and those that waited for them. What was found out
 * from a part of a session is found out again when there is more of it.
 */
export async function linkSessions(store: TranscriptStore): Promise<void> {
  const head = await store.head();
  const done = (await store.offset(LINKS))?.position ?? 0;
  if (head === done) return;
  const heads = (await store.sessions()).map(headOf);
  const news = heads.filter(({ lastPosition }) => lastPosition > done);
  const names = new Set(news.map(({ key }) => nameOf(key)));
  const links = new Map((await store.links()).map((link) => [nameOf(link.key), link]));
  for (const { provider, head } of sharedHeads(heads, news)) {
    for (const link of await linksByHead(store, provider, head, links)) links.set(nameOf(link.key), link);
  }
  for (const link of links.values()) {
    if (isDue(link, names) || (await isReopened(store, link, names, done)))
      await resolveAgain(store, link, parentOf(link));
  }
  await store.append([linkedUpTo(head)]);
}

function linkedUpTo(head: Position): Batch {
  return { ...emptyBatch, offsets: [{ consumer: LINKS, position: head, state: null }], rides: true };
}

/** Whether it is to be found out where the link leads, when these sessions have something new. */
function isDue({ key, parent, resolved }: SessionLink, news: ReadonlySet<string>): boolean {
  if (parent.relation === 'subagent') return false;
  const isMeant = news.has(nameOf(key)) || news.has(nameOf({ ...key, nativeId: parent.nativeId }));
  return !resolved || (isMeant && resolved.settled !== true);
}

async function isReopened(
  store: TranscriptStore,
  link: SessionLink,
  news: ReadonlySet<string>,
  after: Position,
): Promise<boolean> {
  const parent = parentOf(link);
  if (link.parent.relation === 'subagent' || !news.has(nameOf(parent))) return false;
  return haveCommonNews(store, parent, link.key, after);
}

/** Links sessions again and again, as they grow, at a cost that does not depend on how many there are. */
export interface Linker {
  /** Hears of links that were stored. */
  note(links: readonly SessionLink[]): void;
  /** Links these sessions, which have something new, and those that waited for them. */
  link(touched: readonly SessionKey[]): Promise<void>;
  linkOf(key: SessionKey): SessionLink | undefined;
  /** Stores how far everything is linked. */
  close(): Promise<void>;
}

/** Links everything that is not linked yet, and then goes on from there. */
export async function openLinker(store: TranscriptStore): Promise<Linker> {
  await linkSessions(store);
  const linker = new LiveLinker(store);
  await linker.reload();
  return linker;
}

class LiveLinker implements Linker {
  readonly #store: TranscriptStore;
  readonly #links = new Map<string, SessionLink>();
  /** The names of the links that lead to a session. */
  readonly #children = new Map<string, Set<string>>();
  /** Sessions that were compared with others by their head. */
  readonly #compared = new Set<string>();
  /** What the store says of how far links were looked for; another pass moves it. */
  #stored: Position = 0;
  #after: Position = 0;

  constructor(store: TranscriptStore) {
    this.#store = store;
  }

  async reload(): Promise<void> {
    this.#stored = (await this.#store.offset(LINKS))?.position ?? 0;
    this.#after = Math.max(this.#after, this.#stored);
    this.#links.clear();
    this.#children.clear();
    for (const link of await this.#store.links()) this.#set(link);
  }

  note(links: readonly SessionLink[]): void {
    for (const link of links) {
      const known = this.#links.get(nameOf(link.key));
      const parent = mergeParent(known?.parent, link.parent);
      const isSame = known?.parent.nativeId === parent.nativeId && known.parent.ordinal === parent.ordinal;
      const resolved = link.resolved ?? (isSame ? known.resolved : undefined);
      this.#set({ key: link.key, parent, ...(resolved && { resolved }) });
    }
  }

  async link(touched: readonly SessionKey[]): Promise<void> {
    const head = await this.#store.head();
    if ((await this.#store.offset(LINKS))?.position !== (this.#stored || undefined)) await this.reload();
    for (const key of touched) await this.#compare(key);
    const names = new Set(touched.map(nameOf));
    const meant = touched.flatMap((key) => [nameOf(key), ...(this.#children.get(nameOf(key)) ?? [])]);
    for (const name of new Set(meant)) {
      const link = this.#links.get(name);
      if (!link) continue;
      const isMeant = isDue(link, names) || (await isReopened(this.#store, link, names, this.#after));
      if (isMeant) this.#set((await resolveAgain(this.#store, link, parentOf(link))) ?? link);
    }
    this.#after = head;
  }

  linkOf(key: SessionKey): SessionLink | undefined {
    return this.#links.get(nameOf(key));
  }

  async close(): Promise<void> {
    if (this.#after > this.#stored) await this.#store.append([linkedUpTo(this.#after)]);
  }

  #set(link: SessionLink): void {
    const name = nameOf(link.key);
    const before = this.#links.get(name);
    if (before) this.#children.get(nameOf(parentOf(before)))?.delete(name);
    this.#links.set(name, link);
    const parent = nameOf(parentOf(link));
    this.#children.set(parent, (this.#children.get(parent) ?? new Set()).add(name));
  }

  /** Once a session, as soon as it has a first record. */
  async #compare(key: SessionKey): Promise<void> {
    if (this.#compared.has(nameOf(key))) return;
    const session = await this.#store.session(key);
    if (session?.facts.head === undefined) return;
    this.#compared.add(nameOf(key));
    for (const link of await linksByHead(this.#store, key.provider, session.facts.head, this.#links)) this.#set(link);
  }
}

/** Whether the child has a copy of anything that is new in its parent: it was read before its parent was. */
async function haveCommonNews(store: TranscriptStore, parent: SessionKey, child: SessionKey, after: number) {
  for await (const page of store.read({ key: parent, view: 'current', after })) {
    const ids = new Set(page.flatMap(({ event: { source } }) => source.nativeId ?? []));
    const known = await store.knownRecords(
      child,
      [...ids].map((id) => halfOf(child, id)),
    );
    if (known.size > 0) return true;
  }
  return false;
}

function parentOf({ key, parent }: SessionLink): SessionKey {
  return { provider: key.provider, nativeId: parent.nativeId };
}

/** What was a copy stays one: it may stand in an earlier derivation, which is still read as it was written. */
async function resolveAgain(
  store: TranscriptStore,
  link: SessionLink,
  parent: SessionKey,
): Promise<SessionLink | undefined> {
  const resolved = (await store.session(parent)) && (await resolve(store, link, parent));
  if (!resolved) return undefined;
  const isNew = ([first]: readonly [number, number]) => resolved.copied.some((range) => range[0] === first);
  const before = (link.resolved?.copied ?? []).filter((range) => !isNew(range));
  const found = { ...link, resolved: { ...resolved, copied: [...before, ...resolved.copied] } };
  const isKnown = JSON.stringify(found.resolved) === JSON.stringify(link.resolved);
  if (!isKnown) await store.append([{ ...emptyBatch, links: [found], rides: true }]);
  return found;
}

/** Finds out again where the links of these sessions, and those to them, lead: their events stand at other places now. */
export async function relinkSessions(store: TranscriptStore, keys: readonly SessionKey[]): Promise<void> {
  const names = new Set(keys.map(nameOf));
  for (const link of await store.links()) {
    const parent = parentOf(link);
    const isMeant = names.has(nameOf(link.key)) || names.has(nameOf(parent));
    if (isMeant && link.parent.relation !== 'subagent') await resolveAgain(store, link, parent);
  }
}

function nameOf({ provider, nativeId }: SessionKey): string {
  return `${provider}\0${nativeId}`;
}

/** When the oldest file of each session was made, by the file system's word. */
async function readBirths(store: TranscriptStore): Promise<ReadonlyMap<string, bigint>> {
  const births = new Map<string, bigint>();
  for (const { provider, nativeId, stat } of await store.sources()) {
    if (nativeId === undefined) continue;
    const name = nameOf({ provider, nativeId });
    const birth = BigInt(stat.birthNs);
    const known = births.get(name);
    if (known === undefined || birth < known) births.set(name, birth);
  }
  return births;
}

/** Of a session only what says whether it must be looked at: there may be very many. */
interface SessionHead {
  readonly key: SessionKey;
  /** Its first record; absent when that has no id. */
  readonly head: string | undefined;
  readonly lastPosition: number;
}

function headOf({ key, facts, lastPosition }: SessionRecord): SessionHead {
  return { key, head: facts.head, lastPosition };
}

/** The first records that several sessions begin with, at least one of which is news. */
function sharedHeads(heads: readonly SessionHead[], news: readonly SessionHead[]) {
  const counts = new Map<string, number>();
  const nameOfHead = ({ key, head }: SessionHead) => `${key.provider}\0${head}`;
  for (const one of heads) counts.set(nameOfHead(one), (counts.get(nameOfHead(one)) ?? 0) + 1);
  const shared = new Map<string, { readonly provider: string; readonly head: string }>();
  for (const one of news) {
    if (one.head === undefined || (counts.get(nameOfHead(one)) ?? 0) < 2) continue;
    shared.set(nameOfHead(one), { provider: one.key.provider, head: one.head });
  }
  return shared.values();
}

/** Links between sessions that begin with the same record, where none says where it comes from. */
async function linksByHead(
  store: TranscriptStore,
  provider: string,
  head: string,
  links: ReadonlyMap<string, SessionLink>,
): Promise<SessionLink[]> {
  const alike = await store.sessionsByHead(provider, head);
  if (alike.length < 2) return [];
  const births = await readBirths(store);
  // One that says where it comes from is no original, whatever its age.
  const [original, ...copies] = alike
    .filter(({ key }) => !links.has(nameOf(key)))
    .sort((a, b) => compareAge(a, b, births));
  if (!original) return [];
  return copies.map((copy) => ({
    key: copy.key,
    parent: { nativeId: original.key.nativeId, relation: 'continuation' } as const,
  }));
}

function compareAge(a: SessionRecord, b: SessionRecord, births: ReadonlyMap<string, bigint>): number {
  const [aBack, bBack] = [a.facts.background === true, b.facts.background === true];
  if (aBack !== bBack) return aBack ? 1 : -1;
  const [aBirth, bBirth] = [births.get(nameOf(a.key)) ?? 0n, births.get(nameOf(b.key)) ?? 0n];
  if (aBirth !== bBirth) return aBirth < bBirth ? -1 : 1;
  const [aAt, bAt] = [a.facts.lastAt ?? '', b.facts.lastAt ?? ''];
  if (aAt !== bAt) return aAt < bAt ? -1 : 1;
  return a.key.nativeId < b.key.nativeId ? -1 : 1;
}

/** Where the child left the parent, and which of its events are copies. */
async function resolve(
  store: TranscriptStore,
  { key, parent }: SessionLink,
  parentKey: SessionKey,
): Promise<SessionLink['resolved']> {
  if (parent.ordinal !== undefined || parent.byteOffset !== undefined) {
    const parentSeq = await lastSeq(store, parentKey, (stored) => isBefore(stored, parent));
    const isBehind = parentSeq < ((await store.session(parentKey))?.lastSeq ?? 0);
    return { parentSeq, copied: [], ...(isBehind && { settled: true }) };
  }
  const { copied, lastRecord, isOver } = await findCopies(store, key, parentKey);
  const point = lastRecord ?? parent.record;
  const parentSeq =
    point === undefined ? 0 : await lastSeq(store, parentKey, ({ event }) => event.source.nativeId === point);
  const isSettled = isOver && !(await isUnfinished(store, key)) && !(await isUnfinished(store, parentKey));
  return { parentSeq, copied, ...(isSettled && { settled: true }) };
}

/** Whether a file of the session was not read to its end, because a pass was stopped or killed. */
async function isUnfinished(store: TranscriptStore, { provider, nativeId }: SessionKey): Promise<boolean> {
  const sources = await store.sources();
  return sources.some((one) => one.provider === provider && one.nativeId === nativeId && isCutOff(one.stat));
}

/** Whether an event was read from the part of the parent that the child counts as its own history. */
function isBefore({ event: { source } }: StoredEvent, { byteOffset = 0, ordinal }: ParentLink): boolean {
  return ordinal !== undefined ? (source.ordinal ?? ordinal) < ordinal : (source.offset ?? byteOffset) < byteOffset;
}

/** The last seq of the events that satisfy the test; 0 for none. */
async function lastSeq(
  store: TranscriptStore,
  key: SessionKey,
  test: (stored: StoredEvent) => boolean,
): Promise<number> {
  for await (const page of store.read({ key, view: 'current', backward: true })) {
    const found = page.find(test);
    if (found) return found.event.seq;
  }
  return 0;
}

/**
 * The child's events whose record the parent has too: ranges of seq. Copies stand at the beginning: they are over when
 * somebody has said something of their own behind them.
 */
async function findCopies(store: TranscriptStore, key: SessionKey, parent: SessionKey) {
  const copied: [number, number][] = [];
  let lastRecord: string | undefined;
  let isOver = false;
  for await (const page of store.read({ key, view: 'current' })) {
    const records = new Map(
      page.flatMap(({ event: { source } }) =>
        source.nativeId === undefined ? [] : [[source.nativeId, halfOf(parent, source.nativeId)] as const],
      ),
    );
    const known = await store.knownRecords(parent, [...new Set(records.values())]);
    if (known.size === 0 && records.size > 0) break;
    for (const { event } of page) {
      const id = event.source.nativeId;
      const isCopy = id !== undefined && known.has(records.get(id) ?? '');
      isOver = isCopy ? false : isOver || (lastRecord !== undefined && isOwnWords(event));
      if (!isCopy) continue;
      const range = copied.at(-1);
      if (range && range[1] === event.seq - 1) range[1] = event.seq;
      else copied.push([event.seq, event.seq]);
      lastRecord = id;
    }
  }
  return { copied, lastRecord, isOver };
}

function isOwnWords({ kind, origin, copyOf }: KatoEvent): boolean {
  return (kind === 'user.message' || kind === 'assistant.message') && origin !== 'replayed' && copyOf === undefined;
}

function halfOf(session: SessionKey, id: string): string {
  return recordHalf(recordDigest(session, { id }));
}
