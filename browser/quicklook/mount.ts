/**
 * The quick-look of a dataset's page: it fills the section that the page has for it.
 *
 * Loaded when the page asks for it, and what reads a format when there is data of it.
 */

import type { Folder } from "../../pipeline/core/dataset/dataset.ts";
import type { RangeSource } from "../../pipeline/core/dataset/range-source.ts";
import { isFailure } from "../../pipeline/core/failure.ts";
import { formatBytes } from "../../pipeline/core/text/shown.ts";
import type { World } from "../../pipeline/core/world.ts";
import { withBlocks } from "../../pipeline/formats/block-cache.ts";
import { isHdf5 } from "../../pipeline/formats/hdf5/signature.ts";
import { button, element } from "../dom.ts";
import { decompressors } from "../reading/decompressors.ts";
import { type DatasetAddress, openData } from "../reading/open.ts";
import { below } from "../reading/plain.ts";
import { pageWorld } from "../reading/world.ts";
import type { Texts } from "../texts/en.ts";
import { texts as loadedTexts } from "../texts/texts.ts";
import { arraysView, type ViewOptions } from "./arrays-view.ts";
import { chooser } from "./controls.ts";
import { mediaOf, mediaView } from "./media.ts";
import { freeBytes } from "./plan.ts";
import { showTrust } from "./trust.ts";

export interface QuicklookDataset extends DatasetAddress {
  /** In the tree; the last name of it is that of files that are saved. */
  readonly path: string;
}

export interface QuicklookOptions {
  readonly texts?: Pick<Texts, "quicklook" | "trust">;
  /** Where the page shows whether what is shown was verified. */
  readonly trust?: HTMLElement | null;
}

/** Resolves once the first plot is there, or it is known that there is none: then the section stays hidden. */
export async function mountQuicklook(
  section: HTMLElement,
  dataset: QuicklookDataset,
  { texts = loadedTexts, trust = document.getElementById("verified") }: QuicklookOptions = {},
): Promise<void> {
  const world = pageWorld();
  const body = element("div", { class: "ql-body" }, element("p", { class: "quiet" }, texts.quicklook.reading));
  section.replaceChildren(element("h2", {}, texts.quicklook.title), body);
  let isShown = false;
  const show = (view: HTMLElement | undefined) => {
    if (view) body.replaceChildren(view);
    isShown = view !== undefined;
    section.hidden = !isShown;
  };
  // What is read in no time is not announced.
  const announced = setTimeout(() => (section.hidden = false), 300);
  // While the first block is on its way. Where it fails to load, it does so again where it is awaited.
  if (dataset.reader === "zarr") zarr().catch(() => undefined);
  if (dataset.reader === "netcdf") netcdf().catch(() => undefined);
  try {
    const { content, url } = await openData(dataset, new URL(document.baseURI), world, (status) =>
      showTrust(trust, status, texts.trust),
    );
    const name = dataset.path.split("/").at(-1) ?? "dataset";
    const options: ViewOptions = { texts: texts.quicklook, name: name.replace(/\.\w{1,8}$/, ""), url, isZarr: false };
    show(
      content.kind === "folder"
        ? await folderView(content.folder, options, world)
        : await fileView(content.file, { ...options, label: name }, world),
    );
  } catch (error) {
    if (!isFailure(error)) throw error;
    // What was refused is shown; where nothing can be had, the page is as it was.
    show(
      error.kind === "unavailable"
        ? undefined
        : element("p", { class: "ql-error", role: "alert" }, texts.quicklook.failed(error.message)),
    );
  } finally {
    clearTimeout(announced);
    if (!isShown) section.hidden = true;
  }
}

async function folderView(folder: Folder, options: ViewOptions, world: World): Promise<HTMLElement | undefined> {
  const { isZarr, openZarr } = await zarr();
  if (isZarr(folder.entries)) {
    return arraysView(await openZarr(folder, decompressors, world), { ...options, isZarr: true });
  }
  return filesView(folder, options, world);
}

const zarr = () => import("./zarr.ts");
const netcdf = () => import("../../pipeline/formats/netcdf/open.ts");

/** Extensions of what may be drawn. What a file is, its first bytes decide. */
const drawable = /\.(nc4?|cdf|h5|hdf5?|he5|csv|tsv|txt|png|jpe?g|gif|webp|avif|mp4|m4v|webm)$/i;
const mostFiles = 1000;

/** A folder of files: one of them, which can be chosen. */
async function filesView(folder: Folder, options: ViewOptions, world: World): Promise<HTMLElement | undefined> {
  const names = [...folder.entries.keys()]
    .filter((name) => drawable.test(name))
    .sort()
    .slice(0, mostFiles);
  const [first] = names;
  if (first === undefined) return undefined;
  const place = element("div");
  let turn = 0;
  const open = async (name: string) => {
    const mine = ++turn;
    const file = await folder.file(name, world);
    const url = below(new URL(`${options.url.href}/`), name);
    const stem = name.replace(/\.\w{1,8}$/, "");
    const view = file && (await fileView(file, { ...options, url, name: stem, label: name }, world));
    if (mine === turn) place.replaceChildren(view ?? element("p", { class: "quiet" }, options.texts.noColumns));
  };
  const choose = (name: string) =>
    void open(name).catch((error: unknown) => {
      if (!isFailure(error)) throw error;
      place.replaceChildren(element("p", { class: "ql-error" }, options.texts.failed(error.message)));
    });
  await open(first);
  const options_ = names.map((name) => ({ value: name, text: name }));
  const chosen = element("div", { class: "ql-controls" }, chooser(options.texts.file, options_, first, choose));
  return element("div", {}, ...(names.length > 1 ? [chosen] : []), place);
}

interface FileOptions extends ViewOptions {
  readonly label: string;
}

async function fileView(source: RangeSource, options: FileOptions, world: World): Promise<HTMLElement | undefined> {
  const { texts, label, url } = options;
  const file = withBlocks(source);
  const start = await file.read(0, 32_768);
  const media = mediaOf(start);
  if (media) return mediaView(media, source, url, texts.image(label));
  if (isNetcdf3(start) || isHdf5(start)) {
    const { openNetcdf } = await netcdf();
    return arraysView(await openNetcdf(file, decompressors), options);
  }
  const { isTable } = await import("../../pipeline/formats/table/read.ts");
  if (!isTable(start)) return undefined;
  const openView = async () => {
    const { openTable } = await import("../../pipeline/formats/table/open.ts");
    const { tableView } = await import("./table-view.ts");
    return tableView(await openTable(file, world), options);
  };
  return file.size <= freeBytes ? openView() : onClick(texts, file.size, openView);
}

/** "CDF" and a version, which are those of `netcdf/classic`; that is loaded with all that reads such files. */
const isNetcdf3 = ([c, d, f, version = 0]: Uint8Array) => c === 0x43 && d === 0x44 && f === 0x46 && version <= 5;

/** A view that is read when it is asked for. */
function onClick(texts: Texts["quicklook"], size: number, open: () => Promise<HTMLElement>): HTMLElement {
  const bytes = formatBytes(size);
  const place = element("div", {}, element("p", {}, texts.tooLarge(bytes), " "));
  const read = button(texts.read(bytes), () => {
    read.disabled = true;
    open().then(
      (view) => place.replaceChildren(view),
      (error: Error) => place.replaceChildren(element("p", { class: "ql-error" }, texts.failed(error.message))),
    );
  });
  place.firstElementChild?.append(read);
  return place;
}
