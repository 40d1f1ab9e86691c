/** Kato in this process, for any agent: real files, a real store and the recorder, with the policy of the program. */
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import type { TestContext } from 'node:test';
import { policyFor } from '../../src/app/export.ts';
import { providers } from '../../src/providers/registry.ts';
import { type CommandOutcome, kept } from '../../src/record/book.ts';
import { commandPayloads } from '../../src/record/commands.ts';
import { type Format, providerOf } from '../fake-agent/script.ts';
import { Studio } from '../record/support.ts';
import { filesBelow } from '../support/derive.ts';
import type { Folders } from './lines.ts';

export class Ear extends Studio {
  readonly folders: Folders;
  /** Paths for which writing was granted, once for each command. */
  readonly granted: string[] = [];

  constructor(t: TestContext, format: Format) {
    const { id, root } = providerOf[format];
    const provider = providers.find((one) => one.id === id);
    super(t, { root, ...(provider && { provider }) });
    this.folders = { home: this.home, notes: 'notes', work: 'work' };
    for (const folder of [`${this.home}/work`, this.stage.root]) mkdirSync(folder, { recursive: true });
    const places = {
      ...{ katoHome: `${this.home}/.kato`, userHome: this.home, recordings: this.recordings },
      ...{ configuredRoots: [this.notes], projectFolders: true, roots: [{ path: this.stage.root }] },
    };
    this.change = {
      policyFor: (session) => policyFor(session, places),
      audit: {
        log: (_, event, facts) => {
          if (event === 'write.granted') this.granted.push(String(facts?.path));
        },
      },
    };
    this.recorder = this.make();
  }

  /** Takes in what is new, in all sessions. */
  override async take(): Promise<void> {
    await this.stage.pass({ cause: 'live', commandsIn: (text) => commandPayloads(text, { prefix: '' }) });
    await this.recorder.taken((await this.store.sessions()).map(({ key }) => key));
  }

  /** Each of the agent's files is another one with the same bytes, as after a rotation or a backup that is put back. */
  replaceAll(): void {
    for (const name of filesBelow(this.stage.root)) {
      const path = `${this.stage.root}/${name}`;
      writeFileSync(`${path}.new`, readFileSync(path));
      renameSync(`${path}.new`, path);
    }
  }

  /** Each of the agent's files is emptied and written again, in place. */
  async rewriteAll(): Promise<void> {
    for (const name of filesBelow(this.stage.root)) {
      const path = `${this.stage.root}/${name}`;
      const bytes = readFileSync(path);
      writeFileSync(path, bytes.subarray(0, bytes.length >> 1));
      await this.take();
      writeFileSync(path, bytes);
    }
    await this.take();
  }

  async told(): Promise<readonly CommandOutcome[]> {
    return (await this.store.offsets('command/')).flatMap((offset) => kept<CommandOutcome>(offset) ?? []);
  }

  /** All files that kato has written, with their bytes. */
  written(): ReadonlyMap<string, string> {
    const folders = [this.notes, this.recordings, `${this.home}/work`].filter((folder) => existsSync(folder));
    return new Map(
      folders.flatMap((folder) =>
        filesBelow(folder).map((name) => [`${folder}/${name}`, readFileSync(`${folder}/${name}`, 'utf8')] as const),
      ),
    );
  }
}
