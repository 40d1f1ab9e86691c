/** A round that a seed chooses: the golden case, the engine, and all that happens. */
import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { providers } from '../../src/providers/registry.ts';
import { createMemoryStore } from '../../src/store/memory.ts';
import { openSqliteStore } from '../../src/store/sqlite.ts';
import { Random } from '../bench/random.ts';
import { FIXTURES } from '../support/cli.ts';
import { runRound } from './round.ts';

/** Throws when a law is broken. `folder` is an empty folder to work in. */
export async function fuzzOnce(seed: number, folder: string, steps: number): Promise<void> {
  const random = new Random(seed);
  const provider = providers[seed % providers.length];
  if (!provider) throw new Error('there is no provider');
  const cases = readdirSync(join(FIXTURES, provider.id)).sort();
  const input = join(FIXTURES, provider.id, cases[random.below(cases.length)] ?? '', 'input');
  const root = join(folder, 'agent');
  mkdirSync(root);
  const store = random.below(3) === 0 ? openSqliteStore(join(folder, 'kato.db')) : createMemoryStore();
  try {
    await runRound({ provider, input, root, store, random, steps });
  } finally {
    await store.close();
  }
}
