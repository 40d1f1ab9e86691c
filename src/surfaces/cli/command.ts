import type { Command } from 'commander';
import type { CliContext } from './context.ts';

/** A command as the program registers it. `run` gets the context, the arguments and the flags; its result is the exit status. */
export interface CliCommand {
  readonly define: (command: Command) => Command;
  readonly run: (
    context: CliContext,
    args: readonly unknown[],
    flags: Readonly<Record<string, unknown>>,
  ) => Promise<number>;
}
