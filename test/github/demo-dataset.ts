/** What the demo's stranger proposes: data that the sample campaign has not got. */
import { cp, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setLeaf } from "../../pipeline/core/tree/edit.ts";
import { readTree } from "../../pipeline/core/tree/tree.ts";

const root = join(import.meta.dirname, "../..");

export interface Proposal {
  readonly folder: string;
  /** Where it goes in tree.yaml. */
  readonly path: string;
}

/** Real sondes where `real`, the data that others publish, is beside the clone; else those of the sample, as if of the next flight, put into `desk`. */
export async function dataset(desk: string, real: string | undefined): Promise<Proposal> {
  if (real)
    return { folder: join(real, "v2/HALO-20240811a.zarr"), path: "products/HALO/dropsondes/HALO-20240811a.zarr" };
  const folder = join(desk, "dropsondes.zarr");
  await cp(join(root, "sample/products/KITE/KITE-20260126a/dropsondes.zarr"), folder, { recursive: true });
  const file = join(folder, "zarr.json");
  const about = JSON.parse(await readFile(file, "utf8"));
  about.attributes.title = "Dropsondes of KITE-20260127a";
  await writeFile(file, JSON.stringify(about, null, 2));
  return { folder, path: "products/KITE/KITE-20260127a/dropsondes.zarr" };
}

/** @throws Error where anything would have to be said of it. */
export function withLeaf(tree: string, path: string, cid: string): string {
  const { text } = setLeaf(tree, path, cid);
  const { findings } = readTree(text);
  if (findings.length > 0) throw new Error(findings[0]!.says);
  return text;
}
