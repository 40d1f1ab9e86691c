/** Making canonical events for tests, with everything that does not matter filled in. */
import type { EventKind, KatoEvent, Payload } from '../../src/core/event.ts';
import { identify } from '../../src/core/identity.ts';
import { sessionId } from '../../src/core/session.ts';

const key = { provider: 'test', nativeId: 'session-1' };

type More = Partial<Pick<KatoEvent, 'at' | 'observedAt' | 'model' | 'origin' | 'turnId' | 'revises' | 'seq'>>;

/** A maker of events of one session: seqs count up. */
export function eventMaker() {
  let seq = 0;
  return function make<K extends EventKind>(kind: K, payload: Payload<K>, more: More = {}): KatoEvent {
    seq = more.seq ?? seq + 1;
    const event = {
      v: 1,
      id: identify(key, { id: String(seq) }, 'part'),
      seq,
      session: { ...key, id: sessionId(key) },
      kind,
      origin: kind.startsWith('user.') ? 'typed' : 'agent',
      source: { type: 'test', part: 'part' },
      ...more,
      payload,
    };
    return event as unknown as KatoEvent; // Kind and payload are of one K.
  };
}
