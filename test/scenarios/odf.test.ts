/** A dataset of Open Data Fabric in every place where one is met: on this machine, in a campaign, on IPFS and on a web server. */
import { readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { aCampaign, aFolder, fieldtree } from "../commands/program.ts";
import { buoys } from "../formats/odf/buoys.ts";
import { odfDataset, seed } from "../formats/odf/dataset.ts";
import { closed, listening } from "../servers/loopback.ts";

const onDisk = () => aFolder(Object.fromEntries([...buoys()].map(([path, bytes]) => [`buoys/${path}`, bytes])));

/** Serves files as the simplest of web servers does, without ranges unless asked to. */
async function serving(
  files: ReadonlyMap<string, Uint8Array>,
  { ranges }: { readonly ranges: boolean },
): Promise<string> {
  const server = createServer((request, response) => {
    const bytes = files.get(new URL(request.url!, "http://x").pathname.slice("/data/buoys/".length));
    if (!bytes) return response.writeHead(404).end();
    const [, from, to] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? "") ?? [];
    if (!ranges || from === undefined || bytes.length === 0) return response.end(bytes);
    const end = Math.min(Number(to), bytes.length - 1);
    response.writeHead(206, { "Content-Range": `bytes ${from}-${end}/${bytes.length}` });
    return response.end(bytes.subarray(Number(from), end + 1));
  });
  const url = await listening(server);
  onTestFinished(() => closed(server));
  return `${url}/data/buoys`;
}

it("is inspected, walked and verified in a folder of this machine", async () => {
  const cwd = await onDisk();
  const [{ reader, item }] = (await fieldtree(["inspect", "buoys", "--json"], { cwd })).json();
  expect(reader).toBe("odf");
  expect(item).toMatchObject({ properties: { title: "Buoys of the trades" }, bbox: [-59.5, 13, -58.4, 14.1] });
  const blocks = (await fieldtree(["log", "buoys", "--json"], { cwd })).json();
  expect(blocks.map(({ sequenceNumber, event }) => `${sequenceNumber} ${event.kind}`)).toEqual([
    "5 AddData",
    "4 AddData",
    "3 SetDataSchema",
    "2 SetLicense",
    "1 SetInfo",
    "0 Seed",
  ]);
  const { code, stdout } = await fieldtree(["verify", "buoys"], { cwd });
  expect(stdout).toMatch(/^verified: 6 blocks to the first one, 2 slices of data and 1 checkpoint match f1620/);
  expect(code).toBe(0);
});

it("that is damaged is refused with exit code 6 and the name of the file", async () => {
  const cwd = await onDisk();
  const name = [...buoys().keys()].find((path) => path.startsWith("data/"))!;
  const file = join(cwd, "buoys", name);
  const bytes = await readFile(file);
  bytes[100] = bytes[100]! ^ 1;
  await writeFile(file, bytes);
  const { code, json } = await fieldtree(["verify", "buoys", "--json"], { cwd });
  expect(code).toBe(6);
  expect(json().filter(({ ok }) => ok === false)).toEqual([
    expect.objectContaining({ check: "slice", subject: name.slice("data/".length), problem: "corrupt" }),
    { event: "verified", ok: false, corrupt: 1, drift: 0, unchecked: 0 },
  ]);
  await rm(join(cwd, "buoys", "refs"), { recursive: true });
  const { code: noHead, stderr } = await fieldtree(["log", "buoys"], { cwd });
  expect(noHead).toBe(2);
  expect(stderr).toContain("buoys is no dataset of Open Data Fabric: there is no refs/head");
});

it("is published as one dataset, and verified by its path and by its CID", { timeout: 120_000 }, async () => {
  const data = await onDisk();
  const cwd = await aCampaign();
  expect(await fieldtree(["add", join(data, "buoys"), "--at", "raw/buoys"], { cwd })).toMatchObject({ code: 0 });
  expect(await fieldtree(["publish"], { cwd })).toMatchObject({ code: 0 });
  const { code, stdout } = await fieldtree(["verify", "raw/buoys"], { cwd });
  expect(stdout).toContain("verified: 6 blocks");
  expect(code).toBe(0);
  const [{ cid }] = (await fieldtree(["inspect", join(data, "buoys"), "--json"], { cwd: data })).json();
  expect((await fieldtree(["log", `ipfs://${cid}`], { cwd })).stdout).toMatch(
    /^block 5 {2}2024-08-12T06:00:00.000Z {2}AddData/,
  );
  const index = JSON.parse((await fieldtree(["cat", "ipns://test/index.json"], { cwd })).stdout);
  expect(JSON.stringify(index)).toContain("Buoys of the trades");
});

it.each([{ ranges: true }, { ranges: false }])("is copied whole from a web server ($ranges)", async (how) => {
  const url = await serving(buoys(), how);
  const cwd = await aFolder();
  expect((await fieldtree(["verify", url], { cwd })).stdout).toContain("verified: 6 blocks");
  expect(await fieldtree(["get", url], { cwd })).toMatchObject({ code: 0 });
  expect((await fieldtree(["verify", "buoys"], { cwd })).stdout).toContain("verified: 6 blocks");
  const again = await fieldtree(["get", url], { cwd });
  expect(again.code).toBe(2);
});

it("is not copied where a file of it is wrong or missing", async () => {
  const files = buoys();
  const slice = [...files.keys()].find((path) => path.startsWith("data/"))!;
  files.set(
    slice,
    files.get(slice)!.map((byte) => byte ^ 1),
  );
  const cwd = await aFolder();
  const url = await serving(files, { ranges: true });
  const { code, stderr } = await fieldtree(["get", url, "-o", "copy"], { cwd });
  expect(stderr).toContain(slice.slice("data/".length));
  expect(code).toBe(6);
  expect((await fieldtree(["log", "copy"], { cwd })).code).toBe(2);
  expect((await fieldtree(["log", `${url}/elsewhere`], { cwd })).stderr).toContain("no dataset of Open Data Fabric");
});

it("without data is a dataset, too", async () => {
  const cwd = await aFolder(
    Object.fromEntries([...odfDataset([seed])].map(([path, bytes]) => [`empty/${path}`, bytes])),
  );
  expect((await fieldtree(["verify", "empty"], { cwd })).stdout).toContain("1 block to the first one, 0 slices");
  expect((await fieldtree(["inspect", "empty"], { cwd })).code).toBe(0);
});
