/** Records about the session as a whole: its start, where it comes from, that it was compacted, its folder and branch. */
import type { ParentLink, Payload } from '../../core/event.ts';
import { field, textAt } from '../../core/json.ts';
import type { Draft } from '../provider.ts';
import { toInstant } from '../shared/instant.ts';
import { textHash } from '../shared/text.ts';
import { type Decided, draftOf, type Envelope, type Told } from './envelope.ts';
import { type GencodeState, remembered } from './state.ts';

/** The payload's key differs: `system` to 1.15, then `session`. */
function aboutSession({ value }: Envelope): unknown {
  return field(value, 'session') ?? field(value, 'system');
}

/** One record for where a session comes from: a fork says so last. */
function parentDraft(envelope: Envelope, parent: ParentLink): Draft {
  return draftOf(envelope, 'session.info', 'parent', { parent }, { record: `parent@${envelope.session}` });
}

/** The first record. It alone names the model, for all that follows. */
export function decodeStarted(before: GencodeState, envelope: Envelope): Decided {
  const about = aboutSession(envelope);
  const model = textAt(about, 'model');
  const time = textAt(envelope.value, 'time');
  const agentVersion = versionOf(textAt(envelope.value, 'version'));
  const payload = { ...(model !== undefined && { model }), ...(agentVersion !== undefined && { agentVersion }) };
  const parent = startedBy(before, about);
  const state: GencodeState = {
    ...before,
    startedAt: time === undefined ? null : textHash(time),
    // Copies in a fork that was saved again are older than the fork, and nothing marks them any more.
    notBefore: parent ? null : (toInstant(time) ?? null),
    model: remembered(model),
    isSubagent: parent?.relation === 'subagent',
  };
  const drafts = [draftOf(envelope, 'session.info', 'started', payload)];
  return { drafts: parent ? [...drafts, parentDraft(envelope, parent)] : drafts, diagnostics: [], state };
}

/** `1` is the version of the schema; what has a dot is the agent's. */
function versionOf(version: string | undefined): string | undefined {
  return version?.includes('.') ? version : undefined;
}

/**
 * A parent in the first record is that of a sub-agent. To 1.15 it may also be that of a fork which was saved again; forks
 * keep the name of the model's provider, sub-agents never have one.
 */
function startedBy({ isAppended }: GencodeState, about: unknown): ParentLink | undefined {
  const nativeId = textAt(about, 'parentId');
  if (nativeId === undefined) return undefined;
  const isFork = !isAppended && textAt(about, 'provider') !== undefined;
  return { nativeId, relation: isFork ? 'fork' : 'subagent' };
}

/** The end of what a fork has copied. A person forks, be it a sub-agent's session: what follows is theirs. */
export function decodeForked(before: GencodeState, envelope: Envelope): Decided {
  const nativeId = textAt(aboutSession(envelope), 'parentId');
  const state = { ...before, isSubagent: false };
  if (nativeId === undefined) return { drafts: [], diagnostics: [{ code: 'parent-unknown' }], state };
  // Ids of messages are the same in both, but for those that this decoder has made.
  const record = before.isAppended || before.latest === null ? undefined : `${before.latest}@${nativeId}`;
  const parent: ParentLink = { nativeId, relation: 'fork', ...(record !== undefined && { record }) };
  return { drafts: [parentDraft(envelope, parent)], diagnostics: [], state };
}

/** Nothing is taken back: only the model sees less from here on. The summary is the message before. */
export function decodeCompacted(envelope: Envelope): Told {
  const payload: Payload<'system.message'> = { text: 'Conversation compacted', subtype: 'compaction' };
  return {
    drafts: [draftOf(envelope, 'system.message', 'compacted', payload, { origin: 'injected' })],
    diagnostics: [],
  };
}

/** Folder and branch stand on any record: the folder on the first, the branch where it has changed. */
export function toldOnTheWay(before: GencodeState, envelope: Envelope) {
  const { value } = envelope;
  const cwd = before.hasFolder ? undefined : textAt(value, 'cwd');
  const gitBranch = textAt(value, 'gitBranch');
  const isNews = gitBranch !== undefined && textHash(gitBranch) !== before.branch;
  const payload = { ...(cwd !== undefined && { cwd }), ...(isNews && { gitBranch }) };
  if (Object.keys(payload).length === 0) return { drafts: [], state: before };
  const state: GencodeState = {
    ...before,
    hasFolder: before.hasFolder || cwd !== undefined,
    branch: isNews ? textHash(gitBranch) : before.branch,
  };
  // To 1.15 each save makes new ids; then the place in the file is the only name that stays.
  const record = before.isAppended ? envelope.record : `place:${before.messages}@${envelope.session}`;
  return { drafts: [draftOf(envelope, 'session.info', 'place', payload, { record })], state };
}
