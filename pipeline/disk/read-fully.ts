/** Reads a part of an open file, however many reads the system makes of it. */
import { read, readSync } from "node:fs";

/** Up to this length reading synchronously is faster: passing the work to another thread takes longer. Bytes. */
export const smallRead = 32_768;

/** Read at `position` until `into` is full or the file ends; returns how many bytes were read. */
export function readFully(fd: number, into: Uint8Array, position: number): number {
  let done = 0;
  while (done < into.length) {
    const count = readSync(fd, into, done, into.length - done, position + done);
    if (count === 0) break;
    done += count;
  }
  return done;
}

/** As {@link readFully}, in another thread. */
export async function readFullyApart(fd: number, into: Uint8Array, position: number): Promise<number> {
  let done = 0;
  while (done < into.length) {
    const count = await new Promise<number>((resolve, reject) =>
      read(fd, into, done, into.length - done, position + done, (error, count) =>
        error ? reject(error) : resolve(count),
      ),
    );
    if (count === 0) break;
    done += count;
  }
  return done;
}
