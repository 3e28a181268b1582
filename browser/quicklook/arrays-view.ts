/** Variables of a dataset, one of them drawn: what is chosen is read, and nothing else. */
import { baseName, type CfVariable, text } from "../../pipeline/core/cf/variable.ts";
import { isFailure } from "../../pipeline/core/failure.ts";
import { grouped } from "../../pipeline/core/text/plural.ts";
import { formatBytes } from "../../pipeline/core/text/shown.ts";
import type { OpenArrays } from "../../pipeline/formats/arrays.ts";
import { button, element } from "../dom.ts";
import type { Texts } from "../texts/en.ts";
import { axisOf, type Catalog, catalogOf, type PlotKind } from "./catalog.ts";
import { chunkMapOf } from "./chunk-map.ts";
import { type ColourMapName, colourMapNames, colourTable } from "./colours.ts";
import { checkbox, chooser, slider } from "./controls.ts";
import { figureOf } from "./figure.ts";
import { loadPlan, type PlotData } from "./load.ts";
import { type Choice, type Plan, planOf } from "./plan.ts";
import { savePng, saveSvg } from "./save.ts";
import { elementOf, type SvgNode } from "./scene.ts";
import { decoded, quantityOf, unitText, valueText } from "./values.ts";

export interface ViewOptions {
  readonly texts: Texts["quicklook"];
  /** Of files that are saved. */
  readonly name: string;
  /** Where other viewers find the dataset, where it is on the web. */
  readonly url: URL;
  readonly isZarr: boolean;
}

interface State extends Choice {
  readonly colours: ColourMapName;
  readonly isLog: boolean;
}

/** Resolves once the first plot is drawn. `undefined` where nothing of the dataset can be. */
export async function arraysView(arrays: OpenArrays, options: ViewOptions): Promise<HTMLElement | undefined> {
  const catalog = catalogOf(arrays);
  const { first } = catalog;
  if (!first) return undefined;
  const { texts } = options;
  const figure = figureOf("ql-1", texts);
  const controls = element("div", { class: "ql-controls" });
  const notes = element("div", { class: "ql-notes", "aria-live": "polite" });
  const footer = element("div", { class: "ql-footer" });
  const coordinates = coordinateTexts(catalog);
  let state: State = {
    drawable: first,
    kind: first.kinds[0]!,
    index: new Map(),
    whole: false,
    colours: "viridis",
    isLog: false,
  };
  let plan: Plan = planOf(catalog, state);
  let data: PlotData | undefined;
  let turn = 0;

  const change = (by: Partial<State>) => {
    state = { ...state, ...by };
    void update("drawable" in by || "kind" in by || "index" in by || "whole" in by);
  };
  const update = async (isRead: boolean) => {
    const mine = ++turn;
    plan = planOf(catalog, state);
    showControls();
    if (!isRead && data) return draw();
    data = undefined;
    if (plan.needsClick) {
      figure.clear();
      return showNotes();
    }
    notes.replaceChildren(element("p", { class: "quiet" }, texts.reading));
    try {
      const loaded = await loadPlan(catalog, plan);
      if (mine !== turn) return;
      data = loaded;
      draw();
      nameSliders(plan);
    } catch (error) {
      if (mine !== turn) return;
      figure.clear();
      if (!isFailure(error)) throw error;
      notes.replaceChildren(element("p", { class: "ql-error" }, texts.failed(error.message)));
    }
  };
  /** What their positions stand for is of less interest than the plot: it comes after it, or the positions are numbers. */
  const nameSliders = (of: Plan) =>
    void coordinates.load(of).then(
      (isNew) => isNew && showControls(),
      (error: unknown) => {
        // The positions stay numbers.
        if (!isFailure(error)) throw error;
      },
    );
  const draw = () => {
    if (!data) return;
    figure.root.hidden = data.kind === "value";
    figure.show(data, { colours: colourTable(state.colours), isLog: state.isLog });
    showNotes();
    showFooter();
  };
  const showNotes = () => {
    const lines: HTMLElement[] = [];
    if (data?.kind === "value") lines.push(element("p", { class: "ql-value" }, single(data)));
    const readAll = (label: string) => button(label, () => change({ whole: true }));
    if (plan.needsClick)
      lines.push(
        element("p", {}, texts.tooLarge(formatBytes(plan.bytes)), " ", readAll(texts.read(formatBytes(plan.bytes)))),
      );
    else if (plan.part) {
      const { count, size, dimension } = plan.part;
      const says = texts.first(grouped(count), grouped(size), baseName(dimension));
      const more = state.whole ? [] : [" ", readAll(texts.readAll(formatBytes(plan.wholeBytes)))];
      lines.push(element("p", {}, says, ...more));
    }
    notes.replaceChildren(...lines);
  };
  const showControls = () => {
    const isColoured = state.kind === "field" || state.kind === "track";
    const hasFocus = controls.contains(document.activeElement) ? focusedIn(controls) : undefined;
    controls.replaceChildren(
      chooser(
        texts.variable,
        catalog.drawables.map(({ variable }) => ({ value: variable.name, text: nameOf(variable) })),
        state.drawable.variable.name,
        (name) => {
          const drawable = catalog.drawables.find(({ variable }) => variable.name === name) ?? first;
          const kind = drawable.kinds.includes(state.kind) ? state.kind : drawable.kinds[0]!;
          change({ drawable, kind: kind === "histogram" ? drawable.kinds[0]! : kind, whole: false });
        },
      ),
      ...(state.drawable.kinds.length > 1
        ? [
            chooser(
              texts.kind,
              state.drawable.kinds.map((kind) => ({ value: kind, text: texts.kinds[kind] })),
              state.kind,
              (kind) => change({ kind: kind as PlotKind, whole: false }),
            ),
          ]
        : []),
      ...plan.fixed
        .filter(({ size }) => size > 1)
        .map(({ dimension, size, index }) =>
          slider(
            baseName(dimension),
            { size, at: index, textOf: (at) => coordinates.textOf(dimension, at, size) },
            (at) => change({ index: new Map(state.index).set(dimension, at) }),
          ),
        ),
      ...(isColoured
        ? [
            chooser(
              texts.colours,
              colourMapNames.map((name) => ({ value: name, text: name })),
              state.colours,
              (name) => change({ colours: name as ColourMapName }),
            ),
          ]
        : []),
      ...(state.kind === "value" ? [] : [checkbox(texts.logarithmic, state.isLog, (isLog) => change({ isLog }))]),
    );
    if (hasFocus !== undefined) controls.querySelectorAll<HTMLElement>("select, input")[hasFocus]?.focus();
  };
  const showFooter = () => {
    const name = `${options.name}-${baseName(state.drawable.variable.name)}`;
    const save = (how: (name: string) => void | Promise<void> | undefined) => () =>
      void Promise.resolve(how(name)).catch((error: Error) =>
        notes.replaceChildren(element("p", { class: "ql-error" }, texts.failed(error.message))),
      );
    const children: Node[] = [];
    if (data?.kind !== "value") {
      const drawn = (how: (svg: SvgNode, as: string) => void | Promise<void>) =>
        save((as) => figure.plot && how(figure.plot.svg, as));
      children.push(button(texts.saveSvg, drawn(saveSvg)), button(texts.savePng, drawn(savePng)));
    }
    if (options.isZarr && data && isGlobal(data, arrays))
      children.push(
        element(
          "a",
          { href: `https://gridlook.pages.dev/#${options.url.href}`, rel: "noopener external" },
          texts.gridlook,
        ),
      );
    children.push(chunksOf(plan, texts));
    footer.replaceChildren(...children);
  };
  await update(true);
  return element("div", { class: "ql" }, controls, figure.root, notes, footer);
}

