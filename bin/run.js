'use strict';
// A file of its own, because older Nodes cannot even parse `import()`.
require('node:module').enableCompileCache();
// A reader that has gone (`kato sessions | head`) ends the command quietly.
process.stdout.on('error', (error) => {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
});
import('../dist/main.js')
  .then((kato) => kato.main(process.argv.slice(2)))
  .then((status) => {
    process.exitCode = status;
  });
