/** `sisters:` in campaign.yaml: names of campaigns that were pulled, and which of them this campaign's pin services pin. */
import * as v from "valibot";
import { pulledName, type Sister } from "./sisters.ts";

/** One of `sisters:` in campaign.yaml. */
export interface SisterConfig {
  readonly name: string;
  /** Whether this campaign's pin services pin it, too. */
  readonly pin: boolean;
}

const named = v.pipe(v.string(), v.regex(pulledName, "must be names"));

export const sistersSchema = v.array(
  v.union(
    [
      named,
      v.strictObject({
        name: named,
        pin: v.optional(
          v.pipe(v.boolean(), v.description("Whether the services under pins: pin its portal and data, too")),
        ),
      }),
    ],
    "must be names, or {name, pin}",
  ),
  "must be a list of names",
);

export const settledSisters = (sisters: v.InferOutput<typeof sistersSchema> | null | undefined): SisterConfig[] =>
  (sisters ?? []).map((sister) => {
    const { name, pin = false } = typeof sister === "string" ? { name: sister } : sister;
    return { name, pin };
  });

/** What `pins.extra` has besides for the sisters that are to be pinned, as they were pulled last. */
export function pinnedSisters(
  sisters: readonly Sister[],
  configured: readonly SisterConfig[],
): { readonly name: string; readonly cid: string }[] {
  const pinned = new Set(configured.filter(({ pin }) => pin).map(({ name }) => name));
  return sisters
    .filter(({ name }) => pinned.has(name))
    .map(({ name, portal }) => ({ name: `sister-${name}`, cid: portal }));
}
