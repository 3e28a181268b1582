/** The portal that a verb reads: that of the newest release, or one at an address. */
import type { CID } from "multiformats/cid";
import { Failure } from "../core/failure.ts";
import type { Get } from "../dag/block.ts";
import { resolve, whole } from "../dag/read/read.ts";
import { recently } from "../dag/read/recent-blocks.ts";
import { publishedHead } from "../log/chain.ts";
import { locate } from "./address/locate.ts";
import type { Call } from "./verb.ts";

export interface PortalFiles {
  /** Bytes of a file. @throws Failure `input` where the portal has none at that path. */
  read(path: string): Promise<Uint8Array>;
  /** What is at a path; `undefined` where there is nothing. */
  cidOf(path: string): Promise<CID | undefined>;
}

/** Bytes of directories that are remembered: they are passed through again and again. */
const mostRemembered = 16 * 2 ** 20;

/** @param address of a portal; `undefined`: of the newest release. */
export async function openPortal(address: string | undefined, call: Call): Promise<PortalFiles> {
  const { cid, get } = address === undefined ? await newest(call) : await locate(address, call);
  const remembered = recently(get, mostRemembered);
  return {
    cidOf: (path) => resolve(cid, path, remembered),
    async read(path) {
      const found = await resolve(cid, path, remembered);
      if (found) return whole(found, remembered);
      throw new Failure("input", `the portal ${cid} has no ${path}`, {
        hint: "an address names the portal itself, as fieldtree log prints it; portals of older versions have no search",
      });
    },
  };
}

async function newest(call: Call): Promise<{ cid: CID; get: Get }> {
  const campaign = await call.store();
  const { release } = await publishedHead(campaign.log, call.world);
  return { cid: release.portal, get: campaign.get };
}
