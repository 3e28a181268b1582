/** `cat`: the bytes of a file, as they are, on stdout. */

import { locate } from "../cli/address/locate.ts";
import { aboutAddresses } from "../cli/address/parse-address.ts";
import type { Verb } from "../cli/verb.ts";
import type { Get } from "../dag/block.ts";
import { content, statOf } from "../dag/read/read.ts";

export const cat: Verb = {
  args: "<address>",
  about: aboutAddresses,
  completes: ["tree"],
  example: "fieldtree cat products/HALO/radar.zarr/.zattrs",

  async run(call) {
    const { cid, get } = await locate(call.args[0]!, call);
    let total: number | undefined;
    // The root block has the file's length. It is captured here, so that the block is not read twice.
    const reading: Get = async (each) => {
      const bytes = await get(each);
      if (each === cid) total = statOf(cid, bytes).size;
      return bytes;
    };
    let done = 0;
    for await (const bytes of content(cid, reading)) {
      await call.out.bytes(bytes);
      done += bytes.length;
      call.world.progress({ task: "reading", done, ...(total !== undefined && { total }), unit: "bytes" });
    }
    if (call.out.json) call.out.result({ path: call.args[0]!, cid: cid.toString(), bytes: done });
    return 0;
  },
};
