/** Folding events through a format in tests. */
import type { KatoEvent } from '../../src/core/event.ts';
import type { JsonValue } from '../../src/core/json.ts';
import type { Format, FormatOptions, Preset } from '../../src/record/formats/format.ts';
import { presets } from '../../src/record/formats/presets.ts';
import { formats } from '../../src/record/formats/registry.ts';

export function optionsFor(preset: Preset, more: Partial<FormatOptions> = {}): FormatOptions {
  return { ...presets[preset], headingTime: 'local', timeZone: 'UTC', toolResultLines: 0, ...more };
}

/** The body that a format makes of events; the state goes through JSON between any two. */
export function renderEvents(
  events: readonly KatoEvent[],
  options: FormatOptions = optionsFor('chat'),
  format: Format = formats.markdown,
): string {
  const bySeq = new Map(events.map((event) => [event.seq, event]));
  const pick = (seqs: readonly number[]) =>
    new Map(
      seqs
        .flatMap((seq) => [[seq, bySeq.get(seq)] as const])
        .filter((pair): pair is readonly [number, KatoEvent] => pair[1] !== undefined),
    );
  let state: JsonValue = format.initial;
  let text = '';
  for (const event of events) {
    const folded = format.fold(state, { event, related: pick(format.needs(state, event, options)) }, options);
    text += folded.text;
    state = JSON.parse(JSON.stringify(folded.state));
  }
  return text + format.finish(state, pick(format.owed(state)), options);
}
