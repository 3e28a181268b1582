/** The table of a verification's checks, for people. */
import { plural } from "../../core/text/plural.ts";
import type { Check } from "../../stages/verify/check.ts";
import type { Paint } from "./colour.ts";
import { some } from "./pin-lines.ts";
import { nameShort, printable, printableLines } from "./terminal.ts";

/** Returns a line for each service, name and other subject; below each one its failed checks, and their fix. */
export function checkTable(checks: readonly Check[], paint: Paint): string[] {
  const rows = [...Map.groupBy(checks, ({ check, subject, part }) => `${check} ${part?.of ?? subject}`).values()];
  const titles = rows.map(titleOf);
  const width = Math.max(...titles.map(({ length }) => length));
  return rows.flatMap((row, i) => rowLines(titles[i]!.padEnd(width), row, paint));
}

export function verdictLine(checks: readonly Check[]): string {
  const unchecked = checks.filter(({ problem }) => problem === "unchecked").length;
  const failed = checks.filter(({ ok }) => !ok).length - unchecked;
  const of = `of ${checks.length} checks`;
  if (unchecked === 0)
    return failed === 0 ? `verified: all ${checks.length} checks are good` : `${failed} ${of} failed`;
  const good = checks.length - failed - unchecked;
  return `${unchecked} ${of} could not be run from here, ${failed} failed, ${plural(good, "is", "are")} good`;
}

const titleOf = ([first]: readonly Check[]) =>
  nameShort(first!.part?.of ?? (first!.check === "name" ? first!.subject : first!.check));

/** Failures shown in each row; beyond that they are counted. */
const shown = 5;

function rowLines(title: string, row: readonly Check[], paint: Paint): string[] {
  const bad = row.filter(({ ok }) => !ok);
  const [one] = row;
  if (bad.length === 0)
    return [`${paint("good", "ok")}    ${title}  ${printable(one!.part ? partsText(row) : one!.says)}`];
  const alike = [...Map.groupBy(bad, ({ says }) => says)];
  const more = alike.length > shown ? [`        and ${alike.length - shown} more`] : [];
  const what = one!.check === "name" ? "can't be asked" : one!.subject;
  const mark = bad.every(({ problem }) => problem === "unchecked")
    ? `${paint("warning", "??")}  `
    : paint("error", "FAIL");
  return [
    `${mark}  ${title}  ${one!.part ? partsText(row) : what}`,
    ...alike.slice(0, shown).flatMap(([says, group]) => groupLines(says, group)),
    ...more,
    `        → ${toDo(bad)}`,
  ];
}

/** Formats the number of passed checks: `7 of 7 retrieved`, `2 of 2 servers agree`. */
function partsText(row: readonly Check[]): string {
  const describe = ({ check, says }: Check) => (check === "name" ? "servers agree" : says);
  const good = Map.groupBy(
    row.filter(({ ok }) => ok),
    describe,
  );
  if (good.size === 0) return `0 of ${row.length} ${row[0]!.check === "name" ? "servers agree" : "pinned"}`;
  return [...good].map(([says, { length }]) => `${length} of ${row.length} ${says}`).join(", ");
}

/** Formats paths or servers, and below them their message. Those with equal messages are in one group. */
function groupLines(says: string, group: readonly Check[]): string[] {
  const at = group.flatMap(({ part }) => part?.at ?? []);
  const lines = printableLines(says).split("\n");
  if (at.length === 0) return lines.map((line) => `        ${line}`);
  return [`        ${some(at)}`, ...lines.map((line) => `          ${line}`)];
}

function toDo(bad: readonly Check[]): string {
  const damage = bad.find(({ problem, mend: fix }) => problem === "corrupt" && fix !== undefined);
  if (damage) return damage.mend!;
  if (bad.some(({ problem }) => problem === "corrupt"))
    return "publish nothing on top of it; compare with another copy of the log, and find out who wrote this";
  const drift = bad.find(({ problem }) => problem === "drift");
  const [unknown] = bad;
  if (!drift) return unknown?.mend ?? "nothing is known of it: is it up, and within reach from here?";
  if (!/^fieldtree /.test(drift.mend ?? "")) return drift.mend ?? "";
  return `${drift.mend} ${effectOf(drift)}`;
}

function effectOf({ check }: Check): string {
  if (check === "node") return "fetches what is missing, or names what to add again";
  return check === "pin" ? "brings what is missing" : "sets it right";
}
