/**
 * Reads git objects, thousands a second, by one `git cat-file` process, which ends after some ms without a request.
 *
 * @see https://git-scm.com/docs/git-cat-file#_batch_output
 */
import type { Readable, Writable } from "node:stream";
import { atMost as atMostAtOnce } from "../../core/concurrency.ts";
import { Failure } from "../../core/failure.ts";
import { environment } from "../../disk/run-git.ts";

export interface GitObject {
  readonly type: string;
  readonly bytes: Uint8Array;
}

export interface Objects {
  /** @throws Failure `corrupt` if it has more than `atMost` bytes, before any of them is read. */
  read(oid: string, atMost: number): Promise<GitObject | undefined>;
  has(oid: string): Promise<boolean>;
}

/** ms */
const idle = 300;

export function objectsOf(folder: string): Objects {
  const inTurn = atMostAtOnce(1);
  let running: Reading | undefined;
  let rest: NodeJS.Timeout | undefined;

  const asking = <T>(work: (reading: Reading) => Promise<T>) =>
    inTurn(async () => {
      clearTimeout(rest);
      running ??= await start(folder);
      const mine = running;
      try {
        const result = await work(mine);
        rest = setTimeout(() => {
          if (running === mine) running = undefined;
          mine.end();
        }, idle);
        return result;
      } catch (error) {
        // After an error, the further output of the process can't be matched with requests, so a new process is started.
        running = undefined;
        mine.end();
        throw error;
      }
    });

  const info = async ({ ask, line }: Reading, oid: string) => {
    ask(`info ${oid}`);
    const answer = await line();
    if (answer.endsWith(" missing")) return undefined;
    const [, type, size] = answer.split(" ");
    return { type: type!, size: Number(size) };
  };

  return {
    has: (oid) => asking(async (reading) => (await info(reading, oid)) !== undefined),

    async read(oid, atMost) {
      const found = await asking(async (reading) => {
        const known = await info(reading, oid);
        if (!known || known.size > atMost) return known;
        reading.ask(`contents ${oid}`);
        await reading.line();
        const bytes = await reading.take(known.size);
        await reading.take(1);
        return { ...known, bytes };
      });
      if (found && !("bytes" in found)) {
        throw new Failure(
          "corrupt",
          `git object ${oid} has ${found.size} bytes, and no more than ${atMost} are due there`,
        );
      }
      return found as GitObject | undefined;
    },
  };
}

interface Reading {
  ask(command: string): void;
  line(): Promise<string>;
  take(length: number): Promise<Uint8Array>;
  end(): void;
}

async function start(folder: string): Promise<Reading> {
  const { execa } = await import("execa");
  const child = execa("git", ["cat-file", "--batch-command"], {
    env: environment(folder, []),
    cwd: folder,
    reject: false,
    buffer: false,
    stdin: "pipe",
    stderr: "ignore",
  });
  const [stdin, stdout] = [child.stdin as Writable, child.stdout as Readable];
  // A write to a process that has ended fails; the reader of its output notices the end.
  stdin.on("error", () => {});
  const chunks: AsyncIterator<Buffer> = stdout[Symbol.asyncIterator]();
  let pending: Buffer = Buffer.alloc(0);

  const more = async () => {
    const { done, value } = await chunks.next();
    if (done) throw new Failure("unavailable", `git stopped reading ${folder}`);
    return value;
  };
  return {
    ask: (command) => void stdin.write(`${command}\n`),
    async line() {
      for (;;) {
        const end = pending.indexOf(10);
        if (end >= 0) {
          const line = pending.toString("latin1", 0, end);
          pending = pending.subarray(end + 1);
          return line;
        }
        pending = Buffer.concat([pending, await more()]);
      }
    },
    async take(length) {
      const parts = [pending];
      for (let have = pending.length; have < length; have += parts.at(-1)!.length) parts.push(await more());
      const all = parts.length === 1 ? pending : Buffer.concat(parts);
      pending = all.subarray(length);
      return all.subarray(0, length);
    },
    end: () => void stdin.end(),
  };
}
