/** The lines in a message that steer kato. Here only what everyone must know: which lines those are. */

export const commandVerbs = ['init', 'record', 'start', 'capture', 'export', 'stop'] as const;

const COMMAND_LINE = new RegExp(`^ {0,3}::(?:${commandVerbs.join('|')})(?:[ \\t].*)?$`, 'i');

/** The text without its command lines; for titles. */
export function withoutCommandLines(text: string): string {
  if (!text.includes('::')) return text;
  return text
    .split('\n')
    .filter((line) => !COMMAND_LINE.test(line.trimEnd()))
    .join('\n');
}
