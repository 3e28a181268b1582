/** `cat`: the bytes of a file, as they are, on stdout. */
import { content } from "../dag/read.ts";
import { locate } from "./address.ts";
import type { Verb } from "./command.ts";

export const cat: Verb = {
  args: "<address>",
  example: "fieldtree cat products/HALO/radar.zarr/.zattrs",

  async run(call) {
    const { cid, get } = await locate(call.args[0]!, call);
    let done = 0;
    for await (const bytes of content(cid, get)) {
      await call.out.bytes(bytes);
      done += bytes.length;
      call.world.progress({ task: "reading", done, unit: "bytes" });
    }
    return 0;
  },
};
