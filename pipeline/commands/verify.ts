/** `verify`: is everything as the log says? Read only, and no secrets needed. */
import { createReadStream } from "node:fs";
import { resolve } from "node:path";
import { setFlagsFromString } from "node:v8";
import type { CID } from "multiformats/cid";
import type { Paint } from "../cli/print/colour.ts";
import { some } from "../cli/print/pin-lines.ts";
import { nameShort, printable, printableLines } from "../cli/print/terminal.ts";
import type { Call, Verb } from "../cli/verb.ts";
import { Failure, kinds } from "../core/failure.ts";
import type { World } from "../core/world.ts";
import { type Get, keyOf } from "../dag/block.ts";
import { readCar } from "../dag/car.ts";
import { readRelease } from "../log/release.ts";
import { type Check, verdict } from "../stages/verify/check.ts";
import { checkReleases } from "../stages/verify/check-releases.ts";
import { schemasFrom } from "../stages/verify/stac-schemas.ts";
import { verify as verifyStage } from "../stages/verify/verify.ts";

export const verify: Verb = {
  flags: [
    ["--deep", "read and hash every block on the node, and rebuild the portal from the log"],
    ["--stac", "validate the portal's STAC by its published schemas, which are fetched over https"],
    ["--schemas <dir>", "with --stac: read the schemas from this folder only, each at HOST/PATH"],
    ["--offline <car>", "verify the release that this CAR file holds, from the file alone"],
  ],
  about: `Walks the log from the newest release to the first, asks every service for blocks and every authoritative server for its
answer, and looks for every dataset of the index in the tree. Exit code 6: something contradicts itself or its CID.
7: names or pins are no longer what the log says, or STAC is invalid. 4: something could not be looked at.`,
  example: "fieldtree verify --deep",

  async run(call) {
    // Each tree is forgotten once the next is read. V8 sees the first ones survive, while its heap is small, takes all of
    // their kind for long-lived and lets them pile up: 290 MB in place of 160 for 1 000 releases of 245 leaves.
    setFlagsFromString("--no-allocation-site-pretenuring");
    const { flags, out, world } = call;
    if (flags.schemas !== undefined && flags.stac !== true)
      throw new Failure("input", "--schemas says where --stac finds its schemas", { hint: "add --stac" });
    if (flags.stac === true && flags.offline !== undefined)
      throw new Failure("input", "--stac reads the portal on the node, and --offline a file alone", {
        hint: "leave one of them out",
      });
    const checks: Check[] = [];
    for await (const check of typeof flags.offline === "string" ? offline(flags.offline, call) : online(call)) {
      world.signal.throwIfAborted();
      checks.push(check);
      const { part: _, ...line } = check;
      out.result(line);
    }
    const { kind, ...result } = verdict(checks);
    const bad = checks.filter(({ ok }) => !ok);
    out.result(
      { event: "verified", ...result },
      [...table(checks, out.paint), verdictOn(checks)].join("\n"),
      bad.length > 0 ? [...table(bad, out.paint), verdictOn(checks)].join("\n") : undefined,
    );
    return kind ? kinds[kind].exit : 0;
  },
};

async function* online({ campaign: open, cwd, flags, world }: Call): AsyncGenerator<Check> {
  const folder = typeof flags.schemas === "string" ? resolve(cwd, flags.schemas) : undefined;
  const stac = flags.stac === true ? await schemasFrom(folder, world) : undefined;
  const campaign = await open();
  yield* verifyStage(campaign, { deep: flags.deep === true, stac }, world);
}

/** The release at the root of a CAR, and what of its chain, trees and directories the file holds. */
async function* offline(file: string, { cwd, world }: Call): AsyncGenerator<Check> {
  const { roots, blocks } = await readCar(createReadStream(resolve(cwd, file)));
  const held = new Map<string, Uint8Array>();
  for await (const { cid, bytes } of blocks) {
    world.signal.throwIfAborted();
    held.set(keyOf(cid), bytes);
  }
  const get: Get = async (cid) => {
    const bytes = held.get(keyOf(cid));
    if (!bytes) throw new Failure("unavailable", `${cid} is not in ${file}`);
    return bytes;
  };
  const [root] = roots;
  if (!root) throw new Failure("input", `${file} names no root`, { hint: "fieldtree car export @RELEASE writes one" });
  const read = async (cid: CID, _: World) => readRelease({ cid, bytes: await get(cid) });
  const head = { cid: root, release: await read(root, world) };
  yield* checkReleases(head, { read }, get, [], world);
}

