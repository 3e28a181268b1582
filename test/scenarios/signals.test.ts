/**
 * Ctrl-C and SIGTERM end a command, whatever it is at: real processes, on inputs that have no end or nearly none.
 *
 * A command has a second and a half to end by itself and is then ended. It learns of a signal between two turns of its event
 * loop, so what would never end is a turn that doesn't. Bounds are generous: the machine may be busy.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, readFile, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { execa } from "execa";
import { beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { type Block, codecs } from "../../pipeline/dag/block.ts";
import { blockOf } from "../../pipeline/dag/hash.ts";
import { aCampaign, fieldtree, program, start } from "../commands/program.ts";
import { startFakeGateway } from "../fakes/gateway.ts";
import { allOne, carBytes, folderOf, selfSimilar, wideFolders } from "../fakes/hostile-dags.ts";
import { json, useFolders } from "./portal.ts";

/** ms from a signal to the end: 2 s on a machine that has the time. */
const bound = 10_000;

type Running = ReturnType<typeof start>;
type AtWork = (running: Running) => Promise<unknown>;

/** It printed something. */
const printing: AtWork = ({ stdout }) => once(stdout, "data");

/** It used that many seconds of processor time, of which starting takes less than half a second. */
const busyFor =
  (seconds: number): AtWork =>
  async ({ pid }) => {
    for (let used = 0; used < seconds; used = await processorTime(pid!)) await sleep(20);
  };

/** s; where the system doesn't say, as much as if it never waited. */
async function processorTime(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => undefined);
  if (stat === undefined) return process.uptime();
  // Behind the name, which may hold spaces: fields 14 and 15, in hundredths of a second.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

/** Start it, and stop it once it is at work. */
async function stopped(args: readonly string[], cwd: string, signal: "SIGINT" | "SIGTERM", atWork: AtWork) {
  const running = start(args, { cwd });
  onTestFinished(() => void running.kill("SIGKILL"));
  let over = false;
  void running.then(() => {
    over = true;
  });
  await Promise.race([atWork(running), running]);
  expect(over, "it was to be at work still").toBe(false);
  const began = performance.now();
  running.kill(signal);
  await Promise.race([running, sleep(3 * bound)]);
  const took = performance.now() - began;
  running.kill("SIGKILL");
  const { exitCode, stderr } = await running;
  return { code: exitCode, stderr, took };
}

function expectInterrupted({ code, stderr, took }: Awaited<ReturnType<typeof stopped>>): void {
  expect(code, stderr).toBe(130);
  expect(stderr).toContain("interrupted; run it again to finish");
  expect(took).toBeLessThan(bound);
}

describe("on blocks that say much more than they are", { timeout: 90_000 }, () => {
  const folders = useFolders();
  let cwd: string;
  let cids: Readonly<Record<"file" | "endless" | "wide", string>>;

  beforeAll(async () => {
    cwd = await folders({ "campaign.yaml": "campaign: test\n", "tree.yaml": "", "endless.bin": "" });
    const blocks: Block[] = [];
    const put = (block: Block) => void blocks.push(block);
    const file = selfSimilar(put);
    const wide = wideFolders(12, 40_000, put);
    const endless = allOne(9000, wide, put);
    const top = folderOf([{ name: "wide", cid: wide }]);
    put(top);
    await writeFile(join(cwd, "it.car"), await carBytes([file, endless, top.cid], blocks));
    await json(cwd, ["car", "import", "it.car"]);
    await writeFile(join(cwd, "tree.yaml"), `products: ${top.cid}\n`);
    // All holes: there is no end to reading it, and it takes no room.
    await truncate(join(cwd, "endless.bin"), 2 ** 40);
    cids = { file: `${file}`, endless: `${endless}`, wide: `${wide}` };
  }, 90_000);

  it("publish ends", async () => {
    expectInterrupted(await stopped(["publish", "--json"], cwd, "SIGTERM", printing));
    expect(await json(cwd, ["log"])).toEqual([{ event: "done" }]);
  });

  it.each([
    ["cat", () => ["cat", cids.file], printing],
    ["ls -r", () => ["ls", "-r", cids.endless], printing],
    ["car export", () => ["car", "export", cids.wide], printing],
    ["scan", () => ["scan", cids.wide], busyFor(0.8)],
    ["fsck", () => ["fsck"], busyFor(0.8)],
    ["add", () => ["add", "endless.bin", "--at", "endless.bin"], busyFor(1)],
    ["inspect", () => ["inspect", "endless.bin"], busyFor(1)],
  ] as const)("%s ends", async (_, args, atWork) => {
    expectInterrupted(await stopped(args(), cwd, "SIGINT", atWork));
  });

  it("verify --deep ends", async () => {
    await json(cwd, ["publish"]);
    expectInterrupted(await stopped(["verify", "--deep"], cwd, "SIGTERM", busyFor(1.2)));
  });

  it("and whatever was stopped, running it again finishes", async () => {
    await json(cwd, ["add", "campaign.yaml", "--at", "about/campaign.yaml"]);
    expect((await json(cwd, ["publish"])).at(-1)).toMatchObject({ event: "published" });
    await json(cwd, ["fsck"]);
  });
});

