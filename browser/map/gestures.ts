/** What pointers, wheels and fingers do on the map, as moves in pixels. Knows nothing of what is on the map. */

export type Pixel = readonly [x: number, y: number];

export type PointerKind = "mouse" | "pen" | "touch";

export interface Gestures {
  /** Whether a drag that begins now draws a box. */
  isBoxDrag(event: PointerEvent): boolean;
  onPan(dx: number, dy: number): void;
  /** What is at `at` stays there. */
  onMagnify(factor: number, at: Pixel): void;
  onBox(from: Pixel, to: Pixel, isDone: boolean): void;
  onClick(at: Pixel, kind: PointerKind): void;
  /** `undefined` where the pointer left. */
  onHover(at: Pixel | undefined, kind: PointerKind): void;
}

/** Pixels that a finger shakes by when it clicks. */
const steady = 4;

export function listenTo(canvas: HTMLCanvasElement, gestures: Gestures, signal: AbortSignal): void {
  const pointers = new Map<number, Pixel>();
  let dragged = 0;
  let corner: Pixel | undefined;

  const begin = (event: PointerEvent) => {
    if (event.button !== 0) return;
    canvas.setPointerCapture(event.pointerId);
    pointers.set(event.pointerId, pixelOf(event));
    if (pointers.size > 1) return;
    dragged = 0;
    corner = gestures.isBoxDrag(event) ? pixelOf(event) : undefined;
  };

  const move = (event: PointerEvent) => {
    const before = pointers.get(event.pointerId);
    const now = pixelOf(event);
    if (!before) return gestures.onHover(now, kindOf(event));
    const [dx, dy] = [now[0] - before[0], now[1] - before[1]];
    dragged += Math.abs(dx) + Math.abs(dy);
    const other = [...pointers].find(([id]) => id !== event.pointerId)?.[1];
    pointers.set(event.pointerId, now);
    if (other) {
      const apart = (at: Pixel) => Math.max(10, Math.hypot(at[0] - other[0], at[1] - other[1]));
      gestures.onMagnify(apart(now) / apart(before), [(now[0] + other[0]) / 2, (now[1] + other[1]) / 2]);
      gestures.onPan(dx / 2, dy / 2);
    } else if (corner) gestures.onBox(corner, now, false);
    else if (dragged > steady) gestures.onPan(dx, dy);
  };

  const end = (event: PointerEvent) => {
    if (!pointers.delete(event.pointerId) || pointers.size > 0) return;
    const isClick = dragged <= steady && event.type === "pointerup";
    if (isClick) gestures.onClick(pixelOf(event), kindOf(event));
    else if (corner) gestures.onBox(corner, pixelOf(event), true);
    corner = undefined;
  };

  const wheel = (event: WheelEvent) => {
    // A page that is scrolled past the map must not stop there: magnifying takes Ctrl (which pinching sends), or the focus.
    if (!event.ctrlKey && document.activeElement !== canvas) return;
    event.preventDefault();
    const pixels = event.deltaY * (event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 16 : 1);
    gestures.onMagnify(Math.exp(-pixels / (event.ctrlKey ? 120 : 400)), pixelOf(event));
  };

  canvas.addEventListener("pointerdown", begin, { signal });
  canvas.addEventListener("pointermove", move, { signal });
  canvas.addEventListener("pointerup", end, { signal });
  canvas.addEventListener("pointercancel", end, { signal });
  canvas.addEventListener("pointerleave", () => gestures.onHover(undefined, "mouse"), { signal });
  canvas.addEventListener("dblclick", (event) => gestures.onMagnify(2, pixelOf(event)), { signal });
  canvas.addEventListener("wheel", wheel, { signal, passive: false });
}

const pixelOf = (event: MouseEvent): Pixel => [event.offsetX, event.offsetY];

const kindOf = ({ pointerType }: PointerEvent): PointerKind =>
  pointerType === "touch" || pointerType === "pen" ? pointerType : "mouse";
