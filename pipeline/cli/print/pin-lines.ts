/** Pins for people: a line a service, and below it the pins that don't count, grouped by reason. */
import { type PinObservation, statusInJson } from "../../stages/pins/pin-status.ts";
import { formatTarget } from "../../stages/pins/pin-target.ts";
import { duration, printable } from "./terminal.ts";

/** Most pins listed; the others are counted. */
const shown = 5;

/** `now`: ms since 1970, to compute the age of pin requests. */
export function pinLines(pins: readonly PinObservation[], now: number): string[] {
  const byService = Map.groupBy(pins, ({ desired }) => desired.service.name);
  const width = Math.max(0, ...[...byService.keys()].map(({ length }) => length));
  return [...byService].flatMap(([service, all]) => {
    const open = all.filter(({ counts }) => !counts);
    const unverified = all.filter(({ counts, evidence }) => counts && evidence === "reported").length;
    const optional = all.every(({ desired }) => !desired.required);
    const line = [
      `  ${service.padEnd(width)}  ${all.length - open.length} of ${all.length} pinned`,
      ...(unverified > 0 ? [`${unverified} unverified`] : []),
      ...(optional ? ["optional"] : []),
    ].join(", ");
    const alike = [...Map.groupBy(open, (pin) => openText(pin, now))];
    const more = alike.length > shown ? [`    and ${alike.length - shown} more`] : [];
    const openLines = alike.slice(0, shown).flatMap(([reason, group]) => [`    ${pathsOf(group)}`, `      ${reason}`]);
    return [line, ...openLines, ...more];
  });
}

/** `pinning, for 5 min: 1 of 2 replicas` */
function openText(pin: PinObservation, now: number): string {
  const { status, message } = pin;
  const age = ageOf(pin, now);
  return `${statusInJson(status)}${age === null ? "" : `, for ${duration(age)}`}${message ? `: ${printable(message)}` : ""}`;
}

const pathsOf = (pins: readonly PinObservation[]) => some(pins.map(({ desired }) => formatTarget(desired.target)));

/** `a, b, c and 4 more` */
export function some(words: readonly string[]): string {
  const listed = words.slice(0, shown).join(", ");
  return words.length > shown ? `${listed} and ${words.length - shown} more` : listed;
}

/** Seconds since the pin request reached the service; null where the service does not report it. */
export function ageOf({ since }: PinObservation, now: number): number | null {
  return since === undefined ? null : Math.max(0, Math.round((now - Date.parse(since)) / 1000));
}
