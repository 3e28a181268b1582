/** A thread that reads parts of files and hashes them, as `reading-threads.ts` asks. */
import { parentPort } from "node:worker_threads";
import { type Reply, type Request, readHere } from "./reading-threads.ts";

function reply({ memory, offset, length, ...rest }: Request): Reply {
  try {
    return { digests: readHere({ ...rest, memory: Buffer.from(memory, offset, length) }) };
  } catch (error) {
    const { message, code } = error as NodeJS.ErrnoException;
    return { error: { message, ...(code && { code }) } };
  }
}

parentPort?.on("message", (requests: readonly Request[]) => parentPort?.postMessage(requests.map(reply)));
