import { field, isRecord, textAt } from '../../core/json.ts';
import type { Provider, SourceMatch } from '../provider.ts';
import { createRolloutDecoder, indexDecoder } from './decode.ts';

/** Codex: `~/.codex`. See README.md in this folder. */
export const codex: Provider = {
  id: 'codex',
  label: 'Codex',
  decoderVersion: 1,
  roots: ({ home, variables }) => [variables.CODEX_HOME?.trim() || `${home}/.codex`],
  match: matchCodex,
  mayContain: (folder) => MAY_CONTAIN.test(folder),
  recognise: recogniseCodex,
  createDecoder(match) {
    if (match.shared) return indexDecoder;
    const session = match.nativeId ?? match.family;
    return createRolloutDecoder({ session, isRewind: match.hints?.rollout !== undefined });
  },
};

const INDEX = 'session_index.jsonl';
const UUID = '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}';
/** `rollout-<local time>-<thread>.jsonl`, after a rewind `rollout-<local time>-<thread>_<rollout>.jsonl`; packed `.zst`. */
const ROLLOUT = new RegExp(`(?:^|/)rollout-[^/]*?(${UUID})(?:_(${UUID}))?\\.jsonl(\\.zst)?$`, 'i');
/** The folders of sessions below the home, and the folders of dates where that is given as the root. */
const MAY_CONTAIN = /^(?:sessions|archived_sessions)(?:\/|$)|^\d{4}(?:\/\d{2}){0,2}$/;

function matchCodex(path: string): SourceMatch | undefined {
  if (path === INDEX) return { framing: 'jsonl', family: INDEX, shared: true };
  const [, thread, rollout, packed] = ROLLOUT.exec(path) ?? [];
  if (thread === undefined) return undefined;
  return {
    framing: packed === undefined ? 'jsonl' : 'jsonl.zst',
    nativeId: thread,
    family: thread,
    ...(packed !== undefined && { twin: path.slice(0, -'.zst'.length) }),
    ...(rollout !== undefined && { hints: { rollout } }),
  };
}

/** A copy of a rollout somewhere: by its first line, whatever the generation of the format. */
function recogniseCodex(first: unknown, name: string): SourceMatch | undefined {
  if (!isRecord(first)) return undefined;
  const named = matchCodex(name);
  const type = textAt(first, 'type');
  const payload = field(first, 'payload');
  const isWrapped = isRecord(payload) && type !== undefined && ENVELOPES.has(type);
  const isBareMeta =
    type === undefined &&
    'instructions' in first &&
    textAt(first, 'id') !== undefined &&
    textAt(first, 'timestamp') !== undefined;
  if (!isWrapped && !isBareMeta) return undefined;
  if (named && !named.shared) return named;
  const stem = name.replace(/\.jsonl(?:\.zst)?$/, '');
  const [thread] = new RegExp(UUID, 'i').exec(stem) ?? [];
  const framing = name.endsWith('.zst') ? 'jsonl.zst' : 'jsonl';
  return { framing, family: thread ?? (type === 'session_meta' ? textAt(payload, 'id') : textAt(first, 'id')) ?? stem };
}

const ENVELOPES: ReadonlySet<string> = new Set([
  'session_meta',
  'turn_context',
  'response_item',
  'event_msg',
  'compacted',
]);
