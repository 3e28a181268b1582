/** A process that works on a node until somebody kills it: `node embedded-child.ts add|gc|hold STATE [PATH]`. */
import { embedded } from "../../pipeline/ipfs/embedded/embedded.ts";
import { testWorld } from "../fakes/world.ts";

const [, , work, state, path] = process.argv;
const node = embedded(state!);
const world = testWorld();
switch (work) {
  case "add": {
    const { cid } = await node.add(path!, { profile: "cid-v1", symlinks: "keep" }, world);
    await node.pin(cid, "added", world);
    console.log(`${cid}`);
    break;
  }
  case "gc":
    console.log(JSON.stringify(await node.gc(world)));
    break;
  case "hold":
    await node.put([], world);
    console.log("held");
    await new Promise((resolve) => setTimeout(resolve, 60_000));
}
await node.close();