/** A line for each service and name and for whatever else was checked; below it what failed, and what to do next. */
function table(checks: readonly Check[], paint: Paint): string[] {
  const rows = [...Map.groupBy(checks, ({ check, subject, part }) => `${check} ${part?.of ?? subject}`).values()];
  const titles = rows.map(titleOf);
  const width = Math.max(...titles.map(({ length }) => length));
  return rows.flatMap((row, i) => rowLines(titles[i]!.padEnd(width), row, paint));
}

function verdictOn(checks: readonly Check[]): string {
  const unmade = checks.filter(({ problem }) => problem === "unchecked").length;
  const failed = checks.filter(({ ok }) => !ok).length - unmade;
  const of = `of ${checks.length} checks`;
  if (unmade === 0) return failed === 0 ? `verified: all ${checks.length} checks are good` : `${failed} ${of} failed`;
  const good = checks.length - failed - unmade;
  return `${unmade} ${of} could not be made from here, ${failed} failed, ${good} ${good === 1 ? "is" : "are"} good`;
}

const titleOf = ([first]: readonly Check[]) =>
  nameShort(first!.part?.of ?? (first!.check === "name" ? first!.subject : first!.check));

/** Failures shown in each row; beyond that they are counted. */
const shown = 5;

function rowLines(title: string, row: readonly Check[], paint: Paint): string[] {
  const bad = row.filter(({ ok }) => !ok);
  const [one] = row;
  if (bad.length === 0)
    return [`${paint("good", "ok")}    ${title}  ${printable(one!.part ? sayParts(row) : one!.says)}`];
  const alike = [...Map.groupBy(bad, ({ says }) => says)];
  const more = alike.length > shown ? [`        and ${alike.length - shown} more`] : [];
  const what = one!.check === "name" ? "can't be asked" : one!.subject;
  const mark = bad.every(({ problem }) => problem === "unchecked")
    ? `${paint("warning", "??")}  `
    : paint("error", "FAIL");
  return [
    `${mark}  ${title}  ${one!.part ? sayParts(row) : what}`,
    ...alike.slice(0, shown).flatMap(([says, those]) => sayAlike(says, those)),
    ...more,
    `        → ${toDo(bad)}`,
  ];
}

/** `7 of 7 retrieved`, `2 of 2 servers say so`: how many are how, of what is good. */
function sayParts(row: readonly Check[]): string {
  const say = ({ check, says }: Check) => (check === "name" ? "servers say so" : says);
  const good = Map.groupBy(
    row.filter(({ ok }) => ok),
    say,
  );
  if (good.size === 0) return `0 of ${row.length} ${row[0]!.check === "name" ? "servers say so" : "kept"}`;
  return [...good].map(([says, { length }]) => `${length} of ${row.length} ${says}`).join(", ");
}

/** Where, and below it what: paths or servers that fail alike are told together. */
function sayAlike(says: string, those: readonly Check[]): string[] {
  const at = those.flatMap(({ part }) => part?.at ?? []);
  const lines = printableLines(says).split("\n");
  if (at.length === 0) return lines.map((line) => `        ${line}`);
  return [`        ${some(at)}`, ...lines.map((line) => `          ${line}`)];
}

function toDo(bad: readonly Check[]): string {
  const damage = bad.find(({ problem, mend }) => problem === "corrupt" && mend !== undefined);
  if (damage) return damage.mend!;
  if (bad.some(({ problem }) => problem === "corrupt"))
    return "publish nothing on top of it; compare with another copy of the log, and find out who wrote this";
  const drift = bad.find(({ problem }) => problem === "drift");
  const [unknown] = bad;
  if (!drift) return unknown?.mend ?? "nothing is known of it: is it up, and within reach from here?";
  if (!/^fieldtree /.test(drift.mend ?? "")) return drift.mend ?? "";
  return `${drift.mend} ${sayWhatItDoes(drift)}`;
}

function sayWhatItDoes({ check }: Check): string {
  if (check === "node") return "fetches what is missing, or names what to add again";
  return check === "pin" ? "brings what is missing" : "sets it right";
}
