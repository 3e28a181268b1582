/** ls, cat, get and car: what stands at an address, and what an enemy may not do with it. */
import { existsSync, lstatSync, readdirSync, readFileSync, readlinkSync, symlinkSync } from "node:fs";
import { appendFile, mkdir, readFile, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type Block, codecs } from "../../pipeline/dag/block.ts";
import { carOf } from "../../pipeline/dag/car.ts";
import type { NamedLink } from "../../pipeline/dag/codec/dag-pb.ts";
import { encodeUnixFs } from "../../pipeline/dag/codec/unixfs.ts";
import { makeSymlink } from "../../pipeline/dag/directory.ts";
import { blockOf, pbBlock } from "../../pipeline/dag/hash.ts";
import { profiles } from "../../pipeline/dag/profile.ts";
import { startFakeGateway } from "../fakes/gateway.ts";
import { onLoopback } from "../fakes/loopback.ts";
import { gateway, memory } from "../serve/gateway.ts";
import { aCampaign, aFolder, fieldtree, start } from "./program.ts";
import { expectSchema } from "./schemas.ts";

const zattrs = JSON.stringify({ title: "radar" });
const big = Buffer.from(Uint8Array.from({ length: 700_000 }, (_, i) => (i * i) % 251));

async function aFilledCampaign() {
  const cwd = await aCampaign({ "radar/.zattrs": zattrs, "radar/0.0": big, "radar/a/b": "b" });
  symlinkSync("a/b", join(cwd, "radar", "link"));
  await mkdir(join(cwd, "radar", "empty"));
  const added = await fieldtree(["--json", "add", "radar", "--at", "HALO/radar"], { cwd });
  expect(added.code, added.stderr).toBe(0);
  return { cwd, cid: added.json()[0].cid as string };
}

describe("without a campaign", () => {
  const folder = directory([link("radar.txt", raw("72 dBZ"))]);
  const address = `ipfs://${folder.cid}/radar.txt`;

  it("what a CID names is read from the gateways in IPFS_GATEWAY", async () => {
    const [empty, full] = [await startFakeGateway(), await startFakeGateway([folder, raw("72 dBZ")])];
    const how = { cwd: await aFolder(), env: { IPFS_GATEWAY: ` ${empty.url}  ${full.url}/` } };
    expect((await fieldtree(["cat", address], how)).stdout).toBe("72 dBZ");
    expect((await fieldtree(["ls", `${folder.cid}`], how)).stdout).toContain("radar.txt");
    expect((await fieldtree(["get", address], how)).code).toBe(0);
    expect(readFileSync(join(how.cwd, "radar.txt"), "utf8")).toBe("72 dBZ");
  });

  it("no source is asked that was not named, and a block that no gateway has is reported as on none", async () => {
    const cwd = await aFolder();
    const nowhere = await fieldtree(["cat", address], { cwd });
    expect(nowhere.stderr).toMatch(/there is no campaign here.*\n.*set IPFS_GATEWAY/);
    const odd = await fieldtree(["cat", address], { cwd, env: { IPFS_GATEWAY: "file:///etc" } });
    expect(odd.stderr).toContain("IPFS_GATEWAY: file:///etc is no http or https address");
    expect([nowhere.code, odd.code]).toEqual([2, 2]);
    const { url } = await startFakeGateway([folder]);
    const missing = await fieldtree(["cat", address], { cwd, env: { IPFS_GATEWAY: url } });
    expect(missing.stderr).toContain(`block ${raw("72 dBZ").cid} is not on gateway ${url}`);
    expect(missing.code).toBe(4);
  });

  it("a path is still one of a campaign's tree", async () => {
    const { code, stderr } = await fieldtree(["cat", "HALO/radar"], { cwd: await aFolder() });
    expect(stderr).toContain("tree.yaml");
    expect(code).toBe(2);
  });
});

