/** A file as we read it, next to what netCDF4 says of it. */
import type { Json } from "../../../pipeline/core/json.ts";
import { product } from "../../../pipeline/formats/codecs/block.ts";
import type {
  NetcdfAttributes,
  NetcdfFile,
  NetcdfGroup,
  NetcdfVariable,
} from "../../../pipeline/formats/netcdf/file.ts";
import type { FileOracle, GroupOracle, Summary, VariableOracle } from "./files.ts";

const budget = 2 ** 28;

/** Everything that differs: `path: ours, not theirs`. */
export async function differences(file: NetcdfFile, oracle: FileOracle): Promise<readonly string[]> {
  const found: string[] = [];
  const compare = (what: string, ours: unknown, theirs: unknown) => {
    if (!same(ours, theirs)) found.push(`${what}: ${brief(ours)}, not ${brief(theirs)}`);
  };
  const groups = oracle.groups ?? {};
  compare("groups", file.groups.map(({ path }) => path).sort(), Object.keys(groups).sort());
  for (const group of file.groups) {
    const theirs = groups[group.path];
    if (theirs) await compareGroup(group, theirs, compare);
  }
  return found;
}

type Compare = (what: string, ours: unknown, theirs: unknown) => void;

async function compareGroup(group: NetcdfGroup, theirs: GroupOracle, compare: Compare): Promise<void> {
  const at = `/${group.path}`;
  const base = (name: string) => name.slice(name.lastIndexOf("/") + 1);
  compareAttributes(at, group.attributes, theirs.attributes, compare);
  if (theirs.dimensions) {
    const ours = group.dimensions.map(({ name, size, unlimited }) => [base(name), { size, unlimited }]);
    compare(`${at} dimensions`, Object.fromEntries(ours), theirs.dimensions);
  }
  const names = group.variables.map(({ name }) => base(name));
  compare(`${at} variables`, names.toSorted(), Object.keys(theirs.variables).sort());
  for (const variable of group.variables) {
    const other = theirs.variables[base(variable.name)];
    if (other) await compareVariable(variable, other, compare);
  }
}

async function compareVariable(variable: NetcdfVariable, theirs: VariableOracle, compare: Compare): Promise<void> {
  const { name, type, dimensions, shape, chunks, attributes, members, problem } = variable;
  if (theirs.type) compare(`${name} type`, type, theirs.type);
  if (theirs.dimensions) {
    const ours = dimensions.map((dimension) => dimension.name.slice(dimension.name.lastIndexOf("/") + 1));
    compare(`${name} dimensions`, ours, theirs.dimensions);
  }
  compare(`${name} shape`, shape, theirs.shape ?? []);
  compare(`${name} chunks`, chunks ?? null, theirs.chunks);
  compareAttributes(name, attributes, theirs.attributes, compare);
  if (theirs.members) compare(`${name} members`, Object.fromEntries(members ?? []), theirs.members);
  // What is in other files, or stored with a filter that is not read, says so; what netCDF reads of it is its fill value.
  if (!theirs.summary || (problem && "layout" in variable.stored)) return;
  const values = await variable.read({ start: shape.map(() => 0), count: shape }, budget);
  compare(`${name} values`, summaryOf(values, product(shape)), theirs.summary);
}

/** What HDF5 itself and netCDF's library need, and h5py shows. */
const internal = new Set(["CLASS", "NAME", "DIMENSION_LIST", "REFERENCE_LIST", "DIMENSION_LABELS"]);

function compareAttributes(
  at: string,
  ours: NetcdfAttributes,
  theirs: Readonly<Record<string, unknown>>,
  compare: Compare,
) {
  const expected = Object.entries(theirs).filter(([name]) => !internal.has(name));
  compare(`${at} attributes`, [...ours.keys()].sort(), expected.map(([name]) => name).sort());
  for (const [name, value] of expected) {
    const attribute = ours.get(name);
    if (attribute) compare(`${at}@${name}`, plain(attribute.values), Array.isArray(value) ? value : [value]);
  }
}

function summaryOf(values: unknown, n: number): Summary {
  if (n === 0) return { n };
  if (!ArrayBuffer.isView(values)) return { n, values: plain(values) as Json[] };
  const list = values as unknown as ArrayLike<number | bigint>;
  let [least, greatest, sum, weighted] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0, 0];
  for (let i = 0; i < list.length; i++) {
    const value = Number(list[i]);
    if (!Number.isFinite(value)) continue;
    least = Math.min(least, value);
    greatest = Math.max(greatest, value);
    sum += value;
    weighted += value * ((i % 1009) + 1);
  }
  const isNone = least > greatest;
  return {
    n: list.length,
    first: plain(list[0]),
    last: plain(list[list.length - 1]),
    least: isNone ? null : least,
    greatest: isNone ? null : greatest,
    sum,
    weighted,
  };
}

/** As `oracle.py` writes values: lists for compounds, strings for what JSON has no number for. */
function plain(value: unknown): unknown {
  if (ArrayBuffer.isView(value)) return Array.from(value as unknown as ArrayLike<unknown>, plain);
  if (Array.isArray(value)) return value.map(plain);
  if (value instanceof Map) return [...value.values()].map(plain);
  if (typeof value === "bigint") return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
  if (typeof value === "number") return Number.isFinite(value) ? value : String(value);
  return typeof value === "object" && value !== null ? "reference" : value;
}

function same(ours: unknown, theirs: unknown): boolean {
  if (typeof ours === "number" && typeof theirs === "number")
    return Math.abs(ours - theirs) <= 1e-9 * Math.max(1, Math.abs(ours), Math.abs(theirs));
  if (typeof ours !== "object" || typeof theirs !== "object" || !ours || !theirs) return ours === theirs;
  const [a, b] = [Object.entries(ours), Object.entries(theirs)];
  const others = theirs as Readonly<Record<string, unknown>>;
  return a.length === b.length && a.every(([key, value]) => key in others && same(value, others[key]));
}

const brief = (value: unknown) => JSON.stringify(value)?.slice(0, 200);
