/** What the file says about the session as a whole: its head, patches of it, and the project's folder beside it. */
import type { Payload } from '../../core/event.ts';
import { listAt, stringAt, textAt } from '../../core/json.ts';
import type { Decoded, Draft, Frame } from '../provider.ts';
import type { Envelope } from './envelope.ts';
import type { GeminiState } from './state.ts';
import { isSessionContext } from './wrappers.ts';

/** One record for all of it: a document repeats its head with every change. */
function headRecord(session: string): string {
  return `head@${session}`;
}

interface Opened {
  readonly state: GeminiState;
  readonly session: string;
  readonly drafts: readonly Draft[];
}

/** The file belongs to the session that its first head names. */
export function openSession(before: GeminiState, head: Record<string, unknown>, parent: string | undefined): Opened {
  const session = before.session ?? stringAt(head, 'sessionId') ?? '';
  const isSubagent = before.isSubagent || stringAt(head, 'kind') === 'subagent';
  const state = { ...before, session, isSubagent };
  const nativeId = parent ?? parentIn(session);
  if (!isSubagent || nativeId === undefined) return { state, session, drafts: [] };
  const folder = listAt(head, 'directories')[0]; // A sub-agent lists its whole workspace, the working folder first.
  const drafts = [info(session, 'parent', { parent: { nativeId, relation: 'subagent' } })];
  if (typeof folder === 'string') drafts.push(info(session, 'cwd', { cwd: folder }));
  return { state, session, drafts };
}

/** A sub-agent that was written beside the sessions (early 2026) begins its id with that of its parent. */
function parentIn(session: string): string | undefined {
  return /^([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})-./.exec(session)?.[1];
}

function info(session: string, part: string, payload: Payload<'session.info'>): Draft {
  const record = headRecord(session);
  return { session, record, part, type: 'metadata', origin: 'agent', kind: 'session.info', payload };
}

/** Title, added folders, and whatever else a head or a patch has. */
export function aboutSession(
  head: Record<string, unknown>,
  session: string,
  type: 'metadata' | '$set',
): Pick<Decoded, 'drafts' | 'diagnostics'> {
  const title = textAt(head, 'summary');
  const folders = listAt(head, 'directories').filter((folder) => typeof folder === 'string');
  const base = { session, record: headRecord(session), type, origin: 'agent' } as const;
  const drafts: Draft[] = [];
  if (title !== undefined) drafts.push(info(session, 'title', { title, titleFrom: 'summary' }));
  if (folders.length > 0) {
    const payload = { text: folders.join('\n'), subtype: 'directories' };
    drafts.push({ ...base, part: 'directories', kind: 'provider.info', payload });
  }
  const others = Object.keys(head).filter((key) => !MODELLED.has(key));
  for (const key of others) {
    const rawType = `metadata:${key}`;
    drafts.push({ ...base, part: `raw:${key}`, kind: 'provider.raw', payload: { rawType } });
  }
  const unknown = others.filter((key) => !RAW.has(key));
  return { drafts, diagnostics: unknown.map((key) => ({ code: 'unknown-record', about: `metadata:${key}` })) };
}

/** Keys that are told, or that say nothing by themselves. Times of the file are no times of what was said. */
const MODELLED: ReadonlySet<string> = new Set([
  'sessionId',
  'projectHash',
  'startTime',
  'lastUpdated',
  'kind',
  'summary',
  'directories',
  'messages',
]);

/** Keys that are known and kept raw: notes of the agent to itself. */
const RAW: ReadonlySet<string> = new Set(['memoryScratchpad', 'activeExtensionName']);

/** `.project_root`: the folder that the agent works in. Says nothing before the session is known. */
export function decodeFolder(state: GeminiState, { value }: Frame): Decoded<GeminiState> {
  const cwd = typeof value === 'string' ? value.trim() : '';
  const drafts = state.session === null || cwd === '' ? [] : [info(state.session, 'cwd', { cwd })];
  return { drafts, diagnostics: [], state };
}

/** The session's context names that folder, too; no other message does. */
export function folderOf({ session, type, at, parts }: Envelope): Draft[] {
  const [first] = parts;
  if (type !== 'user' || first?.kind !== 'text' || !isSessionContext(first.text)) return [];
  const cwd = FOLDER.exec(first.text)?.[1]?.trim();
  return cwd === undefined || cwd === '' ? [] : [{ ...info(session, 'cwd', { cwd }), type, at }];
}

const FOLDER = /(?:Workspace Directories:\*\*\n\s*- |working in the directory: |following directories:\n\s*- )(.+)/;
