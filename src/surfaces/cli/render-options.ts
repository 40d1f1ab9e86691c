/** What is to be shown, from a command's flags and the settings. */
import type { Command } from 'commander';
import type { RenderRequest } from '../../app/kato.ts';
import type { Config } from '../../config/config.ts';
import { KatoError } from '../../core/errors.ts';
import type { FormatId, FormatOptions, Preset } from '../../record/formats/format.ts';
import { presetNames, presets } from '../../record/formats/presets.ts';

export interface RenderFlags {
  readonly preset?: string;
  readonly with?: readonly string[];
  readonly without?: readonly string[];
  readonly last?: string;
  readonly current?: boolean;
}

/** Parts that can be switched on or off by themselves. */
const SWITCHES: Readonly<Record<string, keyof FormatOptions>> = {
  user: 'user',
  assistant: 'assistant',
  decisions: 'decisions',
  thinking: 'thinking',
  tools: 'tools',
  system: 'system',
  bookkeeping: 'bookkeeping',
  replayed: 'replayed',
  anchors: 'anchors',
};
const switchNames = [...Object.keys(SWITCHES), 'subagents'];

export function renderRequest(format: FormatId, flags: RenderFlags, config: Config): RenderRequest {
  const preset = presetFor(format, flags, config);
  const { headingTime, toolResultLines, anchors } = config.recording;
  let options: FormatOptions = {
    ...presets[preset],
    anchors: presets[preset].anchors || anchors,
    headingTime,
    toolResultLines,
    timeZone: Intl.DateTimeFormat().resolvedOptions().timeZone,
  };
  for (const [names, value] of [
    [flags.with ?? [], true],
    [flags.without ?? [], false],
  ] as const) {
    for (const name of names.filter((one) => one !== 'subagents')) {
      const key = SWITCHES[name];
      if (key === undefined) throw unknownSwitch(name);
      options = { ...options, [key]: value };
    }
  }
  const isInlined = flags.with?.includes('subagents') === true;
  return {
    format,
    options,
    ...(flags.last !== undefined && { last: wholeNumber(flags.last) }),
    ...(flags.current === true && { current: true }),
    ...(isInlined && { subagents: true }),
  };
}

/** JSON lines hold every event unless fewer are asked for. */
function presetFor(format: FormatId, { preset }: RenderFlags, config: Config): Preset {
  const name = preset ?? (format === 'jsonl' ? 'audit' : config.recording.preset);
  const known = presetNames.find((candidate) => candidate === name);
  if (known !== undefined) return known;
  throw new KatoError('usage', `no preset \`${name}\``, { hint: `presets: ${presetNames.join(', ')}` });
}

function unknownSwitch(name: string): KatoError {
  return new KatoError('usage', `nothing to show is called \`${name}\``, { hint: `known: ${switchNames.join(', ')}` });
}

export function wholeNumber(text: string): number {
  const number = Number(text);
  if (Number.isSafeInteger(number) && number > 0) return number;
  throw new KatoError('usage', `\`--last ${text}\` is not a number of turns`, {
    hint: 'give a whole number, such as --last 3',
  });
}

/** For commands that can read a log which could not be brought over. */
export function addEngineOption(command: Command): Command {
  return command.option('--engine <name>', 'log: what the log engine has left beside the store, see `kato migrate`');
}

/** The flags that say what is shown, the same for every command that shows a session. */
export function addRenderOptions(command: Command): Command {
  return command
    .option('--preset <name>', `what to show: ${presetNames.join(', ')}`)
    .option('--with <names>', `also show, separated by commas: ${switchNames.join(', ')}`, collect)
    .option('--without <names>', 'do not show these', collect)
    .option('--last <turns>', 'only the last so many turns')
    .option('--current', 'leave out what was taken back or revised');
}

export function collect(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, ...value.split(',')];
}
