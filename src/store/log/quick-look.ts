/** A short look at the log engine's folder, by who does not have it open: nothing in it is changed. */
import { KatoError } from '../../core/errors.ts';
import type { StoreLook } from '../store.ts';
import { nodeDisk } from './disk.ts';
import { logFailure } from './failure.ts';
import { Ledgers } from './ledgers.ts';
import { LOG_VERSION } from './record.ts';

/** How the logs in this folder look, whose files have this many bytes together. */
export function lookAtLogs(path: string, bytes: number): StoreLook {
  const look: StoreLook = { engine: 'log', bytes, schema: LOG_VERSION, newest: LOG_VERSION, isChecked: true };
  try {
    const ledgers = new Ledgers(nodeDisk, path);
    ledgers.load();
    const closed = [...ledgers.all()].filter(({ failure }) => failure).length;
    const damaged = [...ledgers.all()].filter(({ summary }) => summary.damaged.length > 0 || summary.isCutShort).length;
    if (closed === 0 && damaged === 0) return look;
    return { ...look, flaw: `of its logs, ${closed} cannot be opened, and ${damaged} have lost something` };
  } catch (error) {
    const isNewer = error instanceof KatoError && error.code === 'store-newer';
    return {
      ...look,
      flaw: logFailure(error, 'it cannot be looked at').message,
      ...(isNewer && { schema: LOG_VERSION + 1 }),
    };
  }
}
