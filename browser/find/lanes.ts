/** Times of datasets as lanes, one a platform: where on the line of a lane each is, from 0 to 1. */
import type { ListRow } from "../../pipeline/core/page/row.ts";

export interface Lane {
  /** Platform; `undefined` for all others. */
  readonly platform: string | undefined;
  /** From 0 to 1, ascending by start; what overlaps or touches is one span. */
  readonly spans: readonly (readonly [from: number, to: number])[];
}

const msPerDay = 86_400_000;

export interface Axis {
  /** Milliseconds since 1970 of the beginning of the first day and the end of the last. */
  readonly from: number;
  readonly to: number;
}

export function axisOf([first, last]: readonly [string, string]): Axis | undefined {
  const [from, to] = [Date.parse(first), Date.parse(last)];
  return Number.isFinite(from) && Number.isFinite(to) && from <= to ? { from, to: to + msPerDay } : undefined;
}

/** The day at a part of the axis. */
export function dayAt(part: number, { from, to }: Axis): string {
  const at = from + Math.min(1, Math.max(0, part)) * (to - from - 1);
  return new Date(at).toISOString().slice(0, 10);
}

/** Where a day begins, or ends. */
export function partOf(day: string, which: "start" | "end", { from, to }: Axis): number {
  const at = Date.parse(day) + (which === "end" ? msPerDay : 0);
  return Math.min(1, Math.max(0, (at - from) / (to - from)));
}

/** Spans that are nearer than this are drawn as one. */
const gap = 0.002;

export function lanesOf(rows: readonly ListRow[], groups: readonly string[], axis: Axis): readonly Lane[] {
  const byGroup = new Map<string | undefined, [number, number][]>();
  for (const { time, platform } of rows) {
    if (!time) continue;
    const group = platform !== undefined && groups.includes(platform) ? platform : undefined;
    const span: [number, number] = [
      partOf(time[0].slice(0, 10), "start", axis),
      partOf(time[1].slice(0, 10), "end", axis),
    ];
    const known = byGroup.get(group);
    if (known) known.push(span);
    else byGroup.set(group, [span]);
  }
  return [...groups, undefined].flatMap((platform) => {
    const spans = byGroup.get(platform);
    return spans ? [{ platform, spans: merged(spans) }] : [];
  });
}

function merged(spans: readonly (readonly [number, number])[]): [number, number][] {
  const joined: [number, number][] = [];
  for (const [from, to] of [...spans].sort(([a], [b]) => a - b)) {
    const last = joined.at(-1);
    if (last && from <= last[1] + gap) last[1] = Math.max(last[1], to);
    else joined.push([from, to]);
  }
  return joined;
}

/** Days to write below the axis: of months, years or days, as many as there is room for. */
export function ticksOf({ from, to }: Axis, most = 6): readonly { readonly at: number; readonly text: string }[] {
  const days = (to - from) / msPerDay;
  const text = (ms: number, length: number) => new Date(ms).toISOString().slice(0, length);
  const ticks: { at: number; text: string }[] = [];
  const add = (ms: number, length: number) => {
    if (ms >= from && ms < to) ticks.push({ at: (ms - from) / (to - from), text: text(ms, length) });
  };
  if (days <= 31) {
    const step = Math.max(1, Math.ceil(days / most));
    for (let ms = from; ms < to; ms += step * msPerDay) add(ms, 10);
    return ticks;
  }
  const months = Math.ceil(days / 30.4);
  const steps = [1, 2, 3, 6, 12, 24, 60, 120, 240, 600, 1200];
  const step = steps.find((each) => months / each <= most) ?? 1200 * Math.ceil(months / most / 1200);
  const start = new Date(from);
  const index = start.getUTCFullYear() * 12 + start.getUTCMonth();
  for (let month = Math.ceil(index / step) * step; ; month += step) {
    const ms = Date.UTC(Math.floor(month / 12), month % 12, 1);
    if (ms >= to) return ticks;
    add(ms, step >= 12 ? 4 : 7);
  }
}
