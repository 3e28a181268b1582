import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { embedded } from "../../pipeline/ipfs/embedded/embedded.ts";
import { homeNodeContract } from "../contracts/node.ts";

homeNodeContract(async () => embedded(await aFolderOfOurs()));

async function aFolderOfOurs(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "fieldtree-node-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return join(folder, ".fieldtree");
}
