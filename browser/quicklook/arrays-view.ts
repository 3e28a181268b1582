/** Variables of a dataset, one of them drawn: what is chosen is read, and nothing else. */
import { baseName, type CfVariable, text } from "../../pipeline/core/cf/variable.ts";
import { isFailure } from "../../pipeline/core/failure.ts";
import { grouped } from "../../pipeline/core/text/plural.ts";
import { formatBytes } from "../../pipeline/core/text/shown.ts";
import type { OpenArrays } from "../../pipeline/formats/arrays.ts";
import { button, element } from "../dom.ts";
import type { Texts } from "../texts/en.ts";
import { axisOf, type Catalog, catalogOf, type Drawable, type PlotKind } from "./catalog.ts";
import { chunkMapOf } from "./chunk-map.ts";
import { type ColourMapName, colourMapNames, colourTable } from "./colours.ts";
import { checkbox, chooser, slider } from "./controls.ts";
import { type Figure, figureOf } from "./figure.ts";
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

/** What is shown of a dataset, and how to show something else of it. */
interface Shown {
  readonly arrays: OpenArrays;
  readonly options: ViewOptions;
  readonly catalog: Catalog;
  readonly coordinates: CoordinateTexts;
  readonly figure: Figure;
  state: State;
  plan: Plan;
  /** Absent until it is read. */
  data: PlotData | undefined;
  readonly change: (by: Partial<State>) => void;
  readonly showFailure: (failure: Error) => void;
}

/** Resolves once the first plot is drawn. `undefined` where nothing of the dataset can be. */
export async function arraysView(arrays: OpenArrays, options: ViewOptions): Promise<HTMLElement | undefined> {
  const catalog = catalogOf(arrays);
  const { first } = catalog;
  if (!first) return undefined;
  const { texts } = options;
  const controls = element("div", { class: "ql-controls" });
  const notes = element("div", { class: "ql-notes", "aria-live": "polite" });
  const footer = element("div", { class: "ql-footer" });
  const figure = figureOf("ql-1", texts);
  const state = initialState(first);
  const coordinates = coordinateTexts(catalog);
  const shown: Shown = {
    ...{ arrays, options, catalog, coordinates, figure, state },
    plan: planOf(catalog, state),
    data: undefined,
    change(by) {
      shown.state = { ...shown.state, ...by };
      void update("drawable" in by || "kind" in by || "index" in by || "whole" in by);
    },
    showFailure: ({ message }) => notes.replaceChildren(element("p", { class: "ql-error" }, texts.failed(message))),
  };
  const showControls = () => {
    const hasFocus = controls.contains(document.activeElement) ? focusedIn(controls) : undefined;
    controls.replaceChildren(...controlsOf(shown));
    if (hasFocus !== undefined) controls.querySelectorAll<HTMLElement>("select, input")[hasFocus]?.focus();
  };
  const draw = () => {
    if (!shown.data) return;
    drawFigure(shown, shown.data);
    notes.replaceChildren(...notesOf(shown));
    footer.replaceChildren(...footerOf(shown));
  };
  let turn = 0;
  const update = async (isRead: boolean) => {
    const mine = ++turn;
    shown.plan = planOf(catalog, shown.state);
    showControls();
    if (!isRead && shown.data) return draw();
    shown.data = undefined;
    if (shown.plan.needsClick) {
      figure.clear();
      return notes.replaceChildren(...notesOf(shown));
    }
    notes.replaceChildren(element("p", { class: "quiet" }, texts.reading));
    try {
      const loaded = await loadPlan(catalog, shown.plan);
      if (mine !== turn) return;
      shown.data = loaded;
      draw();
      // After the plot, which is of more interest than what the positions of sliders are.
      nameSliders(shown, showControls);
    } catch (error) {
      if (mine !== turn) return;
      figure.clear();
      if (!isFailure(error)) throw error;
      shown.showFailure(error);
    }
  };
  await update(true);
  return element("div", { class: "ql" }, controls, figure.root, notes, footer);
}

const initialState = (drawable: Drawable): State => ({
  drawable,
  kind: drawable.kinds[0]!,
  index: new Map(),
  whole: false,
  colours: "viridis",
  isLog: false,
});

function drawFigure({ figure, state }: Shown, data: PlotData): void {
  figure.root.hidden = data.kind === "value";
  figure.show(data, { colours: colourTable(state.colours), isLog: state.isLog });
}

/** Gives the positions of sliders their coordinates; where these can't be read, they stay numbers. */
function nameSliders({ coordinates, plan }: Shown, showControls: () => void): void {
  void coordinates.load(plan).then(
    (isNew) => isNew && showControls(),
    (error: unknown) => {
      if (!isFailure(error)) throw error;
    },
  );
}

