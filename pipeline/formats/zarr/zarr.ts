/**
 * Zarr stores, version 2 and 3.
 *
 * Metadata are read whole (`store.ts`, `array.ts`), of values those of coordinates only (`values.ts`, `chunks.ts`,
 * `codecs/`); what they mean is CF's business (`core/cf`).
 */
import { describe } from "../../core/cf/describe.ts";
import { storageFindings } from "../../core/checks/storage.ts";
import type { DatasetFinding, Description, Folder } from "../../core/dataset/dataset.ts";
import { shown } from "../../core/text/shown.ts";
import type { World } from "../../core/world.ts";
import { boundedAttributes } from "../attributes.ts";
import type { Decompressors } from "../decompressors.ts";
import type { FolderReader } from "../reader.ts";
import { checkFiles } from "./files.ts";
import { refusals } from "./refusals.ts";
import { storageOf } from "./storage.ts";
import { isZarr, isZarrV2, missingRoot, openStore, type ZarrStore } from "./store.ts";
import { valuesIn } from "./values.ts";
import { arraysOf, mostAlike, variablesOf } from "./variables.ts";

export const zarr = (using: Decompressors): FolderReader => ({
  name: "zarr",
  version: 7,
  folders: {
    recognises: isZarr,
    missing: missingRoot,
    checkFiles: (folder, world) => checkFiles(folder, using, world),
    describe: (folder, world) => describeStore(folder, using, world),
  },
});

async function describeStore(folder: Folder, using: Decompressors, world: World): Promise<Description> {
  const store = await openStore(folder, world);
  const findings: DatasetFinding[] = [];
  const attributes = boundedAttributes(store.groups.get("") ?? store.arrays.get("")?.attributes ?? {}, findings);
  const arrays = arraysOf(store, using, findings);
  const variables = variablesOf(arrays, store.version, findings);
  const arrayBy = new Map(variables.map((variable, i) => [variable, arrays[i]!]));
  const values = valuesIn(folder, world);
  const described = await describe({
    attributes,
    variables,
    read: (variable, which, visit) => values.read(arrayBy.get(variable)!, which, visit),
  });
  if (!store.consolidated && store.groups.size > 0) findings.push(notConsolidated(store));
  if (store.version === 3 && isZarrV2(folder.entries)) findings.push(twoVersions);
  findings.push(...refusals(store, arrays));
  findings.push(...store.unmarked.slice(0, mostAlike).map(unmarkedGroup));
  return {
    ...described,
    attributes,
    access: {
      format: "zarr",
      version: store.version,
      consolidated: store.consolidated,
      groups: [...store.groups.keys()].filter((path) => path !== ""),
    },
    findings: [...findings, ...values.findings(), ...described.findings],
    advice: [...storageFindings({ arrays: await storageOf(folder, store, arrays, world) }), ...described.advice],
  };
}

const unmarkedGroup = (path: string): DatasetFinding => ({
  level: "warning",
  rule: "no-group",
  says: `${shown(path)} has arrays, but no zarr.json or .zgroup of its own, so nobody sees them`,
  fix: "copy its dot-files, too, or write the group's metadata",
});

const twoVersions: DatasetFinding = {
  level: "hint",
  rule: "two-versions",
  says: "it has metadata of Zarr version 3 and of version 2; those of version 3 are read, as xarray does",
  fix: "remove zarr.json, or .zgroup, .zarray, .zattrs and .zmetadata, whichever is the older",
};

const notConsolidated = ({ version, arrays }: ZarrStore): DatasetFinding => ({
  level: "warning",
  rule: "not-consolidated",
  says: `the store has no consolidated metadata: whoever opens it must ask for each of its ${arrays.size} arrays, and some tools can't`,
  fix: `zarr.consolidate_metadata(store, zarr_format=${version})`,
});
