import { nothingToShow } from '../../../app/nothing.ts';
import { KatoError } from '../../../core/errors.ts';
import type { FormatId } from '../../../record/formats/format.ts';
import type { CliCommand } from '../command.ts';
import type { CliContext } from '../context.ts';
import { findSession } from '../left-log.ts';
import { addEngineOption, addRenderOptions, type RenderFlags, renderRequest } from '../render-options.ts';
import { visible } from '../terminal.ts';
import { count } from '../words.ts';
import { write } from '../write.ts';

export const exportCommand: CliCommand = {
  define: (command) =>
    addEngineOption(
      addRenderOptions(
        command.argument('[session...]', 'session ids or prefixes of them, provider/…, latest, or @here'),
      ),
    )
      .description('write sessions to files, once')
      .option('-o, --output <path>', 'a file or folder; - prints; without it, a file among the recordings')
      .option('-f, --format <format>', 'markdown or jsonl; without it, as the file name says')
      .option('--recording <id>', 'exactly what the file of this recording should hold')
      .option('--overwrite', 'replace an existing file; it is kept beside the new one')
      .addHelpText(
        'after',
        '\nExamples:\n  kato export latest\n  kato export 1c2f9a77 -o - -f jsonl | jq .kind\n  kato export 1c2f 77ab -f jsonl\n  kato export --recording 239a -o -\n\nOnce ~/notes is allowed, and there (kato config set write.roots "[~/notes]"):\n  kato export 1c2f9a77 -o ~/notes/retry-queue.md --preset full\n  kato export 1c2f 77ab -o ~/notes/archive/\n',
      ),
  async run(context, [selectors], flags) {
    const names = selectors as readonly string[];
    const output = typeof flags.output === 'string' ? flags.output : undefined;
    const format = formatOf(flags.format, output);
    if (output === '-' && context.options.json) {
      throw new KatoError('usage', '`--json` says what was written, and -o - writes no file', {
        hint: 'for events as JSON: -o - -f jsonl, without --json',
      });
    }
    if (typeof flags.recording === 'string') return exportRecording(context, flags.recording, names, output, flags);
    if (names.length === 0)
      throw new KatoError('usage', "missing required argument 'session'", {
        hint: '`kato export --help` shows how it is used',
      });
    if (output === '-') return printSessions(context, names, format, flags);
    return writeSessions(context, names, format, output, flags);
  },
};

/** As it was said when the recording was begun: nothing but the place can be chosen. */
async function exportRecording(
  context: CliContext,
  recording: string,
  names: readonly string[],
  output: string | undefined,
  flags: Readonly<Record<string, unknown>>,
): Promise<number> {
  const asked = ['format', 'preset', 'with', 'without', 'last', 'current', 'engine'].filter(
    (name) => flags[name] !== undefined,
  );
  if (names.length > 0 || asked.length > 0) {
    const what = names.length > 0 ? 'a session' : `--${asked[0]}`;
    throw new KatoError('usage', `\`--recording\` says all by itself; ${what} does not go with it`, {
      hint: 'leave it out, or export the session',
    });
  }
  const kato = await context.kato();
  if (output === '-') {
    const { stdout } = context.services.streams;
    const pieces = kato.recordingText(recording);
    await write(stdout, stdout.isTTY === true ? sanitised(pieces) : pieces);
    return 0;
  }
  const report = await kato.exportRecording({
    recording,
    ...(output !== undefined && { path: context.resolve(output) }),
    overwrite: flags.overwrite === true,
  });
  if (context.options.json) {
    const found = (await kato.recordings()).find(({ id }) => id.startsWith(recording.toLowerCase()));
    const about = { session: found?.sessionId ?? '', provider: found?.session.provider ?? '' };
    context.printJson('export', [{ ...about, ...report }]);
  } else context.print(report.path);
  return 0;
}

function formatOf(asked: unknown, output = ''): FormatId {
  const [, suffix] = /\.(md|markdown|jsonl)$/i.exec(output) ?? [];
  const meant = suffix === undefined ? undefined : suffix.toLowerCase() === 'jsonl' ? 'jsonl' : 'markdown';
  const format = asked === undefined ? (meant ?? 'markdown') : knownFormat(asked);
  if (meant === undefined || meant === format) return format;
  throw new KatoError('usage', `\`-f ${asked}\` does not fit a file that ends in .${suffix}`, {
    hint: `leave out -f, or end the name in ${format === 'jsonl' ? '.jsonl' : '.md'}`,
  });
}

function knownFormat(asked: unknown): FormatId {
  if (asked === 'markdown' || asked === 'md') return 'markdown';
  if (asked === 'jsonl') return 'jsonl';
  throw new KatoError('usage', `no format \`${asked}\``, { hint: 'formats: markdown, jsonl' });
}

/** Several sessions go into a folder, each into a file of its own. */
function folderForMany(output: string, count: number): string {
  if (count === 1 || output.endsWith('/')) return output;
  if (/\.(?:md|markdown|jsonl)$/i.test(output)) {
    throw new KatoError('usage', `${count} sessions do not go into one file`, { hint: 'give a folder: -o archive/' });
  }
  return `${output}/`;
}

async function printSessions(
  context: CliContext,
  names: readonly string[],
  format: FormatId,
  flags: Readonly<Record<string, unknown>>,
): Promise<number> {
  const { stdout } = context.services.streams;
  const request = renderRequest(format, flags as RenderFlags, await context.config());
  for (const [index, text] of names.entries()) {
    const { kato, session } = await findSession(context, text, flags.engine);
    const pieces = kato.exportText(session.key, request);
    if (index > 0 && format === 'markdown') context.print('');
    const written = await write(stdout, stdout.isTTY === true ? sanitised(pieces) : pieces);
    if (written === 0) throw nothingToShow(session);
  }
  return 0;
}

async function* sanitised(pieces: AsyncIterable<string>): AsyncGenerator<string> {
  for await (const piece of pieces) yield visible(piece);
}

async function writeSessions(
  context: CliContext,
  names: readonly string[],
  format: FormatId,
  output: string | undefined,
  flags: Readonly<Record<string, unknown>>,
): Promise<number> {
  const request = renderRequest(format, flags as RenderFlags, await context.config());
  const path = output === undefined ? undefined : context.resolve(folderForMany(output, names.length));
  // All are found before any is written.
  const found = [];
  for (const text of names) found.push(await findSession(context, text, flags.engine));
  const reports = [];
  for (const { kato, session, engine } of found) {
    const report = await kato.export({
      ...request,
      key: session.key,
      ...(path !== undefined && { path }),
      overwrite: flags.overwrite === true,
    });
    const from = engine !== undefined && { engine };
    reports.push({ session: session.id, provider: session.key.provider, ...report, ...from });
    if (!context.options.json) context.print(report.path);
    context.note(
      `${count(report.events, 'event')}${report.backup === undefined ? '' : `; the file that was there is now ${report.backup}`}`,
    );
  }
  if (context.options.json) context.printJson('export', reports);
  return 0;
}
