import type { CleanReport, CleanRequest } from '../../../app/kato.ts';
import { KatoError } from '../../../core/errors.ts';
import type { CliCommand } from '../command.ts';
import type { CliContext } from '../context.ts';
import { agreed } from '../prompt.ts';
import { visibleLine } from '../terminal.ts';
import { bytes, count, parseSince } from '../words.ts';
import { sessionJson } from './sessions.ts';

export const cleanCommand: CliCommand = {
  define: (command) =>
    command
      .description('take away old logs, old transcripts, the files of old recordings')
      .option('--logs', "the daemon's logs; the audit log only begins a new part")
      .option('--sessions <age>', 'transcripts without activity for so long: 90d, 12w, 2026-01-01')
      .option('--recordings <age>', "files in kato's own recordings folder, not written for so long")
      .option('--dry-run', 'only say what would be taken away')
      .option('--yes', 'do not ask')
      .addHelpText('after', HELP),
  async run(context, _args, flags) {
    const request = requestOf(context, flags);
    const kato = await context.kato();
    if (await isRefused(context, flags, () => kato.clean({ ...request, dryRun: true }))) return 1;
    const report = await kato.clean({ ...request, ...(flags.dryRun === true && { dryRun: true }) });
    if (context.options.json) context.printJson('clean', toJson(report));
    else context.print(page(report, context).join('\n'));
    if (report.sessions.length > 0) context.hint("the agents' own files stay; `kato import FILE` takes one in again");
    return 0;
  },
};

const HELP = `
A session that is being recorded stays, whatever its age, and so does a file that holds a byte which is not kato's, or whose recording is on. Transcripts go without a trace of their text. \`kato forget\` does the same to one session, for ever.

On a terminal it asks before transcripts or recorded files go; without one, with --yes, and for logs it does not.

Examples:
  kato clean --sessions 90d --dry-run
  kato clean --sessions 90d --recordings 90d --logs
`;

function requestOf(context: CliContext, flags: Readonly<Record<string, unknown>>): CleanRequest {
  const { logs, sessions, recordings } = flags;
  if (logs !== true && sessions === undefined && recordings === undefined) {
    throw new KatoError('usage', 'nothing was named to clean', {
      hint: '--logs, --sessions AGE, --recordings AGE; with --dry-run it only says what would go',
    });
  }
  return {
    ...(logs === true && { logs }),
    ...(typeof sessions === 'string' && { sessionsBefore: ageOf(context, '--sessions', sessions) }),
    ...(typeof recordings === 'string' && { recordingsBefore: ageOf(context, '--recordings', recordings) }),
  };
}

function ageOf({ services }: CliContext, flag: string, text: string): string {
  const before = parseSince(text, services.now());
  if (before !== undefined && Date.parse(before) <= services.now()) return before;
  throw new KatoError('usage', `\`${flag} ${text}\` is no age`, { hint: 'such as 90d, 12w, 2026-01-01' });
}

/** A person is asked first, for what is deleted cannot be made again. Who runs it from a script has said so. */
async function isRefused(
  context: CliContext,
  flags: Readonly<Record<string, unknown>>,
  look: () => Promise<CleanReport>,
): Promise<boolean> {
  if (!context.isInteractive || flags.yes === true || flags.dryRun === true) return false;
  const { sessions, recordings } = await look();
  if (sessions.length + recordings.length === 0) return false;
  const what = [
    ...(sessions.length > 0 ? [count(sessions.length, 'transcript')] : []),
    ...(recordings.length > 0 ? [count(recordings.length, 'recorded file')] : []),
  ];
  if (await agreed(context, `Delete ${what.join(' and ')}?`)) return false;
  context.note('nothing was taken away');
  return true;
}

function toJson({ sessions, recorded, ...report }: CleanReport) {
  return { ...report, sessions: sessions.map(sessionJson), recorded: recorded.map(sessionJson) };
}

const KEPT: Readonly<Record<CleanReport['keptRecordings'][number]['reason'], string>> = {
  edited: 'it holds something that kato did not write',
  unproven: 'its transcript is not here any more to compare it with',
  unfinished: 'not all of it is written yet',
};

function page(report: CleanReport, context: CliContext): string[] {
  const { dryRun, logs, recordings, keptRecordings, sessions, recorded, freedBytes } = report;
  const verb = dryRun ? 'would remove' : 'removed';
  const shown = (path: string) => context.shown(visibleLine(path));
  const freed = freedBytes > 0 ? `; ${bytes(freedBytes)} less on disk` : '';
  const lines = [
    ...logs.map((log) =>
      log.how === 'removed'
        ? `${verb} ${shown(log.path)} (${bytes(log.bytes)})`
        : `${dryRun ? 'would begin' : 'began'} a new part of ${shown(log.path)}`,
    ),
    ...recordings.map((one) => `${verb} ${shown(one.path)} (${bytes(one.bytes)})`),
    ...keptRecordings.map(({ path, reason }) => `kept ${shown(path)}: ${KEPT[reason]}`),
    ...(sessions.length > 0 ? [`${verb} ${count(sessions.length, 'transcript')}${freed}`] : []),
    ...sessions.map(({ shortId, key, facts }) => {
      return `  ${shortId}  ${key.provider}  ${visibleLine(facts.title?.text ?? '(no title)')}`;
    }),
    ...(recorded.length > 0 ? [`kept ${count(recorded.length, 'transcript')}, which are being recorded`] : []),
  ];
  return lines.length > 0 ? lines : ['nothing to take away'];
}
