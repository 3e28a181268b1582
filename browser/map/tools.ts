/** The elements of a map: the canvas, its buttons, and the title of the track that is pointed at. */
import { element } from "../dom.ts";
import type { Pixel } from "./gestures.ts";

export interface MapTexts {
  readonly map: string;
  readonly magnify: string;
  readonly reduce: string;
  readonly showAll: string;
  readonly drawBox: string;
  readonly searchHere: string;
  readonly removeBox: string;
  /** For screen readers: how the map is used from the keyboard. */
  readonly keys: string;
}

/** Lines on 16 × 16 pixels: fonts lack such signs. */
const icons = {
  magnify: "M8 3v10M3 8h10",
  reduce: "M3 8h10",
  showAll: "M3 6V3h3M10 3h3v3M13 10v3h-3M6 13H3v-3",
  drawBox: "M3 4h10v8H3z",
  searchHere: "M8 1v4M8 11v4M1 8h4M11 8h4M8 3.5a4.5 4.5 0 1 0 0 9 4.5 4.5 0 1 0 0-9",
  removeBox: "M4 4l8 8M12 4l-8 8",
} as const;

export type Tool = keyof typeof icons;

const toolsOfBox: readonly Tool[] = ["drawBox", "searchHere", "removeBox"];

export interface Parts {
  readonly canvas: HTMLCanvasElement;
  onTool(tool: Tool, action: () => void): void;
  /** Whether there is a box that can be removed. */
  setBoxed(on: boolean): void;
  /** Whether the next drag draws a box. */
  setDrawing(on: boolean): void;
  /** Shows a title at a pixel; `undefined` hides it. */
  setTip(tip: { readonly title: string; readonly at: Pixel } | undefined): void;
}

/** Fills `place`; `hasBox`: with the tools for a box. */
export function partsOf(place: HTMLElement, texts: MapTexts, hasBox: boolean): Parts {
  const label = `${texts.map}. ${texts.keys}`;
  const canvas = element("canvas", { tabindex: "0", role: "application", "aria-label": label });

  const names = (Object.keys(icons) as Tool[]).filter((name) => hasBox || !toolsOfBox.includes(name));
  const buttons = new Map(names.map((name) => [name, buttonOf(icons[name], texts[name])]));
  const tools = element("div", { class: "map-tools", role: "group", "aria-label": texts.map }, ...buttons.values());
  buttons.get("removeBox")?.toggleAttribute("hidden", true);
  buttons.get("drawBox")?.setAttribute("aria-pressed", "false");

  const tip = element("div", { class: "map-tip", hidden: true });

  place.classList.add("map");
  place.replaceChildren(canvas, tools, tip);
  return {
    canvas,
    onTool: (name, action) => buttons.get(name)?.addEventListener("click", action),
    setBoxed: (on) => buttons.get("removeBox")?.toggleAttribute("hidden", !on),
    setDrawing(on) {
      buttons.get("drawBox")?.setAttribute("aria-pressed", String(on));
      canvas.classList.toggle("drawing", on);
    },
    setTip(shown) {
      tip.hidden = shown === undefined;
      canvas.classList.toggle("pointed", shown !== undefined);
      if (!shown) return;
      tip.textContent = shown.title;
      const isRight = shown.at[0] > canvas.clientWidth / 2;
      // By the object model: the page's policy refuses style attributes in markup.
      tip.style.left = isRight ? "" : `${shown.at[0] + 12}px`;
      tip.style.right = isRight ? `${canvas.clientWidth - shown.at[0] + 12}px` : "";
      tip.style.top = `${shown.at[1] + 12}px`;
    },
  };
}

function buttonOf(icon: string, name: string): HTMLButtonElement {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 16 16");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(svg.namespaceURI, "path");
  path.setAttribute("d", icon);
  svg.append(path);
  return element("button", { type: "button", title: name, "aria-label": name }, svg);
}
