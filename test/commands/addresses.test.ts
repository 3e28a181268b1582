/** What addresses lead to, in a campaign and without one; and comparisons that are made with them. */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { codecs } from "../../pipeline/dag/block.ts";
import { blockOf } from "../../pipeline/dag/hash.ts";
import { startFakeGateway } from "../fakes/gateway.ts";
import { aCampaign, aFolder, fieldtree } from "./program.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const elsewhere = blockOf(codecs.raw, bytes("from elsewhere"));

/** Two releases: in the first `products/a` and `raw/b/{x,y}`, in the second `products/a` is other data. */
async function twoReleases(): Promise<string> {
  const cwd = await aCampaign({ a: "one", "b/x": "x", "b/y": "y", c: "two" });
  await fieldtree(["add", "a", "--at", "products/a"], { cwd });
  await fieldtree(["add", "b", "--at", "raw/"], { cwd });
  await fieldtree(["publish"], { cwd });
  await fieldtree(["add", "c", "--at", "products/a"], { cwd });
  expect(await fieldtree(["publish"], { cwd })).toMatchObject({ code: 0 });
  return cwd;
}

describe("without a campaign", () => {
  it("a gateway's address is asked of that gateway, and checked", async () => {
    const { url } = await startFakeGateway([elsewhere]);
    const cwd = await aFolder();
    const address = `${url}/ipfs/${elsewhere.cid}`;
    expect(await fieldtree(["cat", address], { cwd })).toMatchObject({ code: 0, stdout: "from elsewhere" });
    // Who names gateways means those.
    const { url: empty } = await startFakeGateway();
    expect(await fieldtree(["cat", address], { cwd, env: { IPFS_GATEWAY: empty } })).toMatchObject({ code: 4 });
  });

  it.each([
    ["bafynonsense/x", "bafynonsense is not a CID"],
    ["ipns://example.org/x", "no campaign here knows what example.org leads to"],
    ["https://example.org/x", "https://example.org/x is no address on IPFS"],
  ])("names what is wrong with %s as it was typed", async (address, says) => {
    const { code, stderr } = await fieldtree(["cat", address], { cwd: await aFolder() });
    expect(stderr).toContain(says);
    expect(code).toBe(2);
  });
});

it("in a campaign, too, and each name of it leads where it should", { timeout: 60_000 }, async () => {
  const cwd = await twoReleases();
  const said = async (...args: string[]) => {
    const { code, stdout, stderr } = await fieldtree(args, { cwd });
    return code === 0 ? stdout : stderr;
  };
  const { url } = await startFakeGateway([elsewhere]);
  expect(await said("cat", `${url}/ipfs/${elsewhere.cid}`)).toBe("from elsewhere");

  expect(await said("cat", "ipns://latest.test/products/a")).toBe("two");
  expect(await said("cat", "ipns://latest.test/products/a@1")).toBe("one");
  expect(await said("cat", "/ipns/test/tree/products/a")).toBe("two");
  expect(await said("cat", "http://127.0.0.1:8642/ipns/test/tree/products/a")).toBe("two");
  expect(await said("cat", "ipns://test/tree/products/a@1")).toBe("one");
  expect(await said("cat", "ipns://other.example/x")).toMatch(
    /other\.example is no name of this campaign\n.*test, latest\.test/,
  );
  expect(await said("cat", "bafynonsense/x")).toMatch(
    /bafynonsense is not a CID.*, and the tree has nothing of that name/,
  );
  expect(await said("ls", "products/nowhere")).toContain("products/nowhere: there is nothing there");
  // What every object has in JavaScript is no name that was pulled.
  expect(await said("ls", "constructor/x")).toContain("constructor/x: there is nothing there");

  // Recursively, in order, and no folder left out.
  const names = async (...args: string[]) =>
    (await fieldtree(["ls", "--json", ...args], { cwd })).json().map(({ name }) => name);
  expect(await names("-r")).toEqual(["products", "products/a", "raw", "raw/b", "raw/b/x", "raw/b/y"]);
  expect(await names("--recursive", "raw")).toEqual(["b", "b/x", "b/y"]);
  expect(await names("raw")).toEqual(["b"]);
  expect(await names("-r", "products/a")).toEqual(["a"]);

  // Releases and parts of them.
  const diff = async (...args: string[]) => (await fieldtree(["diff", "--json", ...args], { cwd })).json()[0].changes;
  const update = { op: "update", path: "products/a" };
  expect(await diff("1", "2")).toMatchObject([update]);
  expect(await diff("@1")).toMatchObject([update]);
  expect(await diff("2")).toEqual([]);
  expect(await diff("products@1", "products")).toMatchObject([update]);
  expect(await diff("products@1")).toMatchObject([update]);
  expect(await diff("products/a@1")).toMatchObject([update]);
  expect(await diff("raw@1", "raw@2")).toEqual([]);
  expect(await diff("products@2", "raw")).toMatchObject([
    { op: "remove", path: "a" },
    { op: "add", path: "b" },
  ]);
  expect(await diff("raw/b/x@1", "raw/b/y")).toMatchObject([
    { op: "remove", path: "x" },
    { op: "add", path: "y" },
  ]);
  expect(await diff("raw/b/x@1")).toEqual([]);
  // Beside a part of one tree it is the same part of the other that is meant.
  expect(await diff("1", "products")).toMatchObject([update]);
  expect(await diff("products/a", "1")).toMatchObject([update]);
  expect(await diff("1", "raw/b/x")).toEqual([]);
  expect(await diff("tree.yaml", "raw")).toEqual([]);
  expect(await said("cat", "ipns://latest.test/x@9")).toMatch(/there is no release 9\n.*from 1 to 2/);
  expect(await said("diff", "1", "nowhere")).toContain("there is no file nowhere");
  expect(await said("diff", "5")).toContain("there is no release 5");
  expect(await said("diff", "nowhere@1", "nowhere")).toContain("nothing at nowhere in the tree");
  expect(await said("diff", `${elsewhere.cid}`)).toContain("is no tree");
  expect((await fieldtree(["plan", "--base", "1", "--json"], { cwd })).json()[0].changes).toMatchObject([update]);

  // A file of that name goes first, as it did before releases could be named; a folder of that name does not.
  await writeFile(join(cwd, "1"), "");
  await mkdir(join(cwd, "products"));
  expect(await diff("1")).toHaveLength(2);
  expect(await diff("products@1", "products")).toMatchObject([update]);
});
