/** What opening a dataset needs of it, read from its STAC item: the one form that all lines to copy are written from. */
import { isRecord, type Json } from "../json.ts";
import type { Item } from "../stac/item.ts";

export interface OpenedDataset {
  readonly path: string;
  readonly cid: string;
  /** Last name of the path, or its CID. */
  readonly name: string;
  readonly form: Form;
  /** Of its kerchunk reference, where it has one of the whole. */
  readonly reference?: { readonly cid: string; readonly consolidated: boolean };
  /** Path of its item in the portal, where it is in one. */
  readonly itemFile?: string;
  /** Its names in the intake catalog, outermost first, where it is in that. */
  readonly intake?: readonly string[];
}

export type Form =
  | { readonly kind: "zarr"; readonly consolidated: boolean; readonly groups: readonly string[] }
  /** `file`: below the dataset, "" where it is the file. `count`: of files. */
  | {
      readonly kind: "netcdf";
      readonly file: string;
      readonly count: number;
      readonly options: Readonly<Record<string, Json>>;
    }
  | { readonly kind: "file"; readonly mediaType: string }
  | { readonly kind: "folder" };

export function formOf({ assets, properties }: Pick<Item, "assets" | "properties">, reader: string): Form {
  const data = assets.data ?? {};
  if (data["zarr:zarr_format"] !== undefined) {
    const groups = Object.keys(assets).flatMap((key) => (key.startsWith("data/") ? [key.slice("data/".length)] : []));
    return { kind: "zarr", consolidated: data["zarr:consolidated"] === true, groups };
  }
  const members = listOf(properties["fieldtree:members"]).flatMap(pathIn);
  if (reader === "netcdf") {
    const [first = ""] = members;
    const asset = assets[first === "" ? "data" : `data/${first}`] ?? {};
    const options = isRecord(asset["xarray:open_kwargs"]) ? (asset["xarray:open_kwargs"] as Record<string, Json>) : {};
    return { kind: "netcdf", file: first, count: Math.max(1, members.length), options };
  }
  const isFolder = members.length > 0 || typeof data.type !== "string";
  return isFolder ? { kind: "folder" } : { kind: "file", mediaType: String(data.type) };
}

/** Whether the dataset is a file itself, and no folder with files in it. */
export const isFile = (form: Form): boolean => form.kind === "file" || (form.kind === "netcdf" && form.file === "");

const listOf = (value: Json | undefined): readonly Json[] => (Array.isArray(value) ? value : []);
const pathIn = (member: Json): string[] => (isRecord(member) && typeof member.path === "string" ? [member.path] : []);
