/** `mirror`: copies the newest data to another place, as far as a budget goes. */
import { resolve } from "node:path";
import * as v from "valibot";
import type { Campaign } from "../campaign/campaign.ts";
import { matches } from "../campaign/path-pattern.ts";
import { mirrorToCar } from "../cli/mirror/car-file.ts";
import { carIn, openPlace, placeForms } from "../cli/mirror/place.ts";
import { publishWhatItHas } from "../cli/mirror/publish-report.ts";
import { printable } from "../cli/print/terminal.ts";
import type { Call, Verb } from "../cli/verb.ts";
import { bytesIn, size } from "../core/campaign/fields.ts";
import { mirrorName } from "../core/campaign/mirrors.ts";
import { Failure } from "../core/failure.ts";
import { plural } from "../core/text/plural.ts";
import { formatBytes } from "../core/text/shown.ts";
import { type MirrorEvent, type MirrorTarget, mirror as mirrorStage, statusInJson } from "../stages/mirror/mirror.ts";
import type { MirrorItem } from "../stages/mirror/plan.ts";

export const mirror: Verb = {
  args: "<name>",
  flags: [
    ["--to <place>", placeForms],
    ["--token <variable>", "environment variable with the token of a Kubo or Cluster, or user:password of a Cluster"],
    ["--path <glob...>", "only leaves at these paths (default: all)"],
    ["--budget <size>", "at most that much, as 200GB (default: without a limit)"],
    ["--key <file>", "private key under which it publishes what it has, as key new wrote it"],
    ["--routing <url...>", "endpoints of delegated routing that take its record"],
    ["--keep <number>", "leaves of that many of the newest releases", "1"],
  ],
  about: `Copies the leaves of the newest release, then of older ones, as far as the budget goes; what it has no room for is listed. What is no
longer meant to be there is removed first, so that the budget is never exceeded. Ended and run again, it goes on, and fetches nothing twice.
A folder has real file names, for people without IPFS, and mirror.json about them; each leaf appears by a rename, so that rsync copies old or new.
A CAR is written anew each time: the log, the portal and the leaves, for \`car import\`, \`log adopt\` and \`verify --offline\`.
embedded: the folder of a node of its own, on an external disk for example, whose unpinned blocks are removed. kubo: the address of its RPC;
a Kubo frees the space of what was unpinned when it collects garbage. cluster: the address of the REST API of an IPFS Cluster of its own.
With a key, it publishes what it has: a small JSON that the key leads to, for fieldtree status wherever campaign.yaml names it under mirrors:.`,
  example: "fieldtree mirror hangar --to folder:/srv/orcestra --path 'products/**' --budget 200GB",

  async run(call) {
    const { args, flags, world } = call;
    const name = args[0] ?? "";
    if (!mirrorName.test(name))
      throw new Failure(
        "input",
        `a mirror's name has lower-case letters, digits and hyphens, and ${printable(name)} has others`,
      );
    const keep = Number(flags.keep);
    if (!Number.isSafeInteger(keep) || keep < 1)
      throw new Failure("input", "--keep takes a number of releases, 1 or more");
    const globs = Array.isArray(flags.path) ? (flags.path as readonly string[]) : [];
    const options = {
      isMeant: (path: string) => globs.length === 0 || matches(path, globs),
      budget: budgetIn(flags.budget),
      keep,
    };
    const campaign = await call.campaign();
    const car = carIn(flags.to);
    if (car !== undefined) {
      const events = mirrorToCar(resolve(call.cwd, car), options, campaign, world);
      await printed(events, name, { name: car }, campaign, call);
      return 0;
    }
    const { target, close } = await openPlace(flags.to, { name, keep, token: flags.token }, campaign, call);
    try {
      await printed(mirrorStage(target, options, campaign, world), name, target, campaign, call);
    } finally {
      await close();
    }
    return 0;
  },
};

/** Prints what is done, and publishes what the mirror `name` has at the end. */
async function printed(
  events: AsyncIterable<MirrorEvent>,
  name: string,
  place: Pick<MirrorTarget, "name" | "storeReport">,
  campaign: Campaign,
  call: Call,
): Promise<void> {
  const { out } = call;
  for await (const event of events) {
    if (event.event !== "mirrored") out.result(dataOf(event, name), textOf(event, place.name));
    else {
      const published = await publishWhatItHas(name, event.status, place, campaign, call);
      const data = published && { key: published.key, since: published.report.since };
      const text = published ? `\n  reported by ipns://${published.key} since ${published.report.since}` : "";
      out.result({ ...dataOf(event, name), ...data }, `${textOf(event, place.name)}${text}`);
    }
    await out.taken();
  }
}

function budgetIn(flag: Call["flags"][string]): number {
  if (flag === undefined) return Number.POSITIVE_INFINITY;
  const parsed = v.safeParse(size, flag);
  if (parsed.success) return bytesIn(parsed.output);
  throw new Failure("input", `--budget ${flag}: it ${parsed.issues[0].message}`);
}

function dataOf(event: MirrorEvent, name: string): object {
  if (event.event === "mirrored") {
    const { added, removed, status } = event;
    return { event: event.event, added, removed, ...statusInJson(name, status) };
  }
  const { path, cid, release, bytes } = event.item;
  return { event: event.event, path, cid: cid.toString(), release, bytes };
}

/** `name`: of the place. */
function textOf(event: MirrorEvent, name: string): string {
  const line = ({ path, bytes, release }: MirrorItem) => `${printable(path)}@${release} (${formatBytes(bytes)})`;
  switch (event.event) {
    case "added":
      return `added     ${line(event.item)}`;
    case "removed":
      return `removed   ${line(event.item)}`;
    case "left":
      return `left out  ${line(event.item)}: the budget has no room for it`;
    case "mirrored": {
      const { items, head } = event.status;
      const bytes = items.reduce((sum, item) => sum + item.bytes, 0);
      return `${name} has ${plural(items.length, "leaf", "leaves")}, ${formatBytes(bytes)}, up to release ${head.release.number}`;
    }
  }
}
