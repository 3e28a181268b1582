/** When each platform measured. Dragging chooses a time; from the keyboard the two days among the filters do. */
import { useRef, useState } from "preact/hooks";
import { groupOf } from "../../pipeline/core/page/groups.ts";
import { oneLine } from "../../pipeline/core/text/shown.ts";
import { texts } from "../texts/texts.ts";
import { type Axis, axisOf, dayAt, type Lane, lanesOf, partOf, ticksOf } from "./lanes.ts";
import type { Campaign } from "./portal.ts";
import { ask, drawn, setAsk } from "./state.ts";

/** Height of a lane and of the ticks below, width of all, in the drawing's own units. */
const [laneHeight, tickHeight, width] = [24, 16, 400];

/** Parts of the axis from which and to which the pointer went. */
type Dragged = readonly [from: number, to: number] | undefined;

export function Timeline({ campaign }: { readonly campaign: Campaign }) {
  const { find } = texts;
  const drawing = useRef<SVGSVGElement>(null);
  const [dragged, setDragged] = useState<Dragged>(undefined);
  // Events come faster than renderings: where it is now.
  const current = useRef<Dragged>(undefined);
  const drag = (to: Dragged) => {
    current.current = to;
    setDragged(to);
  };
  const axis = campaign.time && axisOf(campaign.time);
  if (!axis || !drawn.value) return null;
  const lanes = lanesOf(drawn.value.rows, campaign.groups, axis);
  if (lanes.length === 0) return null;
  const height = lanes.length * laneHeight;
  const chosen = dragged ?? chosenPart(axis);
  return (
    <figure class="timeline">
      <svg
        ref={drawing}
        viewBox={`0 0 ${width} ${height + tickHeight}`}
        role="img"
        aria-label={find.timeline(...(campaign.time ?? ["", ""]))}
        onPointerDown={(event) => {
          event.currentTarget.setPointerCapture(event.pointerId);
          const at = partAt(event, drawing.current);
          drag([at, at]);
        }}
        onPointerMove={(event) => {
          if (current.current) drag([current.current[0], partAt(event, drawing.current)]);
        }}
        onPointerUp={() => {
          const released = current.current;
          drag(undefined);
          if (released) choose(released, axis);
        }}
        onPointerCancel={() => drag(undefined)}
      >
        <title>{find.timelineHint}</title>
        <Ticks axis={axis} height={height} />
        <Lanes lanes={lanes} campaign={campaign} />
        {chosen && (
          <rect
            class="chosen"
            x={Math.min(...chosen) * width}
            width={Math.max(1, Math.abs(chosen[1] - chosen[0]) * width)}
            y="0"
            height={height}
          />
        )}
      </svg>
    </figure>
  );
}

/** The part of the axis between the days that the filters have. */
function chosenPart(axis: Axis): Dragged {
  const { from, until } = ask.value;
  if (from === undefined && until === undefined) return undefined;
  return [from === undefined ? 0 : partOf(from, "start", axis), until === undefined ? 1 : partOf(until, "end", axis)];
}

/** The part of the axis under the pointer, 0 to 1. */
function partAt(event: PointerEvent, drawing: SVGSVGElement | null): number {
  const box = drawing?.getBoundingClientRect();
  return box && box.width > 0 ? Math.min(1, Math.max(0, (event.clientX - box.left) / box.width)) : 0;
}

/** Filters by the days that were dragged over. A click is no choice of a moment: it removes what was chosen. */
function choose(dragged: readonly [number, number], axis: Axis): void {
  const [low, high] = [Math.min(...dragged), Math.max(...dragged)];
  const isClick = high - low < 0.005;
  const days = isClick ? { from: undefined, until: undefined } : { from: dayAt(low, axis), until: dayAt(high, axis) };
  setAsk({ ...ask.value, ...days });
}

function Ticks({ axis, height }: { readonly axis: Axis; readonly height: number }) {
  // One further to the right would not fit its text.
  const ticks = ticksOf(axis).filter(({ at }) => at < 0.88);
  return (
    <>
      {ticks.map(({ at, text }) => (
        <g key={text}>
          <path class="grid" d={`M${at * width} 0v${height + 3}`} />
          <text x={at * width + 2} y={height + 13}>
            {text}
          </text>
        </g>
      ))}
    </>
  );
}

/** A lane for each platform: its name, and below it when it measured. */
function Lanes({ lanes, campaign }: { readonly lanes: readonly Lane[]; readonly campaign: Campaign }) {
  return (
    <>
      {lanes.map(({ platform }, i) => (
        <text key={platform ?? ""} x="2" y={i * laneHeight + 10}>
          {oneLine(platform ?? texts.find.noPlatform).slice(0, 50)}
        </text>
      ))}
      {lanes.map(({ platform, spans }, i) => (
        <path
          key={platform ?? ""}
          class={`lane group-${groupOf(platform, campaign.groups)}`}
          d={spans.map((span) => barOf(span, i * laneHeight + 13)).join("")}
        />
      ))}
    </>
  );
}

/** The outline of a bar, wide enough to be visible. */
function barOf([from, to]: readonly [number, number], y: number): string {
  const x = Math.round(from * width * 10) / 10;
  return `M${x} ${y}h${Math.max(2, Math.round((to - from) * width * 10) / 10)}v8H${x}z`;
}
