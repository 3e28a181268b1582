/** `get`: copies a file or a folder to this machine. */

import { resolve } from "node:path";
import { locate } from "../cli/address/locate.ts";
import { aboutAddresses } from "../cli/address/parse-address.ts";
import { extract } from "../cli/local/extract.ts";
import { isWebAddress } from "../cli/odf/about.ts";
import type { Call, Verb } from "../cli/verb.ts";
import { plural } from "../core/text/plural.ts";
import { formatBytes } from "../core/text/shown.ts";

export const get: Verb = {
  args: "<address>",
  flags: [
    ["-o, --output <path>", "where it goes (default: its own name, here)"],
    ["--force", "replace what is there"],
    ["--skip-links", "leave symbolic links out"],
  ],
  about: `What is copied appears under its name when all of it is there, never half. Symbolic links that lead out of the folder are refused.
The address of a web server, without /ipfs/ in it, is that of a dataset of Open Data Fabric: all of it is copied, every file verified.

${aboutAddresses}`,
  completes: ["tree"],
  example: "fieldtree get products/HALO/radar.zarr -o radar.zarr",

  async run(call) {
    const { args, flags, world, out, cwd } = call;
    if (isWebAddress(args[0]!)) return getDataset(args[0]!, call);
    const { cid, path, get, gather } = await locate(args[0]!, call);
    const output = typeof flags.output === "string" ? flags.output : path.split("/").at(-1) || cid.toString();
    const target = resolve(cwd, output);
    const copied = await extract(
      { cid, get, gather, target, replace: flags.force === true, links: flags.skipLinks ? "skip" : "inside" },
      world,
    );
    out.result(
      { path: output, cid: cid.toString(), bytes: copied.bytes, files: copied.files },
      `${output}: ${formatBytes(copied.bytes)} in ${plural(copied.files, "file")}`,
    );
    return 0;
  },
};

async function getDataset(given: string, call: Call): Promise<number> {
  const { flags, out, cwd } = call;
  const { copyDataset } = await import("../cli/odf/copy.ts");
  const named = new URL(given).pathname.split("/").findLast((name) => name !== "") ?? "dataset";
  const output = typeof flags.output === "string" ? flags.output : named;
  const copied = await copyDataset(given, resolve(cwd, output), flags.force === true, call);
  const text = `${output}: ${formatBytes(copied.bytes)} in ${plural(copied.files, "file")}, up to block ${copied.head}`;
  out.result({ path: output, ...copied }, text);
  return 0;
}
