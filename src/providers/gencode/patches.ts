/** `state.patched`: what the agent notes of the session beside its messages. Later patches replace earlier ones. */
import type { Payload } from '../../core/event.ts';
import { field, listAt, textAt } from '../../core/json.ts';
import {
  type Decided,
  draftOf,
  type Envelope,
  infoOf,
  joinTold,
  NOTHING,
  nameOf,
  rawOf,
  type Told,
} from './envelope.ts';
import type { GencodeState } from './state.ts';

export function decodePatches(state: GencodeState, opened: Envelope): Decided {
  // To 1.15 each save writes all of the state again, under a new id; what it says is a revision.
  const envelope = state.isAppended ? opened : { ...opened, record: `state@${opened.session}`, at: undefined };
  const ops = field(field(envelope.value, 'state'), 'ops');
  if (!Array.isArray(ops)) return { ...rawOf(envelope, envelope.type, 'raw', 'unexpected-shape'), state };
  return {
    ...joinTold(listAt(envelope.value, 'state', 'ops').map((op, index) => decodePatch(envelope, op, index))),
    state,
  };
}

function decodePatch(envelope: Envelope, op: unknown, index: number): Told {
  const path = nameOf(textAt(op, 'path'));
  const text = textAt(op, 'value');
  switch (path) {
    case 'title':
      return text === undefined ? NOTHING : titled(envelope, text);
    case 'lastPrompt': // The prompt is there already, as a message.
      return NOTHING;
    case 'tag':
    case 'mode':
      return text === undefined ? NOTHING : infoOf(envelope, path, { text, subtype: path });
    case 'summary':
      return text === undefined ? NOTHING : summed(envelope, text);
    case 'worktree': {
      const folder = textAt(op, 'value', 'worktreePath');
      return folder === undefined ? rawPatch(envelope, path) : infoOf(envelope, path, { text: folder, subtype: path });
    }
    case 'tasks':
    case 'autoPilot':
      return rawPatch(envelope, path);
    default:
      return rawOf(envelope, `${envelope.type}:${path}`, `patch:${index}`, 'unknown-block');
  }
}

function rawPatch(envelope: Envelope, path: string): Told {
  return rawOf(envelope, `${envelope.type}:${path}`, path);
}

function titled(envelope: Envelope, title: string): Told {
  const payload: Payload<'session.info'> = { title, titleFrom: 'agent' };
  return { drafts: [draftOf(envelope, 'session.info', 'title', payload)], diagnostics: [] };
}

function summed(envelope: Envelope, text: string): Told {
  const payload = { text, subtype: 'compact-summary' };
  return { drafts: [draftOf(envelope, 'system.message', 'summary', payload, { origin: 'summary' })], diagnostics: [] };
}
