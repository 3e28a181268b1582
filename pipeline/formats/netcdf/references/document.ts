/** The document of a reference, written group by group and array by array, with what is left out of it and why. */
import { stableJson } from "../../../core/json.ts";
import { formatBytes, shown } from "../../../core/text/shown.ts";
import type { References } from "../../reader.ts";
import type { NetcdfAttributes, NetcdfDimension } from "../file.ts";
import { attributesFor, type Reference, type ZarrArray, zarrayOf } from "./array.ts";
import { exactJson } from "./exact-json.ts";

/** Chunks in one reference, and its bytes as JSON. */
export const most = { chunks: 100_000, bytes: 16 * 2 ** 20 } as const;

export interface ReferenceDocument {
  leaveOut(name: string, why: string): void;
  /** `path` is "" for the root. A path that Zarr has no group for is left out. */
  group(path: string, attributes: NetcdfAttributes): void;
  /** A name that Zarr has no array for is left out. */
  array(
    variable: { readonly name: string; readonly attributes: NetcdfAttributes; readonly dimensions: readonly Named[] },
    array: ZarrArray | string,
  ): void;
  /** The reference, or why it is too large. */
  finish(): References;
}

type Named = Pick<NetcdfDimension, "name">;

export function referenceDocument(): ReferenceDocument {
  const references = new Map<string, Reference>();
  const leftOut: string[] = [];
  let groups = 0;
  const leaveOut = (name: string, why: string): void => {
    leftOut.push(`${shown(name, 120)}: ${shown(why, 300)}`);
  };
  const put = (path: string, key: string, reference: Reference) =>
    references.set(path === "" ? key : `${path}/${key}`, reference);

  return {
    leaveOut,

    group(path, attributes) {
      groups++;
      if (!isUsable(path)) return;
      put(path, ".zgroup", '{"zarr_format":2}');
      const { attributes: json, unnamed } = attributesFor(attributes);
      put(path, ".zattrs", exactJson(json));
      for (const name of unnamed) leaveOut(path === "" ? name : `${name} of ${path}`, noAttribute);
    },

    array({ name, attributes, dimensions }, array) {
      if (!isUsable(name)) return leaveOut(name, "Zarr has no arrays of that name");
      if (typeof array === "string") return leaveOut(name, array);
      const { attributes: json, unnamed } = attributesFor(attributes, array.attributes);
      put(name, ".zarray", zarrayOf(array));
      put(name, ".zattrs", exactJson({ ...json, _ARRAY_DIMENSIONS: dimensions.map(baseName) }));
      for (const [key, reference] of array.chunks) put(name, key, reference);
      for (const attribute of unnamed) leaveOut(`${attribute} of ${name}`, noAttribute);
    },

    finish() {
      const consolidated = groups > 1;
      if (consolidated) references.set(".zmetadata", consolidatedIn(references));
      return finished(references, leftOut, consolidated);
    },
  };
}

const noAttribute = "an attribute of this type has no form in JSON";

/** Where there are groups: without it, zarr-python lists what is in a group, and finds nothing in those below the root. */
function consolidatedIn(references: ReadonlyMap<string, Reference>): string {
  const metadata = [...references].flatMap(([key, json]) =>
    typeof json === "string" && /(^|\/)\.z\w+$/.test(key) ? `${JSON.stringify(key)}:${json}` : [],
  );
  return `{"zarr_consolidated_format":1,"metadata":{${metadata.join(",")}}}`;
}

function finished(
  references: ReadonlyMap<string, Reference>,
  leftOut: readonly string[],
  consolidated: boolean,
): References {
  const pieces = [...references.values()].filter((reference) => typeof reference !== "string").length;
  if (pieces > most.chunks)
    return { why: `its values are in ${pieces} chunks; a reference has at most ${most.chunks}` };
  const json = stableJson({ version: 1, refs: Object.fromEntries(references) });
  if (json.length > most.bytes)
    return {
      why: `a reference of it has ${formatBytes(json.length)}; at most ${formatBytes(most.bytes)} are published`,
    };
  return { json, consolidated, leftOut };
}

/** Zarr's keys are paths: those that file systems read otherwise, and those of metadata, are none of an array's. */
const isUsable = (path: string) =>
  path === "" ||
  path.split("/").every((part) => part !== "" && part !== "." && part !== ".." && !part.startsWith(".z"));

const baseName = ({ name }: Named) => name.slice(name.lastIndexOf("/") + 1);
