/**
 * An operator's day as the README tells it: every command it shows is run among real servers, and says what is shown.
 *
 * A line `…` in the README stands for any lines, and no line at all for any output. CIDs, times and addresses are others each day, so they are compared by
 * which of them are the same; lines of progress come where a machine is slow, and don't count.
 */
import { chmod, cp, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { execa } from "execa";
import { base32upper } from "multiformats/bases/base32";
import { CID } from "multiformats/cid";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { rfc2136 } from "../pipeline/names/dnslink/rfc2136.ts";
import { aFolder } from "./commands/program.ts";
import { testWorld } from "./fakes/world.ts";
import { followAllDay, type Outward, outwardServers, startOutward } from "./scenarios/campaign-outward.ts";
import { serialAt } from "./servers/dns-daemon.ts";
import { type Doh, startDoh } from "./servers/doh.ts";
import { type Kubo, kuboBinary } from "./servers/kubo.ts";

const root = fileURLToPath(new URL("../", import.meta.url));
const readme = await readFile(join(root, "README.md"), "utf8");
const section = readme.slice(readme.indexOf("\n## For operators"), readme.indexOf("\n## For data users"));
const blocksIn = (language: string) =>
  [...section.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, "gms"))].map(([, text]) => text!);
const sessions = blocksIn("console").map(stepsIn);

interface Shown {
  readonly command: string;
  readonly lines: readonly string[];
}

function stepsIn(text: string): Shown[] {
  return text
    .split(/^\$ /m)
    .slice(1)
    .map((step) => step.trimEnd().split("\n"))
    .map(([command, ...lines]) => ({ command: command!, lines }));
}

describe.skipIf(!outwardServers)("the operator's walk in the README", { timeout: 240_000 }, () => {
  let outward: Outward;
  let doh: Doh;
  const day = new AbortController();
  let following: Promise<void>;

  beforeAll(async () => {
    outward = await startOutward();
    const { primary, publisher } = outward;
    doh = await startDoh(primary.address);
    await publisher.ipfs("config", "--json", "DNS.Resolvers", JSON.stringify({ "test.": doh.url }));
    await publisher.ipfs("config", "DNS.MaxCacheTTL", "0s");
    await publisher.restart();
    following = followAllDay(outward, day.signal);
  });
  afterAll(async () => {
    day.abort();
    await Promise.all([outward?.stop(), doh?.stop()]);
    await following;
  });

  it("goes as it is told", async () => {
    const { primary, secondary, mirror, psa, publisher } = outward;
    const shell = await aClone(outward);
    const [said, told] = [dictionary(), dictionary()];
    const follow = async (session: readonly Shown[]) => {
      for (const { command, lines } of session) {
        const came = documented(await shell(command), outward).filter((line) => !progress.test(line));
        if (lines.length > 0) expect(`$ ${command}\n${said(elided(came, lines))}`).toBe(`$ ${command}\n${told(lines)}`);
      }
    };
    const serial = () => serialAt("127.0.0.1", primary.port, "example.test");
    const releases = async () =>
      (await shell("fieldtree log --json")).map(
        (line) => JSON.parse(line) as Record<"root" | "portal", string> & { release: number },
      );
    expect(sessions).toHaveLength(4);
    const [first, dying, mended, weeksLater] = sessions as [Shown[], Shown[], Shown[], Shown[]];

    await follow(first);

    const before = await serial();
    const killed = whenAsked(psa, "orcestra/tree@2", day.signal).then(() => primary.kill());
    await follow(dying);
    await killed;
    await primary.restart();
    await follow(mended.slice(0, 1));
    // Both names lie in one zone, whose serial counts the writes.
    expect(await serial()).toBe(before! + 2);
    expect((await releases()).map(({ release }) => release)).toEqual([2, 1]);
    await follow(mended.slice(1));

    const { root, portal } = (await releases())[0]!;
    // Which blocks are looked at below a root depends on that root; the root itself always is.
    await loseBlock(mirror, CID.parse(portal));
    await editByHand(outward);
    await secondary.follow();
    await follow(weeksLater);
    expect((await releases()).map(({ release }) => release)).toEqual([3, 2, 1]);
    expect(await publisher.ipfs("resolve", "/ipns/latest.example.test")).toBe(`/ipfs/${root}`);
  });
});

/** Lines that a slow machine prints, and a fast one doesn't. */
const progress = /^[a-z].* \d+ of \d+ .*\(\d+%\)/;

/** A clone of the campaign's repository with `radar.zarr` in its tree, and a shell in it that knows its secrets. */
async function aClone(outward: Outward) {
  const cwd = await aFolder({ "tree.yaml": "products:\n", "campaign.yaml": configFor(outward) });
  const remote = await aFolder();
  const bin = await binFor(outward.publisher);
  const env = { PATH: `${bin}:${process.env.PATH}`, HOME: cwd, NO_COLOR: "1", ...outward.env };
  const shell = async (line: string) => {
    const how = { cwd, env, extendEnv: false, reject: false, stdin: "ignore" } as const;
    const { exitCode, stdout } = await execa("sh", ["-c", `exec 2>&1; ${line}`], how);
    expect(exitCode, `${line}\n${stdout}`).toBe(0);
    return stdout.split("\n");
  };
  const track = join(root, "sample/products/KITE/KITE-20260126a/track.zarr");
  await cp(track, join(cwd, "radar.zarr"), { recursive: true });
  await cp(track, join(cwd, "wrong.zarr"), { recursive: true, filter: (path) => !path.includes("air_pressure") });
  await shell(`git init -q --bare ${remote} && git init -q && git remote add origin ${remote}`);
  await shell("fieldtree add radar.zarr --at products/HALO/radar.zarr");
  return shell;
}

