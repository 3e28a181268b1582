/** Pins as a person reads them: a line a service, and below it those that don't count. */
import type { PinSight } from "../stages/pins.ts";
import { duration, printable } from "./terminal.ts";

/** Pins shown one by one for each service; beyond that they are counted. */
const shown = 5;

/** `now`: ms since 1970, for how long a pin has been waited for. */
export function pinLines(sights: readonly PinSight[], now: number): string[] {
  const byService = Map.groupBy(sights, ({ wanted }) => wanted.keeper.name);
  const width = Math.max(0, ...[...byService.keys()].map(({ length }) => length));
  return [...byService].flatMap(([service, all]) => {
    const open = all.filter(({ counts }) => !counts);
    const believed = all.filter(({ counts, seen }) => counts && seen === "says so").length;
    const optional = all.every(({ wanted }) => !wanted.required);
    const line = [
      `  ${service.padEnd(width)}  ${all.length - open.length} of ${all.length} kept`,
      ...(believed > 0 ? [`${believed} by its word`] : []),
      ...(optional ? ["optional"] : []),
    ].join(", ");
    const more = open.length > shown ? [`    and ${open.length - shown} more`] : [];
    return [line, ...open.slice(0, shown).map((sight) => sayOpen(sight, now)), ...more];
  });
}

/** `products/radar.zarr is pinning, for 5 min: 1 of 2 replicas` */
function sayOpen(sight: PinSight, now: number): string {
  const { wanted, status, says } = sight;
  const age = ageOf(sight, now);
  return `    ${wanted.path} is ${status}${age === null ? "" : `, for ${duration(age)}`}${says ? `: ${printable(says)}` : ""}`;
}

/** s that the service has had the wish; null where it doesn't say. */
export function ageOf({ since }: PinSight, now: number): number | null {
  return since === undefined ? null : Math.max(0, Math.round((now - Date.parse(since)) / 1000));
}
