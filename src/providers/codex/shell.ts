/**
 * `!` commands, which a person runs without the model: a block that wraps command and output for the model and, since
 * 0.146, an item before it.
 */
import { stringAt } from '../../core/json.ts';
import type { Draft } from '../provider.ts';
import { openCarrier, pairCarrier } from './carriers.ts';
import { draftOf, type Line, raw, rawDraft, type Told, told } from './line.ts';
import type { CodexState, Side } from './state.ts';
import { commandOf } from './tools.ts';
import type { Voice } from './wrappers.ts';

/** Both carriers of a `!` command stand in a turn of their own, so they are paired by order: the words are not compared. */
const SHELL = '';

/** `!` commands in a message; an item may have told them before. */
export function tellCommands(
  before: CodexState,
  line: Line,
  side: Side,
  blocks: readonly { readonly index: number; readonly voice: Voice }[],
): { readonly state: CodexState; readonly drafts: readonly Draft[] } {
  let state = before;
  const drafts: Draft[] = [];
  for (const { index, voice } of blocks) {
    if (voice.kind !== 'command') continue;
    const paired = pairCarrier(state, { side, kind: 'shell', text: SHELL });
    state = paired ?? openCarrier(state, { side, kind: 'shell', text: SHELL });
    if (paired) drafts.push(rawDraft(line, `raw:${index}`));
    else drafts.push(...commandDrafts(line, index, voice.command, voice.output));
  }
  return { state, drafts };
}

function commandDrafts(line: Line, index: number, command: string, output: string): Draft[] {
  const more = { origin: 'command' } as const;
  return [
    draftOf(line, 'user.message', `command:${index}`, { text: `! ${command}` }, more),
    draftOf(line, 'system.message', `output:${index}`, { text: output, subtype: 'command-output' }, more),
  ];
}

/** A `!` command as the interface ran it: a command line through a shell. */
export function decodeUserShell(before: CodexState, line: Line, item: unknown): Told {
  const paired = pairCarrier(before, { side: 'event', kind: 'shell', text: SHELL });
  if (paired) return raw(paired, line);
  const output = stringAt(item, 'aggregated_output') ?? stringAt(item, 'stdout') ?? '';
  return told(
    openCarrier(before, { side: 'event', kind: 'shell', text: SHELL }),
    ...commandDrafts(line, 0, commandOf(item), output),
  );
}
