/** The index through a real gateway, in a folder of so many entries that it is divided over blocks. */
import { describe, expect, it } from "vitest";
import { openIndex } from "../../../pipeline/core/search/index/index-reader.ts";
import { search } from "../../../pipeline/core/search/search.ts";
import { assemble, type Leaf } from "../../../pipeline/dag/assemble.ts";
import type { Block } from "../../../pipeline/dag/block.ts";
import { fileOf } from "../../../pipeline/dag/build/file.ts";
import { shapeOf } from "../../../pipeline/dag/codec/decode.ts";
import { profiles } from "../../../pipeline/dag/profile.ts";
import { kubo } from "../../../pipeline/ipfs/kubo/kubo.ts";
import { aDocument, randomFrom } from "../../fakes/search-corpus.ts";
import { indexFiles } from "../../fakes/search-index.ts";
import { testWorld } from "../../fakes/world.ts";
import { kuboBinary, startKubo } from "../../servers/kubo.ts";

const binary = await kuboBinary();

describe.skipIf(!binary)("through the gateway of a real Kubo", () => {
  it("answers are those of the files themselves, out of a HAMT", async () => {
    const random = randomFrom(7);
    const documents = Array.from({ length: 400 }, (_, i) => [i, aDocument(i, random, 500)] as const);
    const files = indexFiles(documents, documents.length, false);
    const blocks: Block[] = [];
    const put = (block: Block) => void blocks.push(block);
    const profile = profiles["cid-v1"];
    const leaves: Leaf[] = [];
    for (const [path, content] of files) leaves.push({ path: `search/${path}`, ...fileOf(content, profile, put) });
    const empty = fileOf(new Uint8Array(), profile, put);
    for (let i = 0; i < 3000; i++) leaves.push({ path: `search/of-another-version-${"x".repeat(50)}-${i}`, ...empty });
    const root = assemble(leaves, profile, put);
    expect(blocks.some(({ cid, bytes }) => cid.code === 0x70 && shapeOf(cid, bytes).kind === "shard")).toBe(true);

    const node = await startKubo();
    try {
      await kubo({ api: node.api }).put(blocks, testWorld());
      const remote = await openIndex(async (path) => {
        const response = await fetch(`${node.gateway}/ipfs/${root.cid}/search/${path}`);
        expect(response.status, path).toBe(200);
        return new Uint8Array(await response.arrayBuffer());
      });
      const local = await openIndex(async (path) => files.get(path)!);
      const [first] = documents[100]![1].title.split(" ");
      for (const query of [
        { words: "halo" },
        { words: `${first} air_temperature` },
        { bbox: [-60, -20, 0, 20] as const },
        { words: "halp", from: "2020" },
      ]) {
        const found = await search(remote, query, { limit: 10, count: true });
        expect(found.hits.length, JSON.stringify(query)).toBeGreaterThan(0);
        expect(found).toEqual(await search(local, query, { limit: 10, count: true }));
      }
    } finally {
      await node.stop();
    }
  });
});
