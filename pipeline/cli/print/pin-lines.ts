/** Pins for people: a line a service, and below it the pins that don't count, grouped by reason. */
import { type PinObservation, statusInJson } from "../../stages/pins/pin-status.ts";
import { formatTarget } from "../../stages/pins/pin-target.ts";
import { duration, printable } from "./terminal.ts";

/** Named one by one; beyond that they are counted. */
const shown = 5;

/** `now`: ms since 1970, for how long a pin has been waited for. */
export function pinLines(sights: readonly PinObservation[], now: number): string[] {
  const byService = Map.groupBy(sights, ({ desired }) => desired.service.name);
  const width = Math.max(0, ...[...byService.keys()].map(({ length }) => length));
  return [...byService].flatMap(([service, all]) => {
    const open = all.filter(({ counts }) => !counts);
    const believed = all.filter(({ counts, evidence }) => counts && evidence === "reported").length;
    const optional = all.every(({ desired }) => !desired.required);
    const line = [
      `  ${service.padEnd(width)}  ${all.length - open.length} of ${all.length} pinned`,
      ...(believed > 0 ? [`${believed} unverified`] : []),
      ...(optional ? ["optional"] : []),
    ].join(", ");
    const alike = [...Map.groupBy(open, (sight) => sayOpen(sight, now))];
    const more = alike.length > shown ? [`    and ${alike.length - shown} more`] : [];
    const told = alike.slice(0, shown).flatMap(([say, those]) => [`    ${pathsOf(those)}`, `      ${say}`]);
    return [line, ...told, ...more];
  });
}

/** `pinning, for 5 min: 1 of 2 replicas` */
function sayOpen(sight: PinObservation, now: number): string {
  const { status, message } = sight;
  const age = ageOf(sight, now);
  return `${statusInJson(status)}${age === null ? "" : `, for ${duration(age)}`}${message ? `: ${printable(message)}` : ""}`;
}

const pathsOf = (sights: readonly PinObservation[]) => some(sights.map(({ desired }) => formatTarget(desired.target)));

/** `a, b, c and 4 more` */
export function some(words: readonly string[]): string {
  const said = words.slice(0, shown).join(", ");
  return words.length > shown ? `${said} and ${words.length - shown} more` : said;
}

/** Seconds since the pin request reached the service; null where the service does not report it. */
export function ageOf({ since }: PinObservation, now: number): number | null {
  return since === undefined ? null : Math.max(0, Math.round((now - Date.parse(since)) / 1000));
}