describe("ls", () => {
  it("-r lists what is in a folder right after it, in folders of many entries too", async () => {
    const numbered = Array.from({ length: 300 }, (_, i) => [`many/${1000 + i}.txt`, `file ${i}`]);
    const inFolder = [
      ["many/1100/a.txt", "a"],
      ["many/1100/b/c.txt", "c"],
      ["many/1299/d.txt", "d"],
    ];
    const cwd = await aCampaign(Object.fromEntries([...numbered, ...inFolder]));
    const added = (await fieldtree(["add", "many", "--json"], { cwd })).json().at(-1).cid;
    const names = ["1100", "1100/b", "1299", ...[...numbered, ...inFolder].map(([path]) => path!.slice(5))];
    const listed = (await fieldtree(["--json", "ls", "-r", `ipfs://${added}`], { cwd })).json();
    const order = (name: string) => name.replaceAll("/", "\0");
    const inOrder = names.toSorted((a, b) => (order(a) < order(b) ? -1 : 1));
    expect(listed.map(({ name }) => name)).toEqual(inOrder);
    const printed = await fieldtree(["ls", "-r", `ipfs://${added}`], { cwd });
    expect(
      printed.stdout
        .trim()
        .split("\n")
        .map((line) => line.split(/ {2,}/).at(-1)),
    ).toEqual(inOrder);
  });

  it("gives a line an entry, in byte order, with the size of contents", async () => {
    const { cwd, cid } = await aFilledCampaign();
    const listed = await fieldtree(["--json", "ls", "HALO/radar"], { cwd });
    expectSchema("ls", listed.json());
    expect(listed.json()).toMatchObject([
      { name: ".zattrs", size: zattrs.length, type: "file" },
      { name: "0.0", size: 700_000, type: "file" },
      { name: "a", type: "directory" },
      { name: "empty", size: 4, type: "directory" },
      { name: "link", size: 3, type: "symlink" },
    ]);
    for (const address of [cid, `/ipfs/${cid}`, `ipfs://${cid}`, "HALO/radar/"]) {
      expect((await fieldtree(["--json", "ls", address], { cwd })).stdout).toBe(listed.stdout);
    }
  });

  it("lists the whole tree where nothing is named", async () => {
    const { cwd } = await aFilledCampaign();
    expect((await fieldtree(["--json", "ls"], { cwd })).json()).toMatchObject([{ name: "HALO", type: "directory" }]);
  });

  it("aligns its columns for people, and prints no name that could drive their terminal", async () => {
    const evil = directory([link("bad\u001b[2J\u202ename", raw("x")), link("good", raw("y"))]);
    const { cwd, root } = await imported(evil, raw("x"), raw("y"));
    const { stdout } = await fieldtree(["ls", root], { cwd });
    const [first, second] = stdout.split("\n");
    expect(first).toContain("bad\\u{1b}[2J\\u{202e}name");
    expect(first!.indexOf("bafkrei")).toBe(second!.indexOf("bafkrei"));
  });

  it("prints what comes before an entry that can't be read", async () => {
    const { node, add, lose } = memory();
    const root = add({ a: "a", b: { c: "c" }, d: "d" });
    lose(add({ c: "c" }));
    const { url } = await gateway(node);
    const ran = await fieldtree(["ls", `ipfs://${root}`], { env: { IPFS_GATEWAY: url } });
    expect(ran.code, ran.stderr).toBe(4);
    expect(ran.stdout.trim().split("\n")).toEqual([expect.stringMatching(/^file .* a$/)]);
  });

  it("lists a file as itself", async () => {
    const { cwd } = await aFilledCampaign();
    expect((await fieldtree(["--json", "ls", "HALO/radar/0.0"], { cwd })).json()).toMatchObject([
      { name: "0.0", size: 700_000, type: "file" },
    ]);
  });

  it("answers below a leaf, and for no folder that would lack what tree.yaml says wrongly", async () => {
    const { cwd } = await aFilledCampaign();
    await appendFile(join(cwd, "tree.yaml"), "lost: bafynonsense\n");
    expect((await fieldtree(["ls", "HALO/radar"], { cwd })).code).toBe(0);
    for (const args of [["ls", "/"], ["ls", "HALO"], ["ls", "lost"], ["scan"], ["scan", "HALO"]]) {
      const { code, stdout, stderr } = await fieldtree(args, { cwd });
      expect([code, stdout], args.join(" ")).toEqual([1, ""]);
      expect(stderr).toContain('"bafynonsense" is not a CID');
    }
  });

  it("says what isn't there, and exits 2", async () => {
    const { cwd } = await aFilledCampaign();
    const run = await fieldtree(["--json", "ls", "HALO/lidar"], { cwd });
    expect(run.code).toBe(2);
    expectSchema("error", run.json());
  });
});

