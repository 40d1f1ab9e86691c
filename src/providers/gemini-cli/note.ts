/** Messages of type `info`, `warning` and `error`: for the person, and no part of the conversation. */
import { takePart, wordsOf } from './content.ts';
import { draftOf, type Envelope, rawPart, type Told } from './envelope.ts';

/** What the person is told; since 0.44 also the images that a tool returned, as they were sent to the model. */
export function decodeNote(envelope: Envelope): Told {
  const { parts, type } = envelope;
  const taken = parts.flatMap((part) => takePart(part) ?? []);
  const text = wordsOf(parts);
  const raw = parts.flatMap((part, index) =>
    part.kind === 'text' || takePart(part) ? [] : rawPart(envelope, part.kind, `part:${index}`, false),
  );
  const note = draftOf(envelope, 'provider.info', 'text:0', { text, subtype: type, level: type });
  const payload = { text: '', attachments: taken.map(({ attachment }) => attachment) };
  const more = { origin: 'injected', blobs: taken.map(({ blob }) => blob) } as const;
  const sent = taken.length === 0 ? [] : [draftOf(envelope, 'user.message', 'attachments', payload, more)];
  return {
    drafts: [...(text === '' && sent.length > 0 ? [] : [note]), ...sent, ...raw.flatMap(({ drafts }) => drafts)],
    diagnostics: raw.flatMap(({ diagnostics }) => diagnostics),
  };
}
