import type { CliCommand } from '../command.ts';
import { count } from '../words.ts';

export const verifyCommand: CliCommand = {
  define: (command) =>
    command
      .description('check everything that the store promises')
      .addHelpText(
        'after',
        '\nExit status 1 when something is wrong.\n\nExamples:\n  kato verify\n  kato verify --json | jq .data\n',
      ),
  async run(context) {
    const kato = await context.kato();
    const flaws = [];
    for await (const flaw of kato.verify()) {
      flaws.push(flaw);
      if (!context.options.json) context.print(`${context.out.red(flaw.code)}  ${flaw.what}`);
    }
    if (context.options.json) context.printJson('verify', flaws);
    else if (flaws.length === 0) context.print('the store is sound');
    else
      context.hint(`${count(flaws.length, 'flaw')}; keep the store as it is, and make a copy before you try anything`);
    return flaws.length === 0 ? 0 : 1;
  },
};
