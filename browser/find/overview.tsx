/** The map of what was found, and its times. The map is loaded when there is something to show. */
import { effect } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { hrefOf } from "../../pipeline/core/page/row.ts";
import type { DatasetMap } from "../map/map.ts";
import { texts } from "../texts/texts.ts";
import { isMapOpen } from "./ask-form.tsx";
import { type Campaign, urlOf } from "./portal.ts";
import { answer, ask, drawn, failure, isLocal, pointed, setAsk } from "./state.ts";
import { Timeline } from "./timeline.tsx";

export function Overview({ campaign }: { readonly campaign: Campaign }) {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!place.current) return;
    const stop = showMap(place.current, campaign);
    return stop;
  }, [campaign]);
  return (
    <section class={isMapOpen.value ? "overview open" : "overview"} aria-label={texts.find.overview}>
      <div class="map-place" ref={place} />
      {isLocal() && <Timeline campaign={campaign} />}
    </section>
  );
}

/** Returns what ends it. */
function showMap(place: HTMLElement, campaign: Campaign): () => void {
  let isOver = false;
  const ends: (() => void)[] = [];
  import("../map/map.ts").then(
    ({ openMap }) => {
      if (isOver) return;
      const map = openMap(place, {
        texts: texts.map,
        read: (name) => fetch(urlOf(`app/${name}`)),
        onBox: (box) => setAsk({ ...ask.value, box }),
        onPick: (path) => {
          const row = answer.value?.rows.find((each) => each.path === path);
          if (row) location.assign(urlOf(hrefOf(row)));
        },
        onHover: (path) => {
          pointed.value = path;
        },
      });
      ends.push(() => map.destroy(), ...follow(map, campaign));
    },
    (error: unknown) => {
      // The list is whole without the map.
      console.warn(error);
      if (failure.value === undefined) place.hidden = true;
    },
  );
  return () => {
    isOver = true;
    for (const end of ends) end();
  };
}

function follow(map: DatasetMap, { groups }: Campaign): (() => void)[] {
  return [
    effect(() => {
      const rows = drawn.value?.rows ?? [];
      map.show(
        rows
          .filter(({ kind, geometry, bbox }) => kind === "dataset" && (geometry || bbox))
          .map(({ path, title, platform = "", geometry, bbox }) => ({ path, title, group: platform, geometry, bbox })),
        groups,
      );
    }),
    effect(() => map.setBox(ask.value.box ?? boxOfText())),
    effect(() => map.highlight(pointed.value)),
  ];
}

/** The box that the text means. */
const boxOfText = () => answer.value?.question.query.bbox;
