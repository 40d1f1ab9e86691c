/** The ways to ask kato what it knows: quickly, through the daemon's socket; and as a person would. */
import { sessionId } from '../../src/core/session.ts';
import { type ControlClient, connectControl } from '../../src/surfaces/control/client.ts';
import { controlSocketPath } from '../../src/surfaces/control/socket-path.ts';
import type { TestHome } from '../support/cli.ts';
import type { CommandView, RecordingView, Witness } from './flaws.ts';

const ANSWER_MS = 20_000;

/** The running daemon of this home. */
export async function connectWitness(home: TestHome): Promise<Witness & { readonly client: ControlClient }> {
  const client = await connectControl(controlSocketPath(home.kato), ANSWER_MS);
  if (!client) throw new Error('the daemon does not answer');
  return {
    client,
    recordings: async () =>
      (await client.recordings()).map(({ id, sessionId: session, path, on, failure }) => {
        return { id, session, path, on, failure };
      }),
    async exported(id) {
      let text = '';
      for await (const piece of client.recordingText(id)) text += piece;
      return text;
    },
    commands: async () =>
      (await client.commands(undefined)).map(({ session, line, kind }) => {
        return { session: sessionId(session), line, outcome: kind };
      }),
  };
}

/** The command line, with the daemon up or down. */
export function commandLineWitness(home: TestHome): Witness {
  return {
    recordings: async () => home.json<RecordingView[]>(['recordings']),
    exported: async (id) => home.ok(['export', '--recording', id, '-o', '-']),
    commands: async () => home.json<CommandView[]>(['commands']),
  };
}
