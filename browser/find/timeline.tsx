/** When each platform measured. Dragging chooses a time; from the keyboard the two days among the filters do. */
import { useRef, useState } from "preact/hooks";
import { groupOf } from "../../pipeline/core/page/groups.ts";
import { oneLine } from "../../pipeline/core/text/shown.ts";
import { texts } from "../texts/texts.ts";
import { axisOf, dayAt, lanesOf, partOf, ticksOf } from "./lanes.ts";
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
  const { from, until } = ask.value;
  const chosen: readonly [number, number] | undefined =
    dragged ??
    (from !== undefined || until !== undefined
      ? [from === undefined ? 0 : partOf(from, "start", axis), until === undefined ? 1 : partOf(until, "end", axis)]
      : undefined);
  const height = lanes.length * laneHeight;
  const partAt = (event: PointerEvent) => {
    const box = drawing.current?.getBoundingClientRect();
    return box && box.width > 0 ? Math.min(1, Math.max(0, (event.clientX - box.left) / box.width)) : 0;
  };
  const end = () => {
    const chosenNow = current.current;
    drag(undefined);
    if (!chosenNow) return;
    const [low, high] = [Math.min(...chosenNow), Math.max(...chosenNow)];
    // A click is no choice of a moment: it removes what was chosen.
    const isClick = high - low < 0.005;
    const days = isClick ? { from: undefined, until: undefined } : { from: dayAt(low, axis), until: dayAt(high, axis) };
    setAsk({ ...ask.value, ...days });
  };
  return (
    <figure class="timeline">
      <svg
        ref={drawing}
        viewBox={`0 0 ${width} ${height + tickHeight}`}
        role="img"
        aria-label={find.timeline(...(campaign.time ?? ["", ""]))}
        onPointerDown={(event) => {
          event.currentTarget.setPointerCapture(event.pointerId);
          const at = partAt(event);
          drag([at, at]);
        }}
        onPointerMove={(event) => {
          if (current.current) drag([current.current[0], partAt(event)]);
        }}
        onPointerUp={end}
        onPointerCancel={() => drag(undefined)}
      >
        <title>{find.timelineHint}</title>
        {ticksOf(axis)
          .filter(({ at }) => at < 0.88)
          .map(({ at, text }) => (
            <g key={text}>
              <path class="grid" d={`M${at * width} 0v${height + 3}`} />
              <text x={at * width + 2} y={height + 13}>
                {text}
              </text>
            </g>
          ))}
        {lanes.map(({ platform }, i) => (
          <text key={platform ?? ""} x="2" y={i * laneHeight + 10}>
            {oneLine(platform ?? find.noPlatform).slice(0, 50)}
          </text>
        ))}
        {lanes.map(({ platform, spans }, i) => (
          <path
            key={platform ?? ""}
            class={`lane group-${groupOf(platform, campaign.groups)}`}
            d={spans
              .map(([a, b]) => {
                const x = Math.round(a * width * 10) / 10;
                return `M${x} ${i * laneHeight + 13}h${Math.max(2, Math.round((b - a) * width * 10) / 10)}v8H${x}z`;
              })
              .join("")}
          />
        ))}
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
