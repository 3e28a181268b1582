/** Pulling over a satellite, at a private address: a short one of `npm run test:field`. */

import { execa } from "execa";
import { expect, it, onTestFinished } from "vitest";
import { recordAbsence } from "../absent.ts";
import { aCampaign, aFolder, fieldtree } from "../commands/program.ts";
import { fieldLink, satellite, whyNoLinks } from "./link.ts";
import { pulled, pullOf, serve } from "./site.ts";

const why = whyNoLinks();
if (why !== undefined) {
  const get = "run the suite as root on Linux, with iproute2 and python3; npm run test:field then runs the long ones";
  recordAbsence({ what: "network namespaces with a simulated link", why, get, required: false });
}

it.skipIf(why !== undefined)(
  "what is new comes over a link with a round trip of 600 ms that loses packets",
  async () => {
    const files = Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`${i % 4}/${i}.txt`, `${i} `.repeat(200)]));
    const ship = await aCampaign();
    const added = await fieldtree(["add", await aFolder(files), "--json"], { cwd: ship });
    const { cid, blocks } = added.json().at(-1) as { cid: string; blocks: number };
    const link = await fieldLink({ ...satellite, loss: 2 });
    onTestFinished(async () => void (await link.stop()));
    const serving = await serve(ship, (command) => link.at("near", command));
    onTestFinished(() => void serving.process.kill());

    const shore = await aCampaign();
    const [command, ...args] = link.at("far", pullOf(cid));
    const env = { IPFS_GATEWAY: `http://${link.near}:${serving.port}` };
    const ran = await execa(command, args, { cwd: shore, env, reject: false });
    expect(ran.exitCode, ran.stderr).toBe(0);
    expect(pulled(ran.stdout)).toMatchObject({ blocks });
    expect(ran.stderr).not.toContain("not asked again");
  },
);
