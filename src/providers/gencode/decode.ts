/** The decoder: one line of a transcript of any generation, to drafts. See README.md. */
import { field, isRecord } from '../../core/json.ts';
import type { Decoded, Decoder, Draft } from '../provider.ts';
import { type Decided, type Envelope, openEnvelope, rawOf, type Told } from './envelope.ts';
import { decodeInference } from './inference.ts';
import { decodeMessage } from './message.ts';
import { decodePatches } from './patches.ts';
import { decodeDecided, decodeRequired } from './permission.ts';
import { decodeCompacted, decodeForked, decodeStarted, toldOnTheWay } from './session.ts';
import { type GencodeState, initialState } from './state.ts';
import { decodeHook, decodeNotice, decodeSection, decodeSkill } from './telemetry.ts';

export function createGencodeDecoder(session: string): Decoder<GencodeState> {
  return { initial: initialState, decode: (state, { value }) => decodeRecord(state, value, session) };
}

function decodeRecord(before: GencodeState, value: unknown, session: string): Decoded<GencodeState> {
  if (!isRecord(value)) return untyped(before, session);
  const opened = openEnvelope(before, value, session);
  const decided = decide(opened.state, opened.envelope);
  const told = toldOnTheWay(decided.state, opened.envelope);
  return { ...decided, drafts: [...told.drafts, ...decided.drafts], state: told.state };
}

function untyped(state: GencodeState, session: string): Decoded<GencodeState> {
  const payload = { rawType: 'untyped' };
  const draft: Draft = { session, part: 'raw', type: 'untyped', origin: 'agent', kind: 'provider.raw', payload };
  return { drafts: [draft], diagnostics: [{ code: 'unknown-record', about: 'untyped' }], state };
}

/** Types with their payload's key. What has its type, but not its payload, is kept raw. */
function decide(state: GencodeState, envelope: Envelope): Decided {
  const stateful = STATEFUL.get(envelope.type);
  if (stateful) return stateful(state, envelope);
  const [key = '', tell] = TELLERS.get(envelope.type) ?? [];
  if (!tell) return { ...rawOf(envelope, envelope.type, 'raw', 'unknown-record'), state };
  const payload = field(envelope.value, key);
  const told = isRecord(payload) ? tell(envelope, payload) : rawOf(envelope, envelope.type, 'raw', 'unexpected-shape');
  return { ...told, state };
}

type Teller = (envelope: Envelope, payload: Record<string, unknown>) => Told;

const STATEFUL: ReadonlyMap<string, (state: GencodeState, envelope: Envelope) => Decided> = new Map([
  ['transcript.started', decodeStarted],
  ['session.started', decodeStarted],
  ['transcript.forked', decodeForked],
  ['session.forked', decodeForked],
  ['message.appended', decodeMessage],
  ['state.patched', decodePatches],
  ['session.state.patched', decodePatches],
]);

/** What the model is given besides words is kept raw: digests of a request, schemas of tools. */
const known: Teller = (envelope) => rawOf(envelope, envelope.type);

const TELLERS: ReadonlyMap<string, readonly [key: string, tell: Teller]> = new Map<string, readonly [string, Teller]>([
  ['transcript.compacted', ['system', decodeCompacted]],
  ['session.compacted', ['session', decodeCompacted]],
  ['inference.requested', ['inference', known]],
  ['inference.responded', ['inference', decodeInference]],
  ['inference.failed', ['inference', decodeInference]],
  ['system.section.added', ['system', decodeSection]],
  ['system.section.removed', ['system', decodeSection]],
  ['tool.added', ['tool', known]],
  ['tool.removed', ['tool', known]],
  ['tools.added', ['tools', known]],
  ['tools.removed', ['tools', known]],
  ['hook.fired', ['hook', decodeHook]],
  ['permission.required', ['permission', decodeRequired]],
  ['permission.decided', ['permission', decodeDecided]],
  ['skill.state.changed', ['skill', decodeSkill]],
  ['notice.added', ['notice', decodeNotice]],
]);