describe("cat", () => {
  it("prints the bytes as they are", async () => {
    const { cwd } = await aFilledCampaign();
    const { stdout, exitCode } = await start(["cat", "HALO/radar/.zattrs"], { cwd });
    expect([exitCode, stdout]).toEqual([0, zattrs]);
  });

  it("says that a directory is one, and exits 2", async () => {
    const { cwd } = await aFilledCampaign();
    const run = await fieldtree(["cat", "HALO/radar"], { cwd });
    expect(run).toMatchObject({ code: 2, stdout: "", stderr: expect.stringContaining("is a directory, not a file") });
  });
});

describe("get", () => {
  it("writes a folder as it was added, links and dot-files included", async () => {
    const { cwd, cid } = await aFilledCampaign();
    const run = await fieldtree(["--json", "get", "HALO/radar", "-o", "copy"], { cwd });
    expectSchema("get", run.json());
    expect(run.json()).toEqual([{ path: "copy", cid, bytes: 700_000 + zattrs.length + 1, files: 3 }]);
    expect(readdirSync(join(cwd, "copy"))).toEqual([".zattrs", "0.0", "a", "empty", "link"]);
    expect(readFileSync(join(cwd, "copy/0.0")).equals(big)).toBe(true);
    expect(readlinkSync(join(cwd, "copy/link"))).toBe("a/b");
    const again = await fieldtree(["--json", "add", "copy"], { cwd });
    expect(again.json()[0].cid).toBe(cid);
  });

  it("writes a file, under its own name where none is given", async () => {
    const { cwd } = await aFilledCampaign();
    await fieldtree(["get", "HALO/radar/a/b"], { cwd });
    expect(await readFile(join(cwd, "b"), "utf8")).toBe("b");
  });

  it("leaves an existing file alone, unless --force replaces it", async () => {
    const { cwd } = await aFilledCampaign();
    for (const address of ["HALO/radar", "HALO/radar/a/b"]) {
      await writeFile(join(cwd, "mine"), "mine");
      const refused = await fieldtree(["get", address, "-o", "mine"], { cwd });
      expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining("is there already") });
      expect(await readFile(join(cwd, "mine"), "utf8")).toBe("mine");
      expect((await fieldtree(["get", address, "-o", "mine", "--force"], { cwd })).code).toBe(0);
      expect(lstatSync(join(cwd, "mine")).isDirectory()).toBe(address === "HALO/radar");
      expect((await fieldtree(["get", "HALO/radar/a/b", "-o", "mine", "--force"], { cwd })).code).toBe(0);
    }
    expect(readdirSync(cwd).filter((name) => name.includes(".part"))).toEqual([]);
  });

  const outside = makeSymlinkBlock("../../../etc");
  const x = raw("x");
  it.each<[what: string, made: () => Block[], says: string]>([
    ["a name that leads up", () => [directory([link("..", x)]), x], "has a name that is .."],
    ["a name with a slash", () => [directory([link("../../evil", x)]), x], "has a name that contains a slash"],
    ["a name with a NUL", () => [directory([link("a\0b", x)]), x], "has a name that contains a NUL"],
    ["an empty name", () => [directory([link("", x)]), x], "has a name that is empty"],
    ["a name twice", () => [directory([link("a", x), link("a", x)]), x], "a is there twice"],
    [
      "a link and a folder of one name",
      () => [
        directory([link("a", outside), link("a", directory([link("b", x)]))]),
        directory([link("b", x)]),
        x,
        outside,
      ],
      "leads out",
    ],
    [
      "a link that leads out",
      () => [directory([link("a", outside)]), outside],
      "leads out of the folder, to ../../../etc",
    ],
    [
      "a link to an absolute path",
      () => [directory([link("a", makeSymlinkBlock("/etc"))]), makeSymlinkBlock("/etc")],
      "leads out",
    ],
    [
      "a link that leads out through another",
      () => [
        directory([link("a", makeSymlinkBlock(".")), link("b", makeSymlinkBlock("a/.."))]),
        makeSymlinkBlock("."),
        makeSymlinkBlock("a/.."),
      ],
      "leads out of the folder, to a/..",
    ],
    ["a link instead of a folder", () => [makeSymlinkBlock("/etc")], "is a symbolic link to /etc"],
  ])("refuses %s, and leaves nothing behind", async (_, made, says) => {
    const { cwd, root } = await imported(...(made() as [Block, ...Block[]]));
    const before = readdirSync(cwd);
    const run = await fieldtree(["get", root, "-o", "out"], { cwd });
    expect(run.code).toBe(2);
    expect(run.stderr).toContain(says);
    expect(readdirSync(cwd)).toEqual(before);
  });

  it("copies the rest where links are to be left out", async () => {
    const { cwd, root } = await imported(directory([link("a", outside), link("b", x)]), outside, x);
    expect((await fieldtree(["get", root, "-o", "out", "--skip-links"], { cwd })).code).toBe(0);
    expect(readdirSync(join(cwd, "out"))).toEqual(["b"]);
  });

  it("has nothing under the final name when it is killed", { timeout: 60_000 }, async () => {
    const names = Array.from({ length: 3_000 }, (_, i) => link(`file ${`${i}`.padStart(4, "0")}`, x));
    const { cwd, root } = await imported(directory(names), x);
    for (let tries = 0; tries < 20; tries++) {
      const running = start(["get", root, "-o", "out"], { cwd });
      let over = false;
      running.finally(() => {
        over = true;
      });
      while (!readdirSync(cwd).some((name) => name.endsWith(".part")) && !over)
        await new Promise((done) => setTimeout(done, 2));
      running.kill("SIGKILL");
      const { exitCode } = await running;
      if (exitCode !== 0) break;
      expect(tries, "never killed in time").toBeLessThan(19);
    }
    expect(existsSync(join(cwd, "out"))).toBe(false);
    expect((await fieldtree(["get", root, "-o", "out"], { cwd })).code).toBe(0);
    expect(readdirSync(join(cwd, "out"))).toHaveLength(3_000);
  });

  it("that ends for lack of a block leaves nothing behind, and exits 4", async () => {
    const { cwd, root } = await imported(directory([link("a", x), link("b", raw("lost"))]), x);
    const before = readdirSync(cwd);
    const run = await fieldtree(["get", root, "-o", "out"], { cwd });
    expect(run).toMatchObject({ code: 4, stderr: expect.stringContaining(raw("lost").cid.toString()) });
    expect(readdirSync(cwd)).toEqual(before);
  });
});

