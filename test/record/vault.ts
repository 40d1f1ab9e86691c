/** A studio with folders that a chat must not reach, and an audit log: for tests of where kato writes. */
import { lstatSync, mkdirSync, readdirSync, readFileSync, readlinkSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { type CommandOutcome, kept } from '../../src/record/book.ts';
import type { RootKind, WriteRoot } from '../../src/record/write-policy.ts';
import { Studio } from './support.ts';

/** Stands in the conversation, in its title, and in files that are there; never in a log. */
export const PLANTED = 'marmalade';

interface Noted {
  readonly event: string;
  readonly path: string;
  readonly reason?: string;
  readonly provider?: string;
}

export class Vault extends Studio {
  readonly audited: Noted[] = [];
  readonly project: string;
  /** Nobody's business. */
  readonly outside: string;
  readonly #roots: WriteRoot[];

  constructor(t: TestContext) {
    super(t);
    this.project = join(this.home, 'project');
    this.outside = join(this.home, 'outside');
    for (const folder of [this.project, this.outside]) mkdirSync(folder);
    writeFileSync(join(this.outside, 'diary.md'), `my ${PLANTED}\n`);
    this.#roots = [
      { kind: 'recordings', path: this.recordings },
      { kind: 'configured', path: this.notes },
      { kind: 'project', path: this.project },
    ];
    this.change = {
      audit: { log: (_, event, facts) => void this.audited.push({ event, ...(facts as Omit<Noted, 'event'>) }) },
      nameFor: () => `2026-07-01_1000-${PLANTED}--1c2f9a77.md`,
      policyFor: () => ({
        roots: this.#roots,
        katoHome: join(this.home, '.kato'),
        userHome: this.home,
        agentFolders: [this.stage.root],
      }),
    };
    this.recorder = this.make();
  }

  /** Allows a folder of the person's home, and names a path below it. */
  allow(kind: RootKind, folder: string, path: string): string {
    const root = join(this.home, folder);
    this.#roots.push({ kind, path: root });
    return join(root, path);
  }

  /** A link in the person's home. */
  link(name: string, target: string): void {
    symlinkSync(target, join(this.home, name));
  }

  async answers(): Promise<readonly CommandOutcome[]> {
    return (await this.store.offsets('command/')).flatMap((offset) => kept<CommandOutcome>(offset) ?? []);
  }

  /** Paths that were noted as this, in order. */
  noted(event: 'write.granted' | 'write.denied' | 'export.done'): readonly string[] {
    return this.audited.filter((one) => one.event === event).map(({ path }) => path);
  }

  /** Everything in the person's folders, but for kato's own and the agent's. */
  tree(): ReadonlyMap<string, string> {
    const found = new Map<string, string>();
    for (const name of readdirSync(this.home)) if (name !== '.kato' && name !== 'agent') this.#look(name, found);
    return found;
  }

  #look(name: string, found: Map<string, string>): void {
    const path = join(this.home, name);
    const stat = lstatSync(path);
    if (stat.isDirectory()) for (const entry of readdirSync(path)) this.#look(join(name, entry), found);
    if (stat.isDirectory()) found.set(name, 'folder');
    else if (stat.isSymbolicLink()) found.set(name, `link to ${readlinkSync(path)}`);
    else found.set(name, stat.isFile() ? readFileSync(path, 'utf8') : 'special');
  }
}
