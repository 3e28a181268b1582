/**
 * Assets: where the bytes are, and how to open them.
 *
 * The address is `ipfs://CID`, which is the same wherever the data are pinned; gateways are alternates, for readers that speak HTTP
 * only. One asset is one Zarr group; arrays are variables of the cube, not assets. `file:size` is the Tsize: the bytes
 * of all blocks below, a little more than the contents of the files.
 *
 * @see https://github.com/stac-extensions/alternate-assets/tree/v1.2.0
 * @see https://github.com/stac-extensions/xarray-assets/tree/v1.0.0
 */
import { oneLine } from "../attributes/text.ts";
import type { Access, Description, Members } from "../dataset/dataset.ts";
import type { Json } from "../json.ts";

type Asset = Readonly<Record<string, Json>>;

export interface Located {
  readonly cid: string;
  /** Tsize, in bytes. */
  readonly tsize: number;
  /** Base URLs without trailing slash. */
  readonly gateways: readonly string[];
  /** `created` and `updated` of the data, where they are known. */
  readonly dates: Readonly<Record<string, string>>;
}

/** Single files and groups are listed up to this many; the whole folder always is. */
const most = 50;

/** Keyed `data` for the dataset itself, `data/…` for what is in it. */
export function assetsOf(
  { access, members }: Pick<Description, "access" | "members">,
  located: Located,
): Readonly<Record<string, Asset>> {
  if (members) return { ...folderOfFiles(located), ...memberAssets(access, members, located) };
  return assetsOfOne(access, located);
}

function folderOfFiles(located: Located): Readonly<Record<string, Asset>> {
  return { data: { ...at("", located), "file:size": located.tsize, ...located.dates, roles: ["data"] } };
}

/** An asset for each of the files that are one dataset, where they are few enough. */
function memberAssets(access: Access, { listed, count }: Members, located: Located): Readonly<Record<string, Asset>> {
  if (count > most) return {};
  const assets = listed.map(({ path, size }): [string, Asset] => {
    const file = assetsOfOne(access, { ...located, tsize: size, dates: {} }).data;
    return [`data/${path}`, { ...file, ...at(`/${path}`, located), title: oneLine(path, 200) }];
  });
  return Object.fromEntries(assets);
}

function assetsOfOne(access: Access, located: Located): Readonly<Record<string, Asset>> {
  const size = { "file:size": located.tsize, ...located.dates };
  switch (access.format) {
    case "zarr": {
      const inner = access.groups.filter((group) => group !== "" && group !== "/").slice(0, most);
      return Object.fromEntries([
        ["data", { ...at("", located), ...size, ...zarr(access) }],
        ...inner.map((group) => [`data/${group}`, { ...at("", located), ...zarr(access, group) }]),
      ]);
    }
    case "netcdf":
      return { data: { ...at("", located), ...size, ...netcdf(access) } };
    case "file":
      return { data: { ...at("", located), ...size, type: access.mediaType, roles: ["data"] } };
    case "files": {
      const listed = access.files.length <= most ? access.files : [];
      return Object.fromEntries([
        ["data", { ...at("", located), ...size, roles: ["data"] }],
        ...listed.map(({ name, size }) => [`data/${name}`, { ...at(`/${name}`, located), ...file(name, size) }]),
      ]);
    }
  }
}

/** Extensions that these assets need. */
export function assetExtensions(
  { access, members }: Pick<Description, "access" | "members">,
  { gateways }: Pick<Located, "gateways">,
): string[] {
  return [
    "file",
    ...(gateways.length > 0 ? ["alternate-assets"] : []),
    ...(access.format === "zarr" ? ["zarr", "xarray-assets"] : []),
    // Of a folder of very many files, none has an asset of its own.
    ...(access.format === "netcdf" && (members?.count ?? 1) <= most ? ["xarray-assets"] : []),
  ];
}

function at(below: string, { cid, gateways }: Located): Asset {
  const path = cid + below.split("/").map(encodeURIComponent).join("/");
  const alternates = gateways.map((gateway) => [
    hostOf(gateway),
    { href: `${gateway}/ipfs/${path}`, "alternate:name": hostOf(gateway) },
  ]);
  return {
    href: `ipfs://${path}`,
    ...(gateways.length > 0 && { "alternate:name": "IPFS", alternate: Object.fromEntries(alternates) as Json }),
  };
}

/** `xr.open_dataset(href, **open_kwargs)` works as it is, for `ipfs://` with ipfsspec installed. */
function zarr({ version, consolidated }: Access & { format: "zarr" }, group?: string): Asset {
  return {
    // Without a parameter for the version: xpystac compares the whole text, and `zarr:zarr_format` has the version.
    type: "application/vnd.zarr",
    roles: ["data"],
    ...(group && { title: `group ${oneLine(group, 200)}` }),
    "zarr:consolidated": consolidated,
    "zarr:node_type": "group",
    "zarr:zarr_format": version,
    "xarray:open_kwargs": { engine: "zarr", consolidated, zarr_format: version, ...(group && { group }) },
  };
}

/**
 * `xr.open_dataset(fsspec.open(href).open(), **open_kwargs)`. One file: its groups are for the reader to name, since each
 * needs the whole file. Nothing but netCDF's own library reads CDF-5, and that only from a disk.
 */
function netcdf({ model }: Access & { format: "netcdf" }): Asset {
  return {
    type: model === "HDF5" ? "application/x-hdf5" : "application/netcdf",
    roles: ["data"],
    "xarray:open_kwargs": enginesOf[model],
  };
}

const enginesOf: Readonly<Record<(Access & { format: "netcdf" })["model"], Readonly<Record<string, string>>>> = {
  NETCDF3_CLASSIC: { engine: "scipy" },
  NETCDF3_64BIT_OFFSET: { engine: "scipy" },
  NETCDF3_64BIT_DATA: { engine: "netcdf4" },
  NETCDF4: { engine: "h5netcdf" },
  // What has no dimensions gets some for its lengths; without this word, h5netcdf refuses the file.
  HDF5: { engine: "h5netcdf", phony_dims: "sort" },
};

function file(name: string, size: number): Asset {
  const type = mediaTypeOf(name);
  return { title: oneLine(name, 200), ...(type && { type }), roles: ["data"], "file:size": size };
}

const mediaTypes: Readonly<Record<string, string>> = {
  avi: "video/x-msvideo",
  csv: "text/csv",
  gif: "image/gif",
  h5: "application/x-hdf5",
  jpeg: "image/jpeg",
  jpg: "image/jpeg",
  json: "application/json",
  md: "text/markdown",
  mp4: "video/mp4",
  nc: "application/netcdf",
  parquet: "application/vnd.apache.parquet",
  pdf: "application/pdf",
  png: "image/png",
  tif: "image/tiff",
  tiff: "image/tiff",
  txt: "text/plain",
  zip: "application/zip",
};

function mediaTypeOf(name: string): string | undefined {
  const ending = name.slice(name.lastIndexOf(".") + 1).toLowerCase();
  return Object.hasOwn(mediaTypes, ending) ? mediaTypes[ending] : undefined;
}

/** By which the alternates of an asset are named. */
export function hostOf(gateway: string): string {
  return URL.canParse(gateway) ? new URL(gateway).host : gateway;
}