describe("car", () => {
  it("carries content from one campaign to another", async () => {
    const { cwd, cid } = await aFilledCampaign();
    const exported = await fieldtree(["--json", "car", "export", "HALO/radar", "-o", "radar.car"], { cwd });
    expectSchema("car", exported.json());
    expect(exported.json()).toMatchObject([{ path: "radar.car", roots: [cid], blocks: 10 }]);

    const other = await aCampaign({ "radar.car": readFileSync(join(cwd, "radar.car")) });
    const got = await fieldtree(["--json", "car", "import", "radar.car"], { cwd: other });
    expectSchema("car", got.json());
    expect(got.json()).toEqual(exported.json());
    const before = (await fieldtree(["--json", "ls", "HALO/radar"], { cwd })).stdout;
    // What was carried here is safe from collection until a release keeps it.
    expect(await fieldtree(["gc"], { cwd: other })).toMatchObject({ code: 0 });
    expect((await fieldtree(["--json", "ls", cid], { cwd: other })).stdout).toBe(before);
  });

  it("is fetched from an address, which is remembered without what opens its door", async () => {
    const { cwd, cid } = await aFilledCampaign();
    await fieldtree(["car", "export", "HALO/radar", "-o", "radar.car"], { cwd });
    const whole = readFileSync(join(cwd, "radar.car"));
    const address = await serving((path) => (path === "/radar.car?sig=canary-41" ? whole : undefined));

    const other = await aCampaign();
    const got = await fieldtree(["car", "import", `${address}/radar.car?sig=canary-41`], { cwd: other });
    expect(got).toMatchObject({ code: 0, stdout: expect.stringContaining(`${address}/radar.car: ${cid}, 10 blocks`) });
    expect((await fieldtree(["ls", cid], { cwd: other })).code).toBe(0);

    const lost = await fieldtree(["car", "import", `${address}/other.car?sig=canary-41`], { cwd: other });
    expect(lost).toMatchObject({ code: 3, stderr: expect.stringContaining("/other.car answered 404") });
    expect(got.stdout + got.stderr + lost.stderr).not.toContain("canary-41");
  });

  it("is not believed for having been fetched", async () => {
    const { cwd } = await aFilledCampaign();
    await fieldtree(["car", "export", "HALO/radar", "-o", "radar.car"], { cwd });
    const forged = readFileSync(join(cwd, "radar.car"));
    forged[forged.length - 1]! ^= 1;
    const address = await serving(() => forged);
    const run = await fieldtree(["car", "import", `${address}/radar.car`], { cwd: await aCampaign() });
    expect(run).toMatchObject({ code: 6, stderr: expect.stringMatching(/radar\.car: .*bafy|radar\.car: .*bafk/) });
  });

  it("says that part of a DAG is kept by nothing", async () => {
    const { cwd } = await aFilledCampaign();
    await fieldtree(["car", "export", "HALO/radar", "--scope", "block", "-o", "part.car"], { cwd });
    const other = await aCampaign({ "part.car": readFileSync(join(cwd, "part.car")) });
    const run = await fieldtree(["car", "import", "part.car"], { cwd: other });
    expect(run).toMatchObject({ code: 0, stderr: expect.stringContaining("not whole here") });
  });

  it("goes to stdout where no file is named, and stops at a listing where that is asked for", async () => {
    const { cwd } = await aFilledCampaign();
    const { stdout } = await fieldtree(["car", "export", "HALO/radar", "--scope", "entity"], { cwd });
    expect(stdout.length).toBeGreaterThan(100);
    expect(stdout.length).toBeLessThan(2_000);
    expect(await fieldtree(["car", "export", "HALO/radar", "--scope", "some"], { cwd })).toMatchObject({ code: 2 });
  });

  it("claims nothing of a file that is cut off, and names it and the byte", async () => {
    const { cwd } = await aFilledCampaign();
    await fieldtree(["car", "export", "HALO/radar", "-o", "radar.car"], { cwd });
    const whole = readFileSync(join(cwd, "radar.car"));
    const other = await aCampaign({ "cut.car": whole.subarray(0, whole.length - 100) });
    const run = await fieldtree(["--json", "car", "import", "cut.car"], { cwd: other });
    expect(run.code).toBe(6);
    expect(run.json()).toHaveLength(1);
    expect(run.json()[0].error).toMatchObject({
      kind: "corrupt",
      message: expect.stringMatching(/^cut\.car: CAR: ends inside the block of \d+ bytes at byte \d+$/),
    });
  });

  it("claims nothing of a file that lacks its own root", async () => {
    const root = raw("not there");
    const { cwd, run } = await importing(root.cid, [raw("x")]);
    expect(run).toMatchObject({ code: 6, stderr: expect.stringContaining(`names ${root.cid} as its root`) });
    expect(existsSync(join(cwd, ".fieldtree"))).toBe(true);
  });
});

