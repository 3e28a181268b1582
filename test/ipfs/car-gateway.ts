/** Folders of files, and a gateway that gives them in CARs. */
import type { CID } from "multiformats/cid";
import type { Block } from "../../pipeline/dag/block.ts";
import { carOf } from "../../pipeline/dag/car.ts";
import { makeDirectory } from "../../pipeline/dag/directory.ts";
import { profiles } from "../../pipeline/dag/profile.ts";
import { walk } from "../../pipeline/dag/read/read.ts";
import { raw } from "../contracts/node.ts";
import { type FakeGateway, startFakeGateway } from "../fakes/gateway.ts";

export interface Tree {
  readonly root: CID;
  /** In the order of a CAR. */
  readonly blocks: readonly Block[];
}

/** Folders of files; `text` of a file by folder and number. */
export async function aTree(
  folders: number,
  files: number,
  text = (folder: number, file: number) => `${folder} ${file}`,
) {
  const blocks = new Map<string, Block>();
  const put = (block: Block) => void blocks.set(`${block.cid}`, block);
  const folder = (entries: readonly { name: string; cid: CID; tsize: number }[]) =>
    makeDirectory(entries, profiles["cid-v1"], put);
  const named = (i: number) => `${i}`.padStart(3, "0");
  const fileIn = (i: number, j: number) => {
    const block = raw(text(i, j));
    put(block);
    return { name: named(j), cid: block.cid, tsize: block.bytes.length };
  };
  const subfolders = Array.from({ length: folders }, (_, i) => ({
    name: named(i),
    ...folder(Array.from({ length: files }, (_, j) => fileIn(i, j))),
  }));
  const root = folder(subfolders).cid;
  return {
    root,
    blocks: await Array.fromAsync(walk(root, async (cid) => blocks.get(`${cid}`)!.bytes, { scope: "all" })),
  };
}

export const carOfAll = (blocks: readonly Block[]) => (root: CID) => {
  const byCid = new Map(blocks.map(({ cid, bytes }) => [`${cid}`, bytes]));
  return carOf(
    [root],
    walk(root, async (cid) => byCid.get(`${cid}`)!, { scope: "all" }),
  );
};

/** A gateway that gives CARs, and all that comes from it is counted. */
export async function carGateway({ blocks }: Tree, car: FakeGateway["car"] = carOfAll(blocks)) {
  const fake = await startFakeGateway(blocks);
  fake.car = car;
  return fake;
}
