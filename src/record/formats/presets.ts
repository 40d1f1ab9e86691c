import type { FormatOptions, Preset } from './format.ts';

type Switches = Omit<FormatOptions, 'anchors' | 'headingTime' | 'timeZone' | 'toolResultLines'>;

const nothing: Switches = {
  user: false,
  assistant: false,
  decisions: false,
  thinking: false,
  tools: false,
  system: false,
  bookkeeping: false,
  replayed: false,
};

const chat: Switches = { ...nothing, user: true, assistant: true, decisions: true };

/** What each preset shows: what the user typed; the conversation; with thinking and tools; everything, with ids. */
export const presets: Readonly<Record<Preset, Switches & { readonly anchors: boolean }>> = {
  prompts: { ...nothing, user: true, anchors: false },
  chat: { ...chat, anchors: false },
  full: { ...chat, thinking: true, tools: true, anchors: false },
  audit: { ...chat, thinking: true, tools: true, system: true, bookkeeping: true, replayed: true, anchors: true },
};

export const presetNames = Object.keys(presets) as readonly Preset[];
