/**
 * What is waited for. An event that is to be *flushed* is on the disk before whoever brought it is told that it is stored;
 * one that *rides* is written at once, and made durable by the next one that is flushed. In a power cut what rode may be
 * lost, all of it from some point on, and nothing else: it tells how things stand, and is told again.
 *
 * The start of a session is flushed whatever it begins with.
 */
import type { EventKind } from './event.ts';

export type Durability = 'flush' | 'ride';

export const durabilityOf: Readonly<Record<EventKind, Durability>> = {
  'user.message': 'flush',
  'user.kato-command': 'flush',
  'user.decision.response': 'flush',
  'assistant.message': 'flush',
  'assistant.thinking': 'flush',
  'assistant.tool.call': 'flush',
  'assistant.tool.result': 'flush',
  'assistant.decision.prompt': 'flush',
  'system.message': 'flush', // Compaction is one.
  'session.info': 'ride',
  usage: 'ride',
  'provider.info': 'flush', // Rewinds, permissions and the end of a turn are.
  'provider.raw': 'flush', // Nobody knows what it is.
};
