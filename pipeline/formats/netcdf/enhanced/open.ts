/** What is stored in HDF5 as a {@link NetcdfFile}: a netCDF-4 file, or what another program wrote. */
import type { DatasetFinding } from "../../../core/dataset/dataset.ts";
import { shown } from "../../../core/text/shown.ts";
import type { Hdf5File } from "../../hdf5/model.ts";
import type { NetcdfFile, NetcdfGroup } from "../file.ts";
import { type Dimensions, dimensionsOf, isDimensionAlone, variableName } from "./dimensions.ts";
import { attributesOf } from "./types.ts";
import { variableOf } from "./variable.ts";
import { type FoundGroup, walk } from "./walk.ts";

/** Findings of one kind that are listed; of more there is one that counts them. */
const mostAlike = 20;

/** @throws Failure `input` where the file is damaged at its root; `unavailable` as the source does. */
export async function openEnhanced(hdf5: Hdf5File): Promise<NetcdfFile> {
  const { groups, broken } = await walk(hdf5);
  const dimensions = dimensionsOf(groups);
  const leftOut = new Map(broken);
  return {
    model: isNetcdf(groups) ? "NETCDF4" : "HDF5",
    groups: groups.map((group) => groupOf(group, dimensions, leftOut)),
    findings: findingsOf(leftOut),
  };
}

/** netCDF notes itself in the root, or leaves its numbers of dimensions; older versions left only scales. */
function isNetcdf(groups: readonly FoundGroup[]): boolean {
  if (groups[0]?.attributes.has("_NCProperties")) return true;
  return groups.some(({ datasets }) =>
    datasets.some(({ attributes }) => attributes.has("_Netcdf4Dimid") || attributes.has("_Netcdf4Coordinates")),
  );
}

function groupOf(
  { path, attributes, datasets }: FoundGroup,
  of: Dimensions,
  leftOut: Map<string, string>,
): NetcdfGroup {
  const inGroup = (name: string) => (path === "" ? name : `${path}/${name}`);
  const shownOf = (found: FoundGroup["attributes"], at: string) => {
    const { attributes: read, problems } = attributesOf(found);
    for (const [name, problem] of problems)
      leftOut.set(at === "" ? `attribute ${name}` : `attribute ${name} of ${at}`, problem);
    return read;
  };
  return {
    path,
    attributes: shownOf(attributes, path),
    dimensions: of.ofGroup.get(path) ?? [],
    variables: datasets
      .filter((found) => !isDimensionAlone(found))
      .map((found) =>
        variableOf({
          name: inGroup(variableName(found)),
          dataset: found.dataset,
          dimensions: of.ofDataset.get(found) ?? [],
          attributes: shownOf(found.attributes, found.path),
        }),
      ),
  };
}

function findingsOf(leftOut: ReadonlyMap<string, string>): readonly DatasetFinding[] {
  const finding = (says: string): DatasetFinding => ({ level: "warning", rule: "left-out", says });
  const all = [...leftOut].map(([what, why]) => finding(`${shown(what, 120)} is left out: ${shown(why, 300)}`));
  if (all.length <= mostAlike) return all;
  return [...all.slice(0, mostAlike), finding(`${all.length - mostAlike} more are left out: they are damaged`)];
}
