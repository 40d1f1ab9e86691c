/** `inference.responded` and `inference.failed`: what a request to the model cost, or why it came to nothing. */
import { numberAt, textAt } from '../../core/json.ts';
import { draftOf, type Envelope, infoOf, rawOf, type Told } from './envelope.ts';

export function decodeInference(envelope: Envelope, inference: Record<string, unknown>): Told {
  const error = textAt(inference, 'error');
  if (error !== undefined)
    return infoOf(envelope, 'failed', { text: error, subtype: 'inference-failed', level: 'error' });
  const payload = usageOf(inference);
  // A model that counts nothing says so with zeros, or with no numbers at all.
  if (Object.keys(payload).length === 0) return rawOf(envelope, envelope.type);
  return { drafts: [draftOf(envelope, 'usage', 'usage', payload)], diagnostics: [] };
}

/** Classes are disjoint, as the agent has them: what was read from the cache or written to it is not part of the input. */
function usageOf(inference: unknown) {
  const count = (name: string) => {
    const tokens = numberAt(inference, 'usage', name);
    return tokens !== undefined && Number.isSafeInteger(tokens) ? tokens : undefined;
  };
  const entries = Object.entries({
    input: count('inputTokens'),
    output: count('outputTokens'),
    cacheRead: count('cacheReadTokens'),
    cacheWrite: count('cacheCreateTokens'),
  });
  return Object.fromEntries(entries.filter(([, tokens]) => tokens !== undefined));
}
