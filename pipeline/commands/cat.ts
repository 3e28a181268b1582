/** `cat`: the bytes of a file, as they are, on stdout. */

import { locate } from "../cli/address/locate.ts";
import { aboutAddresses } from "../cli/address/parse-address.ts";
import type { Verb } from "../cli/verb.ts";
import { statOf } from "../dag/read/read.ts";
import { passingContent, withRoot } from "../dag/reused-memory.ts";

export const cat: Verb = {
  args: "<address>",
  about: aboutAddresses,
  completes: ["tree"],
  example: "fieldtree cat products/HALO/radar.zarr/.zattrs",

  async run(call) {
    const { cid, get } = await locate(call.args[0]!, call);
    const root = await get(cid);
    const total = statOf(cid, root).size;
    let done = 0;
    for await (const bytes of passingContent(cid, withRoot(cid, root, get))) {
      await call.out.bytes(bytes);
      done += bytes.length;
      call.world.progress({ task: "reading", done, total, unit: "bytes" });
    }
    if (call.out.json) call.out.result({ path: call.args[0]!, cid: cid.toString(), bytes: done });
    return 0;
  },
};
