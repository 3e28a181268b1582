/** A NetCDF-3 file (CDF-1, CDF-2 or CDF-5) as a {@link NetcdfFile}: one group, all metadata in its header. */
import type { DatasetFinding } from "../../../core/dataset/dataset.ts";
import type { RangeSource } from "../../../core/dataset/range-source.ts";
import { shown } from "../../../core/text/shown.ts";
import type { NetcdfAttributes, NetcdfFile, NetcdfModel, NetcdfVariable } from "../file.ts";
import { type ClassicAttribute, type ClassicHeader, type ClassicVariable, readHeader } from "./header.ts";
import { readBox } from "./read.ts";

const models: Readonly<Record<ClassicHeader["version"], NetcdfModel>> = {
  1: "NETCDF3_CLASSIC",
  2: "NETCDF3_64BIT_OFFSET",
  5: "NETCDF3_64BIT_DATA",
};

/** @throws Failure `input` where its header is damaged or cut; `unavailable` as the source does. */
export async function openClassic(source: RangeSource): Promise<NetcdfFile> {
  const header = await readHeader(source);
  const { version, dimensions, attributes, variables } = header;
  const cut = variables.filter(({ end }) => end > source.size);
  return {
    model: models[version],
    groups: [
      {
        path: "",
        attributes: attributesOf(attributes),
        dimensions,
        variables: variables.map((variable) => variableOf(variable, header, source)),
      },
    ],
    findings: cut.length === 0 ? [] : [truncated(cut, source.size)],
  };
}

function variableOf(variable: ClassicVariable, header: ClassicHeader, source: RangeSource): NetcdfVariable {
  const { name, dimensions, type, attributes, end } = variable;
  const { recordSize } = header;
  return {
    name,
    dimensions,
    shape: dimensions.map(({ size }) => size),
    type: type.name,
    attributes: attributesOf(attributes),
    fill: type.name === "S1" ? "" : (fillIn(attributes) ?? type.fill),
    itemSize: type.size,
    ...(dimensions[0]?.unlimited && { stride: recordSize }),
    ...(end > source.size && { problem: `the file ends before its values do, at byte ${source.size} of ${end}` }),
    stored: variable,
    read: (box, budget) => readBox(source, variable, recordSize, box, budget),
  };
}

function attributesOf(attributes: ReadonlyMap<string, ClassicAttribute>): NetcdfAttributes {
  return new Map(
    [...attributes].map(([name, { type, values }]) => {
      const list = typeof values === "string" ? [values] : values;
      return [name, { type: type.name, single: list.length === 1, values: list }];
    }),
  );
}

function fillIn(attributes: ReadonlyMap<string, ClassicAttribute>): number | bigint | undefined {
  const values = attributes.get("_FillValue")?.values;
  return typeof values === "string" ? undefined : values?.[0];
}

function truncated(cut: readonly ClassicVariable[], size: number): DatasetFinding {
  const end = cut.reduce((most, variable) => Math.max(most, variable.end), 0);
  const names = cut.slice(0, 5).map(({ name }) => shown(name, 40));
  const more = cut.length > names.length ? ` and ${cut.length - names.length} more` : "";
  return {
    level: "error",
    rule: "truncated",
    says: `the file has ${size} of ${end} bytes: values of ${names.join(", ")}${more} are missing, and netCDF reads zeros in their place`,
    fix: "copy the file again",
  };
}