/** A folder with the programs that the README calls: `fieldtree`, and `ipfs` for the campaign's own node. */
async function binFor({ repo }: Kubo): Promise<string> {
  const folder = await aFolder();
  const programs = {
    fieldtree: `exec '${process.execPath}' '${join(root, "pipeline/bin.ts")}' "$@"`,
    ipfs: `IPFS_PATH='${repo}' exec '${await kuboBinary()}' "$@"`,
  };
  await mkdir(folder, { recursive: true });
  for (const [name, line] of Object.entries(programs)) {
    await writeFile(join(folder, name), `#!/bin/sh\n${line}\n`);
    await chmod(join(folder, name), 0o755);
  }
  return folder;
}

/** Addresses in the README, and of the servers that run in their place. */
function addresses({ publisher, mirror, cluster, psa, primary, secondary }: Outward): [string, string][] {
  return [
    ["http://127.0.0.1:5001", publisher.api],
    ["https://ipfs.io", publisher.gateway],
    ["http://10.0.0.7:5001", mirror.api],
    ["http://10.0.0.6:9094", cluster.peers[0]!.api],
    ["http://10.0.0.6:8080", cluster.peers[1]!.kubo.gateway],
    ["https://shop.example/psa", psa.endpoint],
    ["https://shop.example", psa.gateway],
    ["10.0.0.8:53", primary.address],
    ["10.0.0.9:53", secondary.address],
  ];
}

/** The campaign.yaml of the README, at our addresses. Who answers for a name is said, since no DNS tells of our servers. */
function configFor(outward: Outward): string {
  const authorities = `authorities: ["${outward.primary.address}", "${outward.secondary.address}"]`;
  const config = blocksIn("yaml")[0]!.replaceAll(/(- \{ domain: .*) \}$/gm, `$1, ${authorities} }`);
  return addresses(outward).reduce((text, [written, real]) => text.replaceAll(`"${written}"`, `"${real}"`), config);
}

function documented(lines: readonly string[], outward: Outward): string[] {
  return lines.map((line) =>
    addresses(outward).reduce((text, [written, real]) => text.replaceAll(real, written), line),
  );
}

const aCid = /\bbaf[a-z2-7]{40,}\b/g;
const timeless = (line: string) => line.replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/g, "TIME");
const alike = (a: string, b: string) =>
  [a, b].map((line) => timeless(line).replace(aCid, "CID")).every((x, _, [y]) => x === y);

/** `lines` without those that `…` stands for in `shown`. */
function elided(lines: readonly string[], shown: readonly string[]): string[] {
  const left = [...lines];
  const kept: string[] = [];
  for (const [i, line] of shown.entries()) {
    if (line !== "…") {
      kept.push(...left.splice(0, 1));
      continue;
    }
    const next = shown[i + 1];
    const until = next === undefined ? left.length : left.findIndex((one) => alike(one, next));
    left.splice(0, Math.max(until, 0));
    kept.push("…");
  }
  return [...kept, ...left];
}

/** Text in which each CID is called by when it first came. */
function dictionary(): (lines: readonly string[]) => string {
  const known = new Map<string, string>();
  return (lines) =>
    timeless(lines.join("\n")).replace(aCid, (cid) => {
      known.set(cid, known.get(cid) ?? `CID ${known.size + 1}`);
      return known.get(cid)!;
    });
}

/** Resolves in the moment in which the service is asked for the pin of that name, before it has fetched anything. */
async function whenAsked({ asked }: Outward["psa"], label: string, over: AbortSignal): Promise<void> {
  while (!over.aborted && !asked.some(({ name }) => name === label)) await sleep(5);
}

/** As a disk does, behind the back of the node. */
async function loseBlock({ repo }: Kubo, cid: CID): Promise<void> {
  const name = base32upper.baseEncode(cid.multihash.bytes);
  await rm(join(repo, "blocks", name.slice(-3, -1), `${name}.data`));
}

/** Somebody with the key and without fieldtree points the name elsewhere. */
async function editByHand({ primary }: Outward): Promise<void> {
  const provider = rfc2136({ server: primary.address, key: primary.key, transport: "tcp", patience: 30_000 });
  const world = testWorld({ now: () => new Date() });
  const at = "_dnslink.latest.example.test";
  const there = (await provider.read(at, world))!;
  const values = there.values.map((value) => (value.startsWith("dnslink=") ? "dnslink=/ipfs/bafkqaaa" : value));
  await provider.replace(at, { ...there, values }, there, world);
}
