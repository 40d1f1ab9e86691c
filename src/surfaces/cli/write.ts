/** Writing text to a stream as fast as it takes it. A reader that has gone ends it quietly. */
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
      if (!stream.write(piece)) await untilReady(stream);
    }
  } finally {
    stream.off('error', onError);
  }
  return count;
}

/** Until the stream takes more, or never will. No listener stays: a slow reader is waited for thousands of times. */
function untilReady(stream: NodeJS.WritableStream): Promise<void> {
  return new Promise((resolve) => {
    const events = ['drain', 'close', 'error'];
    const done = () => {
      for (const event of events) stream.off(event, done);
      resolve();
    };
    for (const event of events) stream.on(event, done);
  });
}
