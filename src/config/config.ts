/** The user's settings, as the program sees them: complete, checked, with absolute paths. */

export interface RootSetting {
  readonly path: string;
  /** Absent: as the global setting says. */
  readonly autoGenerateSnapshots?: boolean | undefined;
}

export interface Config {
  readonly version: 1;
  readonly autoGenerateSnapshots: boolean;
  readonly cleanSessionStatesOnShutdown: boolean;
  readonly store: { readonly engine: 'auto' | 'sqlite' | 'log' };
  readonly write: { readonly roots: readonly string[]; readonly projectFolders: boolean };
  /** Roots a provider; a provider that is not named has its default roots, an empty list switches it off. */
  readonly providers: Readonly<Record<string, { readonly roots: readonly RootSetting[] }>>;
  readonly recording: {
    readonly preset: 'prompts' | 'chat' | 'full' | 'audit';
    readonly headingTime: 'local' | 'iso';
    readonly anchors: boolean;
    readonly toolResultLines: number;
    readonly frontmatter: {
      readonly enabled: boolean;
      readonly updated: boolean;
      readonly username: string;
      readonly eventKinds: false;
    };
  };
  readonly commands: {
    readonly enabled: boolean;
    readonly automated: boolean;
    readonly prefix: string;
    readonly perMinute: number;
  };
  readonly logging: { readonly operational: LogSetting; readonly audit: LogSetting };
}

type LogSetting = 'debug' | 'info' | 'warn' | 'error';
