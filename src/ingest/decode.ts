/** Frames through a decoder, with a net below it: what a decoder cannot take is kept raw, and reading goes on. */
import type { Diagnostic } from '../core/diagnostic.ts';
import type { JsonValue } from '../core/json.ts';
import type { Decoded, Decoder, Frame } from '../providers/provider.ts';

/** Decodes one frame. A decoder that throws, which none may, costs this frame's meaning but not its bytes. */
export function decodeFrame(decoder: Decoder, state: JsonValue, frame: Frame, session: string): Decoded {
  if (frame.role === 'oversize') return decodeOversize(state, frame, session);
  try {
    return decoder.decode(state, frame);
  } catch {
    return rawFrame(state, session, { code: 'decoder-failed' });
  }
}

/** A frame that is only kept. */
export function rawFrame(state: JsonValue, session: string, diagnostic: Diagnostic): Decoded {
  const payload = { rawType: diagnostic.code };
  return {
    drafts: [{ session, part: 'raw', type: diagnostic.code, origin: 'agent', kind: 'provider.raw', payload }],
    diagnostics: [diagnostic],
    state,
  };
}

function decodeOversize(state: JsonValue, frame: Frame, session: string): Decoded {
  const { bytes, head, tail } = frame.value as { bytes: number; head: string; tail: string }; // `OversizeValue`
  const payload = { rawType: 'oversize', bytes, head, tail };
  return {
    drafts: [{ session, part: 'raw', type: 'oversize', origin: 'agent', kind: 'provider.raw', payload }],
    diagnostics: [], // The framer has counted it.
    state,
  };
}