function raw(text: string): Block {
  return blockOf(codecs.raw, new TextEncoder().encode(text));
}

function link(name: string, { cid, bytes }: Block): NamedLink {
  return { name, cid, tsize: bytes.length };
}

/** A directory with whatever links, as no honest program makes it. */
function directory(links: readonly NamedLink[]): Block {
  return pbBlock({ links, data: encodeUnixFs({ kind: "directory" }) }, 1);
}

function makeSymlinkBlock(target: string): Block {
  let made: Block | undefined;
  makeSymlink(target, profiles["cid-v1"], (block) => {
    made = block;
  });
  return made!;
}

async function importing(root: Block["cid"], blocks: readonly Block[]) {
  const parts: Uint8Array[] = [];
  for await (const part of carOf([root], blocks)) parts.push(part);
  const cwd = await aCampaign({ "made.car": Buffer.concat(parts) });
  return { cwd, run: await fieldtree(["car", "import", "made.car"], { cwd }) };
}

/** A web server on loopback. */
async function serving(answer: (path: string) => Uint8Array | undefined): Promise<string> {
  const server = createServer((request, response) => {
    const bytes = answer(request.url!);
    response.writeHead(bytes ? 200 : 404).end(bytes);
  });
  return onLoopback(server);
}

/** A campaign whose node holds these blocks; the first is the root. */
async function imported(first: Block, ...others: readonly Block[]) {
  const { cwd, run } = await importing(first.cid, [first, ...others]);
  expect(run.code, run.stderr).toBe(0);
  return { cwd, root: first.cid.toString() };
}
