import { mkdtemp, readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readTree } from "../../pipeline/core/tree/tree.ts";
import { fieldtree } from "../commands/program.ts";
import { findData } from "../data.ts";
import { dataset, withLeaf } from "./demo-dataset.ts";

describe("the demo's stranger", () => {
  it.each([
    ["the data others publish", findData("zarr")],
    ["nothing", undefined],
  ])("has something new to propose where %s is next to the clone", async (_, real) => {
    const tree = await readFile("tree.yaml", "utf8");
    const { folder, path } = await dataset(await mkdtemp(join(tmpdir(), "fieldtree-demo-")), real);
    const [shown] = (await fieldtree(["inspect", folder, "--json"])).json();
    const before = readTree(tree).tree;
    const after = readTree(withLeaf(tree, path, shown.cid)).tree;
    expect(shown.item.properties.title).toContain("Dropsondes");
    expect(after.size).toBe(before.size + 1);
    expect([...before.values()].map(({ cid }) => cid.toString())).not.toContain(shown.cid);
  });
});
