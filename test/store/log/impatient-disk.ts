/** A disk that is not waited for, for tests of everything but what a power cut leaves. */
import { type Disk, nodeDisk } from '../../../src/store/log/disk.ts';

export const impatientDisk: Disk = { ...nodeDisk, sync() {}, syncFolder() {} };
