/** Another process that has Hermes' database open: runs each line of its input as SQL, and says when it is done. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';

const PROGRAM = `
  const { DatabaseSync } = require('node:sqlite');
  const database = new DatabaseSync(process.argv[1]);
  console.log('open');
  require('node:readline').createInterface({ input: process.stdin }).on('line', (sql) => {
    if (sql === 'close') database.close();
    else for (const one of sql.split('\\t')) database.exec(one);
    console.log('done');
  });`;

export class HermesWriter {
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess) {
    this.#child = child;
  }

  static async open(t: { after(fn: () => void): void }, path: string): Promise<HermesWriter> {
    const child = spawn(process.execPath, ['-e', PROGRAM, path], { stdio: ['pipe', 'pipe', 'ignore'] });
    t.after(() => child.kill('SIGKILL'));
    const writer = new HermesWriter(child);
    await writer.#said();
    return writer;
  }

  /** One line of SQL, a transaction for each part between tabs; or `close`. */
  async run(sql: string): Promise<void> {
    this.#child.stdin?.write(`${sql}\n`);
    await this.#said();
  }

  async kill(): Promise<void> {
    const ended = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await ended;
  }

  async #said(): Promise<void> {
    const { stdout } = this.#child;
    const ended = once(this.#child, 'exit').then(() => Promise.reject(new Error('the writer has ended')));
    ended.catch(() => {}); // It ends with the test, too.
    if (stdout) await Promise.race([once(stdout, 'data'), ended]);
  }
}
