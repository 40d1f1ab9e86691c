/**
 * Builds `dist/` from `src/`, leaving nothing of an earlier build: types from the compiler, and the program as a few
 * files that hold what they need, the three dependencies included, because finding and reading a hundred small files is
 * most of what a short command would do.
 */
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type BuildOptions, build } from 'esbuild';

rmSync('dist', { recursive: true, force: true });
const compiler = 'node_modules/typescript-native/bin/tsc';
const { status } = spawnSync(process.execPath, [compiler, '-p', 'tsconfig.build.json'], { stdio: 'inherit' });
if (status !== 0) process.exit(status ?? 1);

const shared: BuildOptions = {
  outdir: 'dist',
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node24',
  legalComments: 'none',
  metafile: true,
  logLevel: 'warning',
  // Dependencies that are CommonJS ask for Node's modules by `require`.
  banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
};
const entries = (...names: readonly string[]) => names.map((name) => `src/${name}.ts`);
// A program is one file each; what only some commands need is in it, and runs when it is asked for.
const programs = await build({ ...shared, entryPoints: entries('main', 'ingest-worker') });
// A library shares its classes between its entries. Chunks lie beside them: modules find files relative to their own.
const library = {
  entryPoints: entries('index', 'store-api', 'providers-api'),
  splitting: true,
  chunkNames: '[name]-[hash]',
};
const libraries = await build({ ...shared, ...library });
const inputs = [programs, libraries].flatMap(({ metafile }) => Object.keys(metafile?.inputs ?? {}));
writeFileSync('dist/THIRD-PARTY-LICENSES', licenses(inputs));

/** The licences of the packages whose code is in the bundle. */
function licenses(paths: readonly string[]): string {
  const names = paths.flatMap((path) => /^node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1] ?? []);
  const texts = [...new Set(names)].sort().map((name) => {
    const folder = join('node_modules', name);
    const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
    if (file === undefined) throw new Error(`${name} has no licence file`);
    return `${name}\n\n${readFileSync(join(folder, file), 'utf8').trim()}\n`;
  });
  return texts.join(`\n${'-'.repeat(80)}\n\n`);
}
