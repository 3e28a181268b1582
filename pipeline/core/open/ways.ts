/**
 * Lines to copy that open a dataset: in Python, R, a shell, with `ipfs` and with `fieldtree`.
 *
 * They are the only such lines: the dataset's page shows them, and tests run them. Each names the CID, so it reads the same data
 * for ever; what a gateway or a portal is called is filled in where the lines are shown.
 */
import type { Json } from "../json.ts";
import { unprintable } from "../text/shown.ts";
import { type Form, isFile, type OpenedDataset } from "./dataset.ts";
import { gateway, type Piece, pieces, portal, portalUrl } from "./pieces.ts";
import { quoted, shellWord } from "./quoted.ts";

export interface Way {
  /** Stable: `python-cid`. */
  readonly id: string;
  /** Under which it is listed. */
  readonly language: "Python" | "R" | "Shell" | "Julia";
  readonly title: string;
  /** What has to be installed, as a command; absent where nothing has. */
  readonly install?: string;
  readonly text: readonly Piece[];
  /** Where no test runs it. */
  readonly isUntested?: true;
}

/** In the order in which they are shown: the first is the one that most will take. */
export function waysToOpen(dataset: OpenedDataset): readonly Way[] {
  return [...pythonWays(dataset), ...rWays(dataset), ...shellWays(dataset), ...juliaWays(dataset)];
}

const python = (text: string) => quoted(text, "python");

/** The address of a file below the dataset, as URLs have it. */
const below = (cid: string, file: string) => (file === "" ? cid : [cid, ...file.split("/").map(encoded)].join("/"));

/** `'` too, so that the address fits into every kind of quotation marks. */
const encoded = (name: string) => encodeURIComponent(name.toWellFormed()).replaceAll("'", "%27");

function pythonWays(dataset: OpenedDataset): Way[] {
  const { cid, form, reference, itemFile, intake } = dataset;
  const isOpened = form.kind === "zarr" || form.kind === "netcdf";
  const packages = packagesFor(form);
  return [
    {
      id: "python-cid",
      language: "Python",
      title: "by CID, from anywhere",
      install: `pip install ${packages} ipfsspec`,
      text: pythonAt(form, [`ipfs://${below(cid, fileIn(form))}`]),
    },
    {
      id: "python-gateway",
      language: "Python",
      title: "through a gateway",
      install: `pip install ${packages} aiohttp`,
      text: pythonAt(form, pieces`${gateway}/ipfs/${below(cid, fileIn(form))}`),
    },
    ...(reference && isOpened ? [byReference(reference)] : []),
    ...(intake && isInCatalog(form) ? [byIntake(intake, form)] : []),
    ...(itemFile !== undefined && form.kind === "zarr" ? [byStac(itemFile)] : []),
  ];
}

/** The name of what is downloaded, as a file of any system. */
const localName = (name: string) => name.replace(everyUnseen, "_").toWellFormed();
const everyUnseen = new RegExp(`[/\\\\]|${unprintable.source}`, "g");
const lastName = (path: string) => path.slice(path.lastIndexOf("/") + 1);

/** The campaign's catalog names one engine for all NetCDF files. */
const isInCatalog = (form: Form) => form.kind === "zarr" || (form.kind === "netcdf" && engineOf(form) === "h5netcdf");

const fileIn = (form: Form) => (form.kind === "netcdf" ? form.file : "");

function packagesFor(form: Form): string {
  switch (form.kind) {
    case "zarr":
      return "xarray zarr";
    case "netcdf":
      return `xarray fsspec ${engineOf(form) === "netcdf4" ? "netcdf4" : engineOf(form) === "scipy" ? "scipy" : "h5netcdf h5py"}`;
    case "file":
      return isTable(form.mediaType) ? `pandas fsspec${form.mediaType === parquet ? " pyarrow" : ""}` : "fsspec";
    case "folder":
      return "fsspec";
  }
}

const engineOf = (form: Form & { kind: "netcdf" }) => form.options.engine;

const parquet = "application/vnd.apache.parquet";
const isTable = (mediaType: string) => mediaType === parquet || /^text\/(?:csv|tab-separated-values)\b/.test(mediaType);

/** @param address of the data, free of characters that end a string. */
function pythonAt(form: Form, address: readonly Piece[]): readonly Piece[] {
  switch (form.kind) {
    case "zarr": {
      const how = form.consolidated ? "" : ", consolidated=False";
      const groups =
        form.groups[0] === undefined
          ? ""
          : `  # group=${python(form.groups[0])} opens a group${moreOf(form.groups.length)}`;
      return pieces`import xarray as xr\n\nds = xr.open_zarr("${address}"${how})${groups}`;
    }
    case "netcdf": {
      const how = Object.entries(form.options).map(([name, value]) => `, ${name}=${pythonValue(value)}`);
      const one = form.count > 1 ? `  # the first of ${form.count} files` : "";
      // Its library reads from a disk alone.
      if (engineOf(form) === "netcdf4") {
        return pieces`import fsspec, xarray as xr\n\nds = xr.open_dataset(fsspec.open_local("simplecache::${address}")${how.join("")})${one}`;
      }
      return pieces`import fsspec, xarray as xr\n\nds = xr.open_dataset(fsspec.open("${address}").open()${how.join("")})${one}`;
    }
    case "file":
      if (form.mediaType === parquet) return pieces`import pandas as pd\n\ndf = pd.read_parquet("${address}")`;
      if (isTable(form.mediaType)) {
        const separator = form.mediaType.startsWith("text/tab") ? ', sep="\\t"' : "";
        return pieces`import pandas as pd\n\ndf = pd.read_csv("${address}"${separator})`;
      }
      return pieces`import fsspec\n\nwith fsspec.open("${address}") as file:\n    data = file.read()`;
    case "folder":
      return pieces`import fsspec\n\nfiles = fsspec.open_files("${address}/*")`;
  }
}

