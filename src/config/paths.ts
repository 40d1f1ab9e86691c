/** Where things lie below kato's home folder. */

export interface HomePaths {
  readonly home: string;
  readonly config: string;
  readonly database: string;
  /** What the log engine keeps. */
  readonly transcripts: string;
  readonly recordings: string;
  readonly logs: string;
  readonly run: string;
}

export function homePaths(home: string): HomePaths {
  return {
    home,
    config: `${home}/config.yaml`,
    database: `${home}/kato.db`,
    transcripts: `${home}/transcripts`,
    recordings: `${home}/recordings`,
    logs: `${home}/logs`,
    run: `${home}/run`,
  };
}

/** kato's home folder: what was asked for, else `KATO_HOME`, else `~/.kato`. Nothing is no answer. */
export function katoHome(
  asked: string | undefined,
  variables: Readonly<Record<string, string | undefined>>,
  userHome: string,
): string {
  const chosen = asked || variables.KATO_HOME || `${userHome}/.kato`;
  const expanded = chosen === '~' || chosen.startsWith('~/') ? `${userHome}${chosen.slice(1)}` : chosen;
  return expanded.replace(/(?<=.)\/+$/, '');
}
