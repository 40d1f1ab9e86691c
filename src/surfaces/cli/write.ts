/** Writing text to a stream as fast as it takes it. A reader that has gone ends it quietly. */
import { once } from 'node:events';
import { systemCode } from '../../core/errors.ts';

/** The number of characters written. */
export async function write(stream: NodeJS.WritableStream, pieces: AsyncIterable<string>): Promise<number> {
  let count = 0;
  let isGone = false;
  const onError = (error: Error) => {
    if (systemCode(error) !== 'EPIPE') throw error;
    isGone = true;
  };
  stream.on('error', onError);
  try {
    for await (const piece of pieces) {
      count += piece.length;
      if (isGone || !stream.writable) break;
      if (!stream.write(piece)) await Promise.race([once(stream, 'drain'), once(stream, 'close')]).catch(onError);
    }
  } finally {
    stream.off('error', onError);
  }
  return count;
}
