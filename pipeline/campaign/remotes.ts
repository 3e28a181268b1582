/**
 * `remotes.json` in the campaign's folder: what was pulled under which name, from where, and what was pushed to which key.
 *
 * It contains no secrets, and can be committed, so that all clones of a campaign know the same names. Its text is never
 * trusted: an address is resolved again, and blocks are verified by their CIDs.
 *
 * ```json
 * { "pulled": { "ship": { "address": "ipns://k51…", "cid": "bafy…" } },
 *   "pushed": { "": { "to": "ipns://k51…", "value": "/ipfs/bafy…" } } }
 * ```
 */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import * as v from "valibot";
import { pulledName, type Sister } from "../core/campaign/sisters.ts";
import { isCid } from "../core/cid.ts";
import { Failure, isFailure } from "../core/failure.ts";
import { stableJson } from "../core/json.ts";
import type { World } from "../core/world.ts";
import { lock } from "../disk/lock.ts";
import { readIfThere } from "../disk/read.ts";
import { writeDurably } from "../disk/write.ts";

const cidText = v.pipe(v.string(), v.check(isCid, "is no CID"));

const aliasesSchema = v.object({
  pulled: v.optional(
    v.record(
      v.pipe(v.string(), v.regex(pulledName)),
      v.object({
        /** Absent where it was pulled with --no-alias. */
        address: v.optional(v.string()),
        cid: cidText,
        /** What was pulled under the name before and is pinned still, the newest first. */
        earlier: v.optional(v.array(v.object({ cid: cidText, root: cidText, replaced: v.string() }))),
        /** Of another campaign. */
        sister: v.optional(
          v.object({
            campaign: v.string(),
            title: v.string(),
            release: v.number(),
            portal: cidText,
            stac: v.object({ cid: cidText, tsize: v.number() }),
          }),
        ),
      }),
    ),
    {},
  ),
  pushed: v.optional(
    v.record(
      v.string(),
      v.object({
        to: v.string(),
        value: v.string(),
        /** File with the private key. */
        key: v.optional(v.string()),
        routing: v.optional(v.array(v.string())),
      }),
    ),
    {},
  ),
});

export type Aliases = v.InferOutput<typeof aliasesSchema>;
export type PushedAlias = Aliases["pushed"][string];

const fileIn = (folder: string) => join(folder, "remotes.json");

/** @throws Failure `input` where the file is not one that fieldtree writes. */
export async function readAliases(folder: string): Promise<Aliases> {
  const bytes = await readIfThere(fileIn(folder));
  if (!bytes) return { pulled: byName({}), pushed: byName({}) };
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString());
  } catch (cause) {
    throw invalid(folder, cause);
  }
  const read = v.safeParse(aliasesSchema, value);
  if (read.success) return { pulled: byName(read.output.pulled), pushed: byName(read.output.pushed) };
  throw invalid(folder, read.issues[0].message);
}

/** Without a prototype: `constructor`, given as a name on the command line, is not in it. */
function byName<T>(entries: Readonly<Record<string, T>>): Record<string, T> {
  return Object.assign(Object.create(null), entries);
}

/** The campaigns that campaign.yaml names. @throws Failure `input` where one was not pulled, or is none. */
export async function sistersIn(folder: string, names: readonly string[]): Promise<readonly Sister[]> {
  if (names.length === 0) return [];
  const { pulled } = await readAliases(folder);
  return names.map((name) => {
    const sister = pulled[name]?.sister;
    if (sister) return { name, ...sister };
    throw new Failure("input", `campaign.yaml: sisters: names ${name}, and no campaign was pulled under that name`, {
      hint: `fieldtree pull ADDRESS --as ${name}, after taking it out of sisters:`,
    });
  });
}

/** Changes the file atomically, also while other processes do. */
export async function changeAliases(
  { folder, state }: { readonly folder: string; readonly state: string },
  change: (aliases: Aliases) => Aliases,
  world: World,
): Promise<void> {
  await mkdir(state, { recursive: true });
  const acquired = await whenFree(join(state, "remotes.lock"), world);
  try {
    const { pulled, pushed } = change(await readAliases(folder));
    const file = {
      ...(Object.keys(pulled).length > 0 && { pulled }),
      ...(Object.keys(pushed).length > 0 && { pushed }),
    };
    await writeDurably(fileIn(folder), stableJson(file, 2));
  } finally {
    await acquired.release();
  }
}

/** Attempts, 50 ms apart: another process has the lock as long as it takes to write one file. */
const attempts = 100;

async function whenFree(path: string, world: World) {
  for (let attempt = 1; ; attempt++) {
    try {
      return await lock(path, "writing remotes.json");
    } catch (error) {
      if (!isFailure(error, "refused") || attempt === attempts) throw error;
      await world.sleep(50);
    }
  }
}

/** @throws Failure `input` where it is no name. */
export function aliasName(text: string): string {
  if (pulledName.test(text)) return text;
  throw new Failure("input", `${JSON.stringify(text.slice(0, 80))} is no name for something pulled`, {
    hint: "a name has at most 63 letters, digits, dots, - and _, and begins with a letter or digit: --as NAME",
  });
}

/** The name in `text` with everything else replaced, for what its address suggests. */
export function nameFrom(text: string): string {
  const name = text
    .replace(/[^A-Za-z0-9._-]+/g, "-")
    .replace(/^[^A-Za-z0-9]+/, "")
    .slice(0, 63);
  return name === "" ? "pulled" : name;
}

function invalid(folder: string, cause: unknown): Failure {
  const why = typeof cause === "string" ? `: ${cause}` : "";
  return new Failure("input", `${fileIn(folder)} is not as fieldtree writes it${why}`, {
    hint: "correct it, or move it away and pull again",
    ...(typeof cause !== "string" && { cause }),
  });
}
