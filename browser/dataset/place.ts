/** The map with coastlines, in the place of the drawing that the page came with. Loaded when the drawing comes into view. */
import type { Geometry } from "../../pipeline/core/dataset/dataset.ts";
import type { Box } from "../../pipeline/core/dataset/extent.ts";
import { isRecord } from "../../pipeline/core/json.ts";
import { element } from "../dom.ts";
import { texts } from "../texts/texts.ts";

export function showPlace(item: unknown, path: string): void {
  const figure = document.getElementById("place");
  const drawing = figure?.querySelector("svg");
  if (!figure || !drawing || !isRecord(item) || !isRecord(item.properties)) return;
  const { properties } = item;
  const observer = new IntersectionObserver(async ([entry]) => {
    if (!entry?.isIntersecting) return;
    observer.disconnect();
    const { openMap } = await import("../map/map.ts");
    const place = element("div", { class: "map" });
    drawing.replaceWith(place);
    const map = openMap(place, { texts: texts.map, read: (name) => fetch(new URL(name, import.meta.url)) });
    const text = (value: unknown) => (typeof value === "string" ? value : "");
    const track = { path, title: text(properties.title), group: text(properties.platform) };
    map.show([
      {
        ...track,
        ...(isRecord(item.geometry) && { geometry: item.geometry as unknown as Geometry }),
        ...(Array.isArray(item.bbox) && { bbox: item.bbox as unknown as Box }),
      },
    ]);
  });
  observer.observe(figure);
}
