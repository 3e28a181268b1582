/**
 * NetCDF files, in the classic formats and in HDF5, and other HDF5 files as far as they describe themselves.
 *
 * `classic/` and `enhanced/` read metadata whole (`file.ts`), of values those of coordinates only (`values.ts`); what they
 * mean is CF's business (`core/cf`).
 */
import { unlessAborted } from "../../core/abort.ts";
import { describe } from "../../core/cf/describe.ts";
import { storageFindings } from "../../core/checks/storage.ts";
import type { DatasetFinding, Description } from "../../core/dataset/dataset.ts";
import type { RangeSource } from "../../core/dataset/range-source.ts";
import { shown } from "../../core/text/shown.ts";
import type { World } from "../../core/world.ts";
import { boundedAttributes } from "../attributes.ts";
import type { Decompressors } from "../decompressors.ts";
import { knownAttributes } from "../hdf5/messages/known-attributes.ts";
import { isHdf5 } from "../hdf5/signature.ts";
import type { FormatReader } from "../reader.ts";
import { jsonOf } from "./attributes.ts";
import { isClassic } from "./classic/header.ts";
import type { NetcdfFile, NetcdfVariable } from "./file.ts";
import { cfVariablesOf, openFile } from "./open.ts";
import { joinedReferences } from "./references/joined/joined.ts";
import { referencesTo } from "./references/references.ts";
import { storedArrayOf } from "./storage.ts";
import { valuesIn } from "./values.ts";

export const netcdf = (using: Decompressors): FormatReader => {
  const known = knownAttributes();
  const open = (source: RangeSource) => openFile(source, using, known);
  return {
    name: "netcdf",
    version: 2,
    files: {
      recognises: (start) => isClassic(start) || isHdf5(start),
      // A block that never comes must not outlast the caller, whatever waits for it.
      describe: (file, world) => unlessAborted(world.signal, describeFile(file, open, world)),
      references: (file, url, world) =>
        unlessAborted(
          world.signal,
          open(file).then((opened) => referencesTo(opened, file, url)),
        ),
      joinedReferences: (files, world) => unlessAborted(world.signal, joinedReferences(files, open)),
    },
  };
};

type Open = (source: RangeSource) => Promise<NetcdfFile>;

/** @throws Failure `input` where the file is damaged or too large to be described; `unavailable` as the source does. */
async function describeFile(source: RangeSource, open: Open, world: World): Promise<Description> {
  const file = await open(source);
  const variables = file.groups.flatMap((group) => group.variables);
  const findings: DatasetFinding[] = [...file.findings, ...variables.flatMap(elsewhere)];
  const attributes = boundedAttributes(jsonOf(file.groups[0]!.attributes), findings);
  const stored = cfVariablesOf(variables);
  const values = valuesIn(source.size, world);
  const described = await describe({
    attributes,
    variables: [...stored.keys()],
    read: (variable, which, visit) => values.read(stored.get(variable)!, which, visit),
  });
  return {
    ...described,
    attributes,
    access: { format: "netcdf", model: file.model, groups: groupsIn(file) },
    findings: [...findings, ...values.findings(), ...described.findings],
    advice: [...storageFindings({ arrays: variables.map(storedArrayOf), file: source.size }), ...described.advice],
  };
}

/** Groups that have variables, without the root. */
const groupsIn = ({ groups }: NetcdfFile) =>
  groups.filter(({ path, variables }) => path !== "" && variables.length > 0).map(({ path }) => path);

/** Of values that are in other files: it depends on those what they are. */
function elsewhere({ name, stored }: NetcdfVariable): DatasetFinding[] {
  const kind = "layout" in stored ? stored.layout.kind : undefined;
  if (kind !== "virtual" && kind !== "external") return [];
  const what = kind === "virtual" ? "a virtual dataset, made of parts of others" : "stored in other files";
  const says = `${shown(name)} is ${what}, which are not part of this file: its values are not read`;
  return [
    { level: "warning", rule: "values-elsewhere", says, fix: "write the values into the file (h5repack, nccopy)" },
  ];
}
