/** Who may import whom: the rules of docs/architecture.md. */
const pure =
  '^(src/core|src/providers|src/ingest/framing|src/record/formats|src/record/(commands|plan|write-policy)\\.ts)';
const composition =
  '^src/(main|open-store|spare-lock|live-components|ingest-worker|index|store-api|providers-api)\\.ts$';

module.exports = {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    { name: 'no-orphans', severity: 'error', from: { orphan: true, pathNot: composition }, to: {} },
    {
      name: 'core-imports-nothing-of-ours',
      severity: 'error',
      from: { path: '^src/core/' },
      to: { path: '^src/', pathNot: '^src/core/' },
    },
    {
      name: 'pure-parts-touch-no-system',
      comment: 'no clock, no file, no process: only crypto and zlib',
      severity: 'error',
      from: { path: pure },
      to: { dependencyTypes: ['core'], pathNot: '^(node:)?(crypto|zlib)$' },
    },
    {
      name: 'core-has-no-dependency',
      severity: 'error',
      from: { path: '^src/(core|providers|ingest|store)/' },
      to: { dependencyTypes: ['npm', 'npm-dev', 'npm-optional', 'npm-peer'] },
    },
    {
      name: 'sqlite-stays-in-its-engine',
      comment: 'and in the lock of the daemon: a lock of SQLite is free at once when its holder is killed',
      severity: 'error',
      from: { pathNot: '^src/(store/sqlite|daemon/lockfile\\.ts$)' },
      to: { path: '^(node:)?sqlite$' },
    },
    {
      name: 'layers: config and platform know core alone',
      severity: 'error',
      from: { path: '^src/(config|platform)/' },
      to: { path: '^src/', pathNot: '^src/(core|config|platform)/' },
    },
    {
      name: 'layers: the daemon knows core alone: nothing of transcripts',
      severity: 'error',
      from: { path: '^src/daemon/' },
      to: { path: '^src/', pathNot: '^src/(core|daemon)/' },
    },
    {
      name: 'layers: providers know core alone',
      severity: 'error',
      from: { path: '^src/providers/' },
      to: { path: '^src/', pathNot: '^src/(core|providers)/' },
    },
    {
      name: 'providers-do-not-know-each-other',
      severity: 'error',
      from: { path: '^src/providers/([^/]+)/', pathNot: '^src/providers/shared/' },
      to: { path: '^src/providers/([^/]+)/', pathNot: ['^src/providers/$1/', '^src/providers/shared/'] },
    },
    {
      name: 'layers: the store knows core alone',
      severity: 'error',
      from: { path: '^src/store/' },
      to: { path: '^src/', pathNot: '^src/(core|store)/' },
    },
    {
      name: 'layers: ingest knows the contracts of providers and of the store',
      severity: 'error',
      from: { path: '^src/ingest/' },
      to: {
        path: '^src/',
        pathNot: '^src/(core|ingest)/|^src/providers/provider\\.ts$|^src/store/(store|page|sighting)\\.ts$',
      },
    },
    {
      name: 'layers: record knows core and the contract of the store',
      severity: 'error',
      from: { path: '^src/record/' },
      to: { path: '^src/', pathNot: '^src/(core|record)/|^src/store/store\\.ts$' },
    },
    {
      name: 'layers: app knows contracts only',
      severity: 'error',
      from: { path: '^src/app/' },
      to: {
        path: '^src/(platform|config|surfaces|daemon|store/sqlite|store/memory|store/log|providers/(?!provider\\.ts))|^src/record/formats/(registry|markdown|jsonl)\\.ts',
      },
    },
    {
      name: 'layers: surfaces know app and contracts, and not each other',
      severity: 'error',
      from: { path: '^src/surfaces/([^/]+)/' },
      to: {
        path: '^src/',
        pathNot: [
          '^src/(core|app|config)/',
          '^src/surfaces/$1/',
          '^src/record/(formats/(format|presets)|view|commands|command-arguments)\\.ts$',
          '^src/(ingest/ingestor|store/store)\\.ts$',
        ],
      },
    },
    {
      name: 'only-the-composition-root-knows-concrete-things',
      severity: 'error',
      from: { path: '^src/', pathNot: `${composition}|^src/(platform|store|providers)/` },
      to: { path: '^src/(platform/|store/(sqlite|memory|log)|providers/registry)' },
    },
    { name: 'nothing-imports-tests', severity: 'error', from: { path: '^src/' }, to: { path: '^(test|scripts)/' } },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    includeOnly: '^(src|node_modules|(node:)?[a-z_/]+$)',
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node'] },
  },
};
