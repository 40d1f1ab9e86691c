'use strict';
// A file of its own, because older Nodes cannot even parse `import()`.
require('node:module').enableCompileCache();
const REASONS = { ENOSPC: 'the disk is full', EDQUOT: 'the disk quota is used up' };
// A reader that has gone (`kato sessions | head`) ends the command quietly; anything else that stdout refuses is told.
process.stdout.on('error', ({ code, message }) => {
  if (code === 'EPIPE') process.exit(0);
  process.stderr.write(`kato: cannot write to standard output: ${REASONS[code] ?? message}\n`);
  process.exit(1);
});
import('../dist/main.js')
  .then((kato) => kato.main(process.argv.slice(2)))
  .then((status) => {
    process.exitCode = status;
  });