/** "tdry · dry bulb temperature (°C)" */
function nameOf({ name, attributes }: CfVariable): string {
  const about = text(attributes, "long_name") || text(attributes, "standard_name").replaceAll("_", " ");
  const unit = text(attributes, "units");
  const unitPart = unit === "" || unit === "1" || unit.length > 20 ? "" : ` (${unitText(unit)})`;
  return `${name}${about === "" || about === name ? "" : ` · ${about.slice(0, 60)}`}${unitPart}`;
}

const single = ({ value }: PlotData) => `${value.label}: ${valueText(value.values[0] ?? Number.NaN, value)}`;

/** Which control of all has the focus, to give it back to what is in its place afterwards. */
function focusedIn(controls: HTMLElement): number | undefined {
  const at = [...controls.querySelectorAll<HTMLElement>("select, input")].indexOf(
    document.activeElement as HTMLElement,
  );
  return at < 0 ? undefined : at;
}

/** What the positions of sliders stand for: coordinates of dimensions, read whole once where they are small. */
function coordinateTexts({ arrays, coordinates }: Catalog) {
  const texts = new Map<string, (at: number) => string>();
  return {
    /** Whether something new is known. */
    async load({ fixed, reads }: Plan): Promise<boolean> {
      const { variable } = reads.get("value")!;
      const missing = fixed.filter(({ dimension, size }) => size > 1 && size <= 4096 && !texts.has(dimension));
      const load = async ({ dimension, size }: Plan["fixed"][number]) => {
        const axis = axisOf(dimension, variable, coordinates);
        if (!axis) return;
        const quantity = quantityOf(axis);
        const values = decoded(await arrays.read(axis, { start: [0], count: [size] }, 1e6), axis);
        texts.set(dimension, (at) => valueText(values[at] ?? Number.NaN, quantity));
      };
      const before = texts.size;
      await Promise.all(missing.map(load));
      return texts.size > before;
    },
    textOf: (dimension: string, at: number, size: number) => {
      const known = texts.get(dimension)?.(at);
      return known === undefined ? `${at + 1} / ${size}` : `${known} (${at + 1} / ${size})`;
    },
  };
}

function chunksOf({ reads, bytes }: Plan, texts: Texts["quicklook"]): HTMLElement {
  const { touched } = reads.get("value")!;
  const map = chunkMapOf(touched);
  // A table is in memory, and a file of one piece has no map.
  if (!map) return element("p", { class: "quiet" }, bytes === 0 ? "" : texts.stored(formatBytes(bytes)));
  const says = texts.chunks(grouped(touched.chunks), grouped(map.total), formatBytes(bytes));
  return element("details", { class: "ql-chunks" }, element("summary", {}, says), elementOf(map.svg, document));
}

/** Grids that go around the globe, or that are divided by HEALPix. */
function isGlobal(data: PlotData, { variables }: OpenArrays): boolean {
  if (variables.some(({ attributes }) => attributes.grid_mapping_name === "healpix")) return true;
  if (data.kind !== "field" || data.x.unit !== "degrees_east" || data.y.unit !== "degrees_north") return false;
  const span = ({ values }: { readonly values: Float64Array }) => Math.abs((values.at(-1) ?? 0) - (values[0] ?? 0));
  return span(data.x) >= 350 && span(data.y) >= 170;
}
