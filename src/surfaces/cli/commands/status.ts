import type { Kato, KatoStatus, SessionSummary } from '../../../app/kato.ts';
import type { CliCommand } from '../command.ts';
import type { Output } from '../json.ts';
import { statusPage } from '../status-page.ts';
import { watch } from '../watch.ts';
import { commandJson } from './commands.ts';
import { recordingJson } from './recordings.ts';
import { sessionJson } from './sessions.ts';

export const statusCommand: CliCommand = {
  define: (command) =>
    command
      .description('the daemon, what is recorded, what is not read yet, what was not understood')
      .option('--all', 'every session, every source that is behind and every flaw, not only the first')
      .option('--watch', 'draw it anew every other second, until q or Ctrl-C')
      .option('--live', 'the same as --watch')
      .addHelpText(
        'after',
        '\nWith --watch on a pipe it prints the whole page under a line with the time, each time something has changed besides ages and memory; with --json as well, a line of JSON instead.\n\nExamples:\n  kato status\n  kato status --watch\n  kato status --json | jq .data.lag\n',
      ),
  async run(context, _args, flags) {
    const isAll = flags.all === true;
    if (flags.watch === true || flags.live === true) {
      return watch(context, async (kato) => {
        const status = await readStatus(kato, isAll);
        const data = toJson(status);
        const news = newsIn(data);
        return context.options.json
          ? { name: 'status', data, news }
          : { text: statusPage(status, context, isAll), news };
      });
    }
    const status = await readStatus(await context.kato(), isAll);
    if (context.options.json) context.printJson('status', toJson(status));
    else context.print(statusPage(status, context, isAll));
    return 0;
  },
};

/** What makes a status another one: its ages are those of instants, and memory goes up and down all the time. */
export function newsIn({ memory: _, ...data }: Output<'status'>): string {
  return JSON.stringify(data);
}

async function readStatus(kato: Kato, isAll: boolean): Promise<KatoStatus> {
  const status = await kato.status();
  return isAll ? { ...status, recent: await kato.sessions({}) } : status;
}

function toJson(all: KatoStatus): Output<'status'> {
  const { recent, active: _, recordings, commands, ...status } = all;
  const listed = { recordings: recordings.map(recordingJson), commands: commands.map(commandJson) };
  return { ...status, ...listed, sessions: recent.map((one) => sessionWithRecordings(one, all)) };
}

function sessionWithRecordings(session: SessionSummary, { recordings, lag, active }: KatoStatus) {
  const { id, key } = session;
  const isOwn = (one: KatoStatus['lag'][number]) => one.provider === key.provider && one.nativeId === key.nativeId;
  return {
    ...sessionJson(session),
    stale: !active.includes(id),
    lag: lag.filter(isOwn).reduce((sum, { lagBytes }) => sum + lagBytes, 0),
    recordings: recordings
      .filter(({ sessionId }) => sessionId === id)
      .map((one) => {
        const { id, path, on, lastWriteAt, offset, missing } = recordingJson(one);
        return { id, path, on, lastWriteAt, offset, missing };
      }),
  };
}
