import { schema1 } from './0001-initial.ts';

/** The schema's history: migration n leads from schema n to schema n + 1. Only ever added to. */
export const migrations: readonly string[] = [schema1];
