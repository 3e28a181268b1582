/** Small files that were inlined (`ipfs add --inline`): their bytes are in the CID, and no node has a block for them. */
import { mkdtemp, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { CID } from "multiformats/cid";
import { create as digestOf } from "multiformats/hashes/digest";
import { describe, expect, it, onTestFinished } from "vitest";
import { type Block, codecs } from "../../pipeline/dag/block.ts";
import { fileOf } from "../../pipeline/dag/build/file.ts";
import { carOf } from "../../pipeline/dag/car.ts";
import { encodePb } from "../../pipeline/dag/codec/dag-pb.ts";
import { encodeUnixFs } from "../../pipeline/dag/codec/unixfs.ts";
import { makeDirectory } from "../../pipeline/dag/directory.ts";
import { profiles } from "../../pipeline/dag/profile.ts";
import { aCampaign, aFolder, fieldtree } from "../commands/program.ts";
import { kuboBinary, startKubo } from "../servers/kubo.ts";

const profile = profiles["cid-v1"];
const sidecar = "attributes: { title: Sondes }\n";

/** A dataset's folder with a sidecar and a folder that are inlined, and one file that is not. */
async function inlinedCar(path: string): Promise<CID> {
  const blocks: Block[] = [];
  const put = (block: Block) => void blocks.push(block);
  const inline = (codec: number, bytes: Uint8Array) => ({
    cid: CID.createV1(codec, digestOf(0, bytes)),
    tsize: bytes.length,
  });
  const note = inline(codecs.raw, Buffer.from("hello\n"));
  const folder = encodePb({ links: [{ name: "note", ...note }], data: encodeUnixFs({ kind: "directory" }) });
  const root = makeDirectory(
    [
      { name: "dataset_meta.yaml", ...inline(codecs.raw, Buffer.from(sidecar)) },
      { name: "notes", ...inline(codecs.dagPb, folder) },
      { name: "data.bin", ...fileOf(Buffer.alloc(1000, 7), profile, put) },
    ],
    profile,
    put,
  );
  const parts: Uint8Array[] = [];
  for await (const part of carOf([root.cid], blocks)) parts.push(part);
  await writeFile(path, Buffer.concat(parts));
  return root.cid;
}

const folder = await mkdtemp(join(tmpdir(), "fieldtree-inline-"));

/** Import, publish, check and read: what a campaign does with any other data. */
async function publishes(car: string, root: string): Promise<void> {
  const cwd = await aCampaign({ "tree.yaml": `products:\n  sondes: ${root}\n` });
  const run = async (...args: string[]) => {
    const ran = await fieldtree([...args, "--json"], { cwd });
    expect(ran.code, ran.stderr).toBe(0);
    return ran.json();
  };
  await run("car", "import", car);
  expect((await run("publish")).at(-1)).toMatchObject({ release: 1 });
  expect((await run("scan"))[0]).toMatchObject({ item: { properties: { title: "Sondes" } } });
  await run("verify", "--deep");
  await run("fsck");
  await run("gc");
  await run("status");
  expect((await fieldtree(["cat", "products/sondes/notes/note"], { cwd })).stdout).toBe("hello\n");
  expect((await fieldtree(["cat", `/ipfs/${root.toUpperCase()}/notes/note`], { cwd })).stdout).toBe("hello\n");
  await run("get", "products/sondes", "-o", "out");
  expect(await readFile(join(cwd, "out/dataset_meta.yaml"), "utf8")).toBe(sidecar);
  await run("car", "export", "products/sondes", "-o", "again.car");
  const other = await aCampaign({ "tree.yaml": `products:\n  sondes: ${root}\n` });
  expect((await fieldtree(["car", "import", join(cwd, "again.car")], { cwd: other })).code).toBe(0);
  expect((await fieldtree(["publish"], { cwd: other })).code).toBe(0);
}

/** What `ipfs add --inline` prints for `hello`, an empty file and an empty folder. */
const inlinedLines = "note: bafkqabtimvwgy3yk\nfolder:\n  empty-file: bafkqaaa\n  empty: bafyaabakaieac\n";

/** The whole loop, in a campaign whose tree is `inlinedLines`. */
async function publishesLines(cwd: string): Promise<void> {
  for (const command of ["check", "plan", "publish", "status", "verify --deep", "scan", "report"]) {
    const { code, stderr } = await fieldtree(command.split(" "), { cwd });
    expect([command, code], stderr).toEqual([command, 0]);
  }
  expect((await fieldtree(["publish", "--json"], { cwd })).json().at(-1)).toMatchObject({ release: 1, changed: false });
  expect((await fieldtree(["cat", "note"], { cwd })).stdout).toBe("hello\n");
  expect((await fieldtree(["ls", "folder", "--json"], { cwd })).json()).toMatchObject([
    { name: "empty", cid: "bafyaabakaieac" },
    { name: "empty-file", cid: "bafkqaaa" },
  ]);
}

describe("data with inlined files", { timeout: 120_000 }, () => {
  it("is imported, published, checked and read like any other", async () => {
    const car = join(folder, "ours.car");
    await publishes(car, `${await inlinedCar(car)}`);
  });

  it("is published like any other where a line of tree.yaml is an inlined file or folder", async () => {
    await publishesLines(await aCampaign({ "tree.yaml": inlinedLines }));
  });

  it.each(["plan", "publish"])("is refused by %s, with its line, where the bytes are neither", async (verb) => {
    const garbage = CID.createV1(codecs.dagPb, digestOf(0, Buffer.from("garbage!")));
    const cwd = await aCampaign({ "tree.yaml": `# ours\nnote: ${garbage}\n` });
    const { code, stderr } = await fieldtree([verb], { cwd });
    expect(code, stderr).toBe(2);
    expect(stderr).toContain("tree.yaml:2: note");
  });
});

const ipfs = await kuboBinary();

describe.skipIf(!ipfs)("what Kubo inlined", { timeout: 120_000 }, () => {
  it("is imported, published, checked and read", async () => {
    const env = { IPFS_PATH: join(folder, "repo"), IPFS_TELEMETRY: "off" };
    await execa(ipfs!, ["init", "--profile=test"], { env });
    const data = join(folder, "data");
    await execa("mkdir", ["-p", join(data, "notes")]);
    await writeFile(join(data, "dataset_meta.yaml"), sidecar);
    await writeFile(join(data, "notes/note"), "hello\n");
    await writeFile(join(data, "empty"), "");
    await writeFile(join(data, "data.bin"), Buffer.alloc(300_000, 7));
    const { stdout: root } = await execa(ipfs!, ["add", "-rQH", "--inline", "--cid-version=1", data], { env });
    const car = join(folder, "theirs.car");
    const exported = await execa(ipfs!, ["dag", "export", root], { env, encoding: "buffer", stripFinalNewline: false });
    await writeFile(car, exported.stdout);
    await publishes(car, root);
  });

  it("is pinned by a Kubo that is the campaign's node and its pin service", async () => {
    const kubo = await startKubo();
    onTestFinished(() => kubo.stop());
    const node = `campaign: test\nnode: { kind: kubo, api: "${kubo.api}" }\n`;
    const pins = `pins:\n  services:\n    - { name: mirror, kind: kubo, api: "${kubo.api}" }\n`;
    await publishesLines(await aFolder({ "campaign.yaml": node + pins, "tree.yaml": inlinedLines }));
  });
});
