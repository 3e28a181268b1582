/** `log:` in campaign.yaml: where the head of the releases lives, and who signs them. */
import * as v from "valibot";
import { publicKeyOf, publicName } from "../key.ts";
import { environmentVariable, optional, publicKeyName } from "./fields.ts";

export type LogConfig = {
  /** Environment variable with the ed25519 key releases are signed with. */
  readonly key?: string;
  /** Keys whose signatures count, as `fieldtree key new` prints them, in one spelling. Those of any key where empty. */
  readonly signers: readonly string[];
} & (
  | { readonly kind: "local" }
  /** `remote`: as git calls it, or its address. */
  | { readonly kind: "git"; readonly remote: string; readonly branch: string }
);

const signing = {
  key: optional("Name of the environment variable with the ed25519 key to sign releases with", environmentVariable),
  signers: optional(
    "Public names of the keys whose signatures count: from the first release signed by one of them, every release has to be. Default: any",
    v.array(publicKeyName),
  ),
};

export const logSchema = v.variant(
  "kind",
  [
    v.strictObject({ kind: v.literal("local"), ...signing }),
    v.strictObject({
      kind: v.literal("git"),
      remote: optional(
        "As git calls it, or its address. Default: origin",
        v.pipe(v.string(), v.regex(/^(?!-)[!-~]{1,500}$/, "must be the name or address of a git remote")),
      ),
      branch: optional(
        "Default: campaign/state",
        v.pipe(
          v.string(),
          v.regex(
            /^(?!.*(?:\.\.|\/\/|@\{|\.lock(?:\/|$)))[A-Za-z0-9][A-Za-z0-9._/-]{0,99}(?<![./])$/,
            "must be the name of a branch",
          ),
        ),
      ),
      ...signing,
    }),
  ],
  "needs kind: local or git",
);

export function settledLog(log: v.InferOutput<typeof logSchema> | null | undefined): LogConfig {
  const signers = (log?.signers ?? []).map((name) => publicName(publicKeyOf(name)!));
  const common = { ...(log?.key && { key: log.key }), signers };
  if (log?.kind !== "git") return { kind: "local", ...common };
  return { kind: "git", remote: log.remote ?? "origin", branch: log.branch ?? "campaign/state", ...common };
}
