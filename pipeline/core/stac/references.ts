/**
 * Assets for the references of a dataset's files. They are files of the portal, so these hrefs depend on where the item is,
 * as those of links do.
 *
 * ```python
 * xr.open_dataset("reference://", storage_options={"fo": href, **storage_options}, **open_kwargs)
 * ```
 */
import { oneLine } from "../attributes/text.ts";
import type { Json } from "../json.ts";
import type { DatasetEntry, Reference } from "./catalog-entry.ts";
import { pathBelow, referenceFile, relative } from "./names.ts";

/** Of a folder of more files, there are references and no assets for them. */
const most = 50;

export interface ReferenceFields {
  readonly assets: Readonly<Record<string, Readonly<Record<string, Json>>>>;
  /** `fieldtree:unreferenced`: why there is none, of which file. */
  readonly properties: Readonly<Record<string, Json>>;
}

/** @param file of the item, in the portal. */
export function referenceFields({ path, references = [] }: DatasetEntry, file: string): ReferenceFields {
  const listed = references.length <= most ? references : [];
  const assets = listed.flatMap((reference) =>
    "why" in reference ? [] : [[keyOf(reference), assetOf(reference, pathBelow(path, reference.path), file)] as const],
  );
  const reasons = references.flatMap((reference) =>
    "why" in reference
      ? oneLine(reference.path === "" ? reference.why : `${reference.path}: ${reference.why}`, 500)
      : [],
  );
  return {
    assets: Object.fromEntries(assets),
    properties: reasons.length > 0 ? { "fieldtree:unreferenced": reasons.slice(0, most) } : {},
  };
}

const keyOf = ({ path }: Reference) => (path === "" ? "references" : `references/${path}`);

function assetOf(reference: Exclude<Reference, { why: string }>, path: string, file: string) {
  const { size, consolidated, leftOut } = reference;
  return {
    href: relative(file, referenceFile(path)),
    type: "application/json",
    title: oneLine(reference.path === "" ? "kerchunk reference" : `kerchunk reference of ${reference.path}`, 200),
    ...(leftOut.length > 0 && { description: leftOutText(leftOut) }),
    roles: ["references"],
    "file:size": size,
    "xarray:open_kwargs": { engine: "zarr", consolidated },
    // zarr reads asynchronously, and fsspec requires the same of what it points into.
    "xarray:storage_options": { remote_protocol: "ipfs", remote_options: { asynchronous: true } },
  };
}

function leftOutText(leftOut: readonly string[]): string {
  const named = leftOut.slice(0, 10).join("; ");
  return `Left out: ${named}${leftOut.length > 10 ? `; and ${leftOut.length - 10} more` : ""}`;
}
