/** What depends on the version that wrote a record. */
import { remember } from '../../core/memo.ts';

type Version = readonly [number, number, number];

/** From here on queued prompts reach the transcript as attachments, and the queue only repeats them. */
const FIRST_WITH_ATTACHMENTS: Version = [2, 1, 92];
/** The first seen to say of a refusal whether the call had begun. */
const FIRST_WITH_DENIALS: Version = [2, 1, 329];

/** Whether, in this version, nothing but the queue carries a prompt that was taken in mid-turn. */
export function carriesQueue(version: string): boolean {
  return isBefore(version, FIRST_WITH_ATTACHMENTS);
}

/** Whether this version tells a refusal from an interruption, which it words alike. */
export function tellsDenials(version: string): boolean {
  return !isBefore(version, FIRST_WITH_DENIALS);
}

function isBefore(version: string, other: Version): boolean {
  const parts = parse(version);
  for (const [index, wanted] of other.entries()) {
    const part = parts[index] ?? 0;
    if (part !== wanted) return part < wanted;
  }
  return false;
}

/** The version's numbers. Nearly always it is the one of the record before. */
const parse = remember((version: string): readonly number[] => version.split('.', 3).map(Number), 4);
