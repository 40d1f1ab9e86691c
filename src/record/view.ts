/** What of a session is shown: the switches that chat commands and the command line share. Pure. */
import type { FormatOptions, Preset } from './formats/format.ts';
import { presets } from './formats/presets.ts';

/** Parts that can be switched on or off by themselves. */
export const viewSwitches = [
  'user',
  'assistant',
  'decisions',
  'thinking',
  'tools',
  'system',
  'bookkeeping',
  'replayed',
  'anchors',
] as const;
export type ViewSwitch = (typeof viewSwitches)[number];

/** A choice of what is shown; survives JSON. */
export interface View {
  readonly preset: Preset;
  readonly switches: Readonly<Partial<Record<ViewSwitch, boolean>>>;
}

/** Settings that hold for all views of this installation. */
export interface ViewSettings extends Pick<FormatOptions, 'headingTime' | 'timeZone' | 'toolResultLines'> {
  readonly anchors: boolean;
}

export function formatOptions({ preset, switches }: View, settings: ViewSettings): FormatOptions {
  const { headingTime, timeZone, toolResultLines } = settings;
  const anchors = presets[preset].anchors || settings.anchors;
  return { ...presets[preset], anchors, headingTime, timeZone, toolResultLines, ...switches };
}
