/** Shapes on the Earth as the current path of a canvas. `geoPath` of d3 would do it, and bring along areas, lengths and SVG. */
import { type GeoPermissibleObjects, type GeoProjection, type GeoStream, geoStream } from "d3-geo";

/** Returns what makes an object the context's path. Points are circles. @param radius pixels */
export function tracer(
  context: Pick<CanvasRenderingContext2D, "beginPath" | "moveTo" | "lineTo" | "closePath" | "arc">,
  projection: Pick<GeoProjection, "stream">,
): (object: GeoPermissibleObjects, radius?: number) => void {
  return (object, radius = 0) => {
    context.beginPath();
    geoStream(object, projection.stream(pen(context, radius)));
  };
}

function pen(context: Parameters<typeof tracer>[0], radius: number): GeoStream {
  let isRing = false;
  /** Points of the line so far; `undefined` between lines, where a point is one of its own. */
  let points: number | undefined;
  return {
    polygonStart() {
      isRing = true;
    },
    polygonEnd() {
      isRing = false;
    },
    lineStart() {
      points = 0;
    },
    lineEnd() {
      if (isRing) context.closePath();
      points = undefined;
    },
    point(x, y) {
      if (points === undefined) {
        context.moveTo(x + radius, y);
        context.arc(x, y, radius, 0, 2 * Math.PI);
      } else if (points++ === 0) context.moveTo(x, y);
      else context.lineTo(x, y);
    },
  };
}
