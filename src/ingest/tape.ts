/** Bytes that have been read but are not yet accounted for: the raw chunks of a batch are cut off its front. */
export class Tape {
  #pieces: Uint8Array[] = [];
  #start: number;
  #end: number;

  constructor(startBytes: number) {
    this.#start = startBytes;
    this.#end = startBytes;
  }

  /** Adds bytes that begin at this offset; what is already accounted for is left out. */
  add(bytes: Uint8Array, offset: number): void {
    const fresh = bytes.subarray(Math.max(0, this.#end - offset));
    if (fresh.length === 0) return;
    this.#pieces.push(fresh);
    this.#end += fresh.length;
  }

  /** The bytes up to this offset, taken off the tape; absent when there are none. */
  take(untilBytes: number): { readonly offset: number; readonly bytes: Uint8Array } | undefined {
    const wanted = untilBytes - this.#start;
    if (wanted <= 0) return undefined;
    const taken: Uint8Array[] = [];
    let missing = wanted;
    while (missing > 0) {
      const piece = this.#pieces.shift();
      if (!piece) break;
      taken.push(piece.subarray(0, missing));
      if (piece.length > missing) this.#pieces.unshift(piece.subarray(missing));
      missing -= Math.min(missing, piece.length);
    }
    const offset = this.#start;
    const bytes = taken.length === 1 && taken[0] ? taken[0] : Buffer.concat(taken);
    this.#start += bytes.length;
    return { offset, bytes };
  }
}
