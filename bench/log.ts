/**
 * What a release log on a git branch costs as it grows: a short log and a long one, over HTTP, each on a machine that
 * has never read it (a CI job). Requests and bytes are the server's own count.
 */
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { releasesFrom } from "../pipeline/log/chain.ts";
import { gitLog } from "../pipeline/log/git-ref.ts";
import { longLog } from "../test/fakes/git-log.ts";
import { fakeHome } from "../test/fakes/home.ts";
import { aRelease } from "../test/fakes/release.ts";
import { testWorld } from "../test/fakes/world.ts";
import { startGitHost } from "../test/servers/git-http.ts";
import { inScratch, inTurns, type Run, row, run } from "./measure.ts";

const branch = "campaign/state";

if (import.meta.url === pathToFileURL(process.argv[1]!).href && process.argv.length > 2) {
  const [work, remote, state] = process.argv.slice(2);
  await machine(work!, remote!, state!);
} else {
  await measure();
}

async function measure(): Promise<void> {
  const host = await startGitHost();
  const long = (count: number) => `a log of ${count} releases`;
  try {
    await inScratch(async (scratch) => {
      let states = 0;
      const counts: string[] = [];
      const at = async (work: string, length: number): Promise<Run> => {
        const path = `${work}-${length}-${states++}.git`;
        const remote = await host.repository(path);
        await longLog(join(host.folder, path), branch, length, { made: "2024-08-01T00:00:00Z" });
        const [requests, bytes] = [host.requests.length, host.answered()];
        const done = await run([process.execPath, import.meta.filename, work, remote, join(scratch, `${states++}`)]);
        counts.push(
          `  ${work} ${length}: ${host.requests.length - requests} requests, ${Math.round((host.answered() - bytes) / 1000)} kB`,
        );
        return done;
      };
      row(
        "head, then append",
        await inTurns(2, { [long(10_000)]: () => at("append", 10_000), [long(10)]: () => at("append", 10) }),
      );
      row("walk", await inTurns(2, { [long(1000)]: () => at("walk", 1000), [long(10)]: () => at("walk", 10) }));
      console.log(counts.join("\n"));
    });
  } finally {
    await host.stop();
  }
}

/** What a machine does that has an empty node and remembers nothing. */
async function machine(work: string, remote: string, state: string): Promise<void> {
  const world = testWorld();
  const log = gitLog({ folder: ".", remote, branch, state, blocks: fakeHome(), holder: "bench" });
  const head = await log.head(world);
  if (work === "append") {
    const number = head!.release.number + 1;
    await log.append(aRelease(number, { previous: head!.cid, made: "2024-08-01T00:00:00Z" }), head, world);
  } else {
    let count = 0;
    for await (const _ of releasesFrom(head, log, world)) count++;
    if (count !== head!.release.number) throw new Error(`walked ${count} of ${head!.release.number} releases`);
  }
}
