/** What `kato doctor` looks at. */
import type { StoreLook } from '../../store/store.ts';
import type { KatoStatus } from '../kato.ts';

/** A file or folder of kato's own. */
export interface OwnPlace {
  readonly path: string;
  readonly kind: 'file' | 'folder';
  /** Permission bits. */
  readonly mode: number;
  readonly isOurs: boolean;
  readonly isWritable: boolean;
}

export interface Failing {
  readonly message: string;
  readonly hint?: string;
}

/** What can be said of the machine and of kato's home without opening kato. */
export interface MachineFacts {
  readonly version: string;
  readonly katoHome: string;
  /** Those that are there. */
  readonly places: readonly OwnPlace[];
  /** Absent when it can be read and is right; `missing` is no failure. */
  readonly config: Failing | 'missing' | undefined;
  readonly freeBytes: number | undefined;
  /** How many folders the system lets this user watch. */
  readonly mostWatches: number | undefined;
  readonly lock: {
    readonly isHeld: boolean;
    /** The process that says it holds it. */
    readonly pid?: number;
    readonly socket: string;
    readonly hasSocket: boolean;
    readonly answers?: { readonly pid: number; readonly version: string };
  };
  /** Of each engine that has data in the home. */
  readonly stores: readonly StoreLook[];
}

export interface ServiceFacts {
  readonly path: string;
  readonly state: 'none' | 'same' | 'other';
}

export interface Examined {
  readonly machine: MachineFacts;
  /** Absent on systems without a service manager that kato knows. */
  readonly service: ServiceFacts | undefined;
  /** What kato says of itself, or why it cannot be opened; absent when it was not tried. */
  readonly status: KatoStatus | Failing | undefined;
}