/** What is drawn of the whole, and a button that reads the rest. */
function notesOf({ plan, data, state, change, options: { texts } }: Shown): HTMLElement[] {
  const value = data?.kind === "value" ? [element("p", { class: "ql-value" }, single(data))] : [];
  const readAll = (label: string) => button(label, () => change({ whole: true }));
  if (plan.needsClick) {
    const size = formatBytes(plan.bytes);
    return [...value, element("p", {}, texts.tooLarge(size), " ", readAll(texts.read(size)))];
  }
  if (!plan.part) return value;
  const { count, size, dimension } = plan.part;
  const part = texts.first(grouped(count), grouped(size), baseName(dimension));
  const more = state.whole ? [] : [" ", readAll(texts.readAll(formatBytes(plan.wholeBytes)))];
  return [...value, element("p", {}, part, ...more)];
}

/** Choosers and sliders for what is drawn, and how. */
function controlsOf(shown: Shown): HTMLElement[] {
  const { options, state, change } = shown;
  const { texts } = options;
  const isColoured = state.kind === "field" || state.kind === "track";
  return [
    variableChooser(shown),
    ...(state.drawable.kinds.length > 1 ? [kindChooser(shown)] : []),
    ...slidersOf(shown),
    ...(isColoured ? [colourChooser(shown)] : []),
    ...(state.kind === "value" ? [] : [checkbox(texts.logarithmic, state.isLog, (isLog) => change({ isLog }))]),
  ];
}

function variableChooser({ catalog: { drawables }, options, state, change }: Shown): HTMLElement {
  return chooser(
    options.texts.variable,
    drawables.map(({ variable }) => ({ value: variable.name, text: nameOf(variable) })),
    state.drawable.variable.name,
    (name) => {
      const drawable = drawables.find(({ variable }) => variable.name === name) ?? drawables[0]!;
      const kind = drawable.kinds.includes(state.kind) ? state.kind : drawable.kinds[0]!;
      change({ drawable, kind: kind === "histogram" ? drawable.kinds[0]! : kind, whole: false });
    },
  );
}

function kindChooser({ options: { texts }, state, change }: Shown): HTMLElement {
  return chooser(
    texts.kind,
    state.drawable.kinds.map((kind) => ({ value: kind, text: texts.kinds[kind] })),
    state.kind,
    (kind) => change({ kind: kind as PlotKind, whole: false }),
  );
}

/** One for each dimension of which one position is drawn. */
function slidersOf({ plan, state, coordinates, change }: Shown): HTMLElement[] {
  return plan.fixed
    .filter(({ size }) => size > 1)
    .map(({ dimension, size, index }) =>
      slider(baseName(dimension), { size, at: index, textOf: (at) => coordinates.textOf(dimension, at, size) }, (at) =>
        change({ index: new Map(state.index).set(dimension, at) }),
      ),
    );
}

function colourChooser({ options, state, change }: Shown): HTMLElement {
  return chooser(
    options.texts.colours,
    colourMapNames.map((name) => ({ value: name, text: name })),
    state.colours,
    (name) => change({ colours: name as ColourMapName }),
  );
}

/** Buttons that save the plot, a link to another viewer, and which chunks were read. */
function footerOf(shown: Shown): Node[] {
  const { data, plan, arrays, options } = shown;
  const { texts, url } = options;
  const href = `https://gridlook.pages.dev/#${url.href}`;
  return [
    ...(data?.kind === "value" ? [] : saveButtons(shown)),
    ...(options.isZarr && data && isGlobal(data, arrays)
      ? [element("a", { href, rel: "noopener external" }, texts.gridlook)]
      : []),
    chunksOf(plan, texts),
  ];
}

function saveButtons({ figure, options: { texts, name }, state, showFailure }: Shown): HTMLElement[] {
  const fileName = `${name}-${baseName(state.drawable.variable.name)}`;
  const save = (how: (svg: SvgNode, as: string) => void | Promise<void>) => () =>
    void Promise.resolve(figure.plot && how(figure.plot.svg, fileName)).catch(showFailure);
  return [button(texts.saveSvg, save(saveSvg)), button(texts.savePng, save(savePng))];
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

type CoordinateTexts = ReturnType<typeof coordinateTexts>;

/** What the positions of sliders are: coordinates of dimensions, read whole at first use where they are small. */
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
  const summary = texts.chunks(grouped(touched.chunks), grouped(map.total), formatBytes(bytes));
  return element("details", { class: "ql-chunks" }, element("summary", {}, summary), elementOf(map.svg, document));
}

/** Grids that go around the globe, or that are divided by HEALPix. */
function isGlobal(data: PlotData, { variables }: OpenArrays): boolean {
  if (variables.some(({ attributes }) => attributes.grid_mapping_name === "healpix")) return true;
  if (data.kind !== "field" || data.x.unit !== "degrees_east" || data.y.unit !== "degrees_north") return false;
  const span = ({ values }: { readonly values: Float64Array }) => Math.abs((values.at(-1) ?? 0) - (values[0] ?? 0));
  return span(data.x) >= 350 && span(data.y) >= 170;
}