const moreOf = (count: number) => (count > 1 ? `, one of ${count}` : "");

function pythonValue(value: Json): string {
  if (typeof value === "string") return python(value);
  return value === true ? "True" : value === false ? "False" : value === null ? "None" : JSON.stringify(value);
}

function byReference({ cid, consolidated }: { cid: string; consolidated: boolean }): Way {
  return {
    id: "python-reference",
    language: "Python",
    title: "by reference: no NetCDF library, and only the chunks that are read",
    install: "pip install xarray zarr ipfsspec aiohttp",
    text: [
      [
        "import xarray as xr",
        "",
        `options = {"fo": "ipfs://${cid}", "remote_protocol": "ipfs", "remote_options": {"asynchronous": True}}`,
        `ds = xr.open_dataset("reference://", engine="zarr", consolidated=${consolidated ? "True" : "False"}, storage_options=options)`,
      ].join("\n"),
    ],
  };
}

function byIntake(names: readonly string[], form: Form): Way {
  const entry = names.map((name) => `[${python(name)}]`).join("");
  return {
    id: "python-intake",
    language: "Python",
    title: "from the campaign's intake catalog",
    install: `pip install intake intake-xarray ipfsspec jinja2${form.kind === "zarr" ? " zarr" : " h5netcdf"}`,
    text: pieces`import intake\n\ncat = intake.open_catalog("${portal}/intake/catalog.yml")\nds = cat${entry}.to_dask()`,
  };
}

function byStac(itemFile: string): Way {
  return {
    id: "python-stac",
    language: "Python",
    title: "from its STAC item",
    install: "pip install pystac xarray zarr ipfsspec",
    text: pieces`import pystac, xarray as xr\n\nitem = pystac.Item.from_file("${portalUrl}/${itemFile}")\nasset = item.assets["data"]\nds = xr.open_dataset(asset.href, **asset.extra_fields["xarray:open_kwargs"])`,
  };
}

function rWays({ cid, form, name }: OpenedDataset): Way[] {
  const file = fileIn(form);
  const address = pieces`${gateway}/ipfs/${below(cid, file)}`;
  const way = { id: "r-gateway", language: "R", title: "through a gateway" } as const;
  if (form.kind === "netcdf") {
    const local = quoted(localName(lastName(file) || name), "r");
    const text = pieces`download.file("${address}", ${local}, mode = "wb")\nnc <- ncdf4::nc_open(${local})`;
    return [{ ...way, install: 'install.packages("ncdf4")', text }];
  }
  if (form.kind === "file" && form.mediaType.startsWith("text/csv")) {
    return [{ ...way, text: pieces`df <- read.csv("${address}")` }];
  }
  return [];
}

function shellWays({ cid, form, name }: OpenedDataset): Way[] {
  const local = shellWord(localName(name).replace(/^-/, "./-"));
  const fetched = isFile(form)
    ? pieces`curl -L "${gateway}/ipfs/${cid}" -o ${local}`
    : pieces`mkdir -p ${local}\ncurl -L "${gateway}/ipfs/${cid}?format=tar" | tar -x --strip-components=1 -C ${local}`;
  return [
    { id: "shell-curl", language: "Shell", title: "download by curl", text: fetched },
    { id: "shell-ipfs", language: "Shell", title: "from IPFS, verified", text: [`ipfs get ${cid} -o ${local}`] },
    {
      id: "shell-fieldtree",
      language: "Shell",
      title: "from any gateway, verified",
      install: "npm install --global fieldtree",
      text: [`fieldtree get ${cid} -o ${local}`],
    },
  ];
}

function juliaWays({ cid, form, name }: OpenedDataset): Way[] {
  const way = { id: "julia-gateway", language: "Julia", title: "through a gateway", isUntested: true } as const;
  const address = pieces`${gateway}/ipfs/${below(cid, fileIn(form))}`;
  if (form.kind === "zarr") {
    const install = 'import Pkg; Pkg.add("Zarr")';
    const how = form.consolidated ? "; consolidated = true" : "";
    return [{ ...way, install, text: pieces`using Zarr\n\nds = zopen("${address}"${how})` }];
  }
  if (form.kind === "netcdf") {
    const install = 'import Pkg; Pkg.add("NCDatasets")';
    const local = quoted(localName(lastName(form.file) || name), "julia");
    return [
      {
        ...way,
        install,
        text: pieces`using Downloads, NCDatasets\n\nds = NCDataset(Downloads.download("${address}", ${local}))`,
      },
    ];
  }
  return [];
}