describe("while tree.yaml is parsed, which is one turn of the event loop", { timeout: 60_000 }, () => {
  const cid = blockOf(codecs.raw, new TextEncoder().encode("data")).cid;
  const lines = Array.from({ length: 240 }, (_, i) => [
    `f${i}:`,
    ...Array.from({ length: 1000 }, (_, j) => `  d${j}: ${cid}`),
  ]);
  const tree = `${lines.flat().join("\n")}\n`;

  it.each([[["check"]], [["fmt", "--check"]], [["diff", "tree.yaml", "tree.yaml"]]])("%j ends", async (args) => {
    const cwd = await aCampaign({ "tree.yaml": tree });
    expectInterrupted(await stopped(args, cwd, "SIGINT", busyFor(0.7)));
  });
});

describe("while a gateway never answers", { timeout: 60_000 }, () => {
  const { cid } = blockOf(codecs.dagPb, new TextEncoder().encode("that nobody gives"));

  it.each([
    [["ls", "-r", "products"]],
    [["cat", "products/x"]],
    [["get", "products", "-o", "here"]],
    [["car", "export", `${cid}`]],
    [["scan"]],
    [["plan"]],
  ])("%j ends", async (args) => {
    const gateway = await startFakeGateway();
    gateway.fail("never finds");
    const cwd = await aCampaign({
      "campaign.yaml": `campaign: test\ngateways: ["${gateway.url}"]\n`,
      "tree.yaml": `products: ${cid}\n`,
    });
    const asked: AtWork = async () => {
      while (gateway.requests.length === 0) await sleep(20);
    };
    expectInterrupted(await stopped(args, cwd, "SIGTERM", asked));
  });
});

describe("while no program reads its output", { timeout: 60_000 }, () => {
  /** Into a pipe that is full. */
  async function stuck(...verb: readonly string[]) {
    const blocks: Block[] = [];
    const put = (block: Block) => void blocks.push(block);
    const root = allOne(9000, wideFolders(1, 2000, put), put);
    const cwd = await aCampaign({ "it.car": await carBytes([root], blocks) });
    await json(cwd, ["car", "import", "it.car"]);
    const child = spawn(process.execPath, [program, ...verb, `${root}`], { cwd, stdio: ["ignore", "pipe", "pipe"] });
    onTestFinished(() => void child.kill("SIGKILL"));
    let stderr = "";
    child.stderr.on("data", (text: Buffer) => {
      stderr += text;
    });
    const ended = once(child, "exit");
    await once(child.stdout, "readable");
    await sleep(500);
    return { child, ended, words: () => stderr };
  }

  it.each([[["car", "export"]], [["ls", "-r"]]])("%j ends, and reports that once", async (verb) => {
    const { child, ended, words } = await stuck(...verb);
    const began = performance.now();
    child.kill("SIGINT");
    expect([(await ended)[0], words()]).toEqual([130, "fieldtree: interrupted; run it again to finish\n"]);
    expect(performance.now() - began).toBeLessThan(bound);
  });

  it("a second Ctrl-C ends it at once, without another word", async () => {
    const { child, ended, words } = await stuck("car", "export");
    child.kill("SIGINT");
    await sleep(100);
    child.kill("SIGINT");
    expect([(await ended)[0], words()]).toEqual([130, ""]);
  });
});

describe.skipIf(process.platform === "win32")("what is no file", { timeout: 60_000 }, () => {
  it.each(["add", "inspect"])("is refused by `%s` and not waited for", async (verb) => {
    const cwd = await aCampaign();
    await mkdir(join(cwd, "folder"));
    await execa("mkfifo", ["pipe", "folder/pipe"], { cwd });
    for (const [path, what] of [
      ["pipe", /pipe is a pipe; only files/],
      ["folder", /folder\/pipe is a pipe; only files/],
      ["/dev/zero", /\/dev\/zero is a device; only files/],
    ] as const) {
      const refused = await fieldtree([verb, path], { cwd });
      expect(refused.code, refused.stderr).toBe(2);
      expect(refused.stderr).toMatch(what);
    }
  });
});
