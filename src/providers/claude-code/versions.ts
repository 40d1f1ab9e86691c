/** What depends on the version that wrote a record. */

/** From here on queued prompts reach the transcript as attachments, and the queue only repeats them. */
const FIRST_WITH_ATTACHMENTS = [2, 1, 92] as const;

/** Whether, in this version, nothing but the queue carries a prompt that was taken in mid-turn. */
export function carriesQueue(version: string): boolean {
  const parts = version.split('.', 3).map(Number);
  for (const [index, wanted] of FIRST_WITH_ATTACHMENTS.entries()) {
    const part = parts[index] ?? 0;
    if (part !== wanted) return part < wanted;
  }
  return false;
}
