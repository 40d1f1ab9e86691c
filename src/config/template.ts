/** The config file that `kato init` writes: every choice with a word on what it means. */

export interface TemplateChoices {
  /** Keep durable copies of all conversations, or only of recorded ones. */
  readonly keepAll: boolean;
  /** Folders outside projects where recordings may be written, as the user wrote them. */
  readonly writeRoots: readonly string[];
}

export function configTemplate({ keepAll, writeRoots }: TemplateChoices): string {
  const roots = writeRoots.map((root) => JSON.stringify(root)).join(', ');
  return `# Settings of kato. \`kato config validate\` checks them; \`kato restart\` makes a running daemon take them up.
version: 1

# true: keep a durable transcript of every session; false: only of recorded ones.
autoGenerateSnapshots: ${keepAll}

# true: transcripts are deleted when the daemon stops; recordings stay.
cleanSessionStatesOnShutdown: false

# What keeps transcripts: SQLite where it can serve (auto), always SQLite, or files of JSON lines (log).
# store: { engine: auto }

# Where recordings and exports may be written. kato's own recordings/ folder is always allowed.
write:
  roots: [${roots}]
  # Also in the working folder of the session itself.
  projectFolders: true

# Where agents keep their sessions. A provider that is not named has its usual folders; \`roots: []\` switches it off.
# providers:
#   claude-code: { roots: [{ path: ~/.claude/projects, autoGenerateSnapshots: true }] }

recording:
  preset: chat          # prompts | chat | full | audit
  headingTime: local    # local | iso
  toolResultLines: 0    # 0: tool results are shown whole
  frontmatter: { enabled: true, updated: false, username: '', eventKinds: false }

# Lines such as \`::record notes/today.md\` that you type in your agent. prefix: a word of your own after the \`::\`.
commands: { enabled: true, automated: false, prefix: '', perMinute: 10 }

logging: { operational: info, audit: info }
`;
}
