/** The bytes of a source in pieces, plain or decompressed, in bounded memory. */
import { createZstdDecompress } from 'node:zlib';
import type { ReadableFile } from '../core/ports.ts';

const CHUNK_BYTES = 128 * 1024;

/** Counts what was read from sources, for the work counters. */
export interface ReadCounter {
  bytesRead: number;
}

/** The file's bytes from an offset to its present end. Each piece is a buffer of its own. */
export function* readPlain(file: ReadableFile, fromBytes: number, counter: ReadCounter): Generator<Uint8Array> {
  const { sizeBytes } = file.stat();
  let offset = fromBytes;
  while (offset < sizeBytes) {
    const wanted = Math.min(CHUNK_BYTES, sizeBytes - offset);
    const buffer = Buffer.allocUnsafeSlow(wanted);
    const read = file.read(buffer, offset);
    if (read === 0) return;
    counter.bytesRead += read;
    offset += read;
    yield buffer.subarray(0, read);
  }
}

/** The decompressed bytes of a zstd file from its start. `onFlaw` hears when the rest cannot be unpacked. */
export async function* readZstd(
  file: ReadableFile,
  counter: ReadCounter,
  onFlaw: () => void,
): AsyncGenerator<Uint8Array> {
  const unpacker = createZstdDecompress();
  const feeding = feed(unpacker, readPlain(file, 0, counter));
  try {
    for await (const chunk of unpacker) yield chunk as Uint8Array;
  } catch {
    onFlaw(); // Cut off or damaged: what came before it has been passed on.
  } finally {
    unpacker.destroy();
    await feeding;
  }
}

async function feed(unpacker: ReturnType<typeof createZstdDecompress>, pieces: Iterable<Uint8Array>): Promise<void> {
  for (const piece of pieces) {
    if (unpacker.destroyed) return;
    if (!unpacker.write(piece)) {
      await new Promise<void>((resolve) => {
        unpacker
          .once('drain', resolve)
          .once('close', resolve)
          .once('error', () => resolve());
      });
    }
  }
  if (!unpacker.destroyed) unpacker.end();
}
