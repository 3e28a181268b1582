/** `node:` in campaign.yaml: the node that stores the campaign's blocks. */
import * as v from "valibot";
import { environmentVariable, httpUrl, optional, url, withoutSlash } from "./fields.ts";

export type NodeConfig =
  | { readonly kind: "embedded" }
  /** `token`: the name of the environment variable with the token. */
  | { readonly kind: "kubo"; readonly api: string; readonly token?: string };

const kuboApi = "http://127.0.0.1:5001";

const kubo = v.strictObject({
  kind: v.literal("kubo"),
  api: optional(`Address of the RPC API. Default: ${kuboApi}`, httpUrl),
  token: optional("Name of the environment variable with the token", environmentVariable),
});

const nodeWords = `must be embedded, kubo, the RPC address of a Kubo daemon (${kuboApi}), or {kind: kubo, api: …, token: …}`;
export const nodeSchema = v.union(
  [
    v.pipe(v.string(), v.regex(new RegExp(`^(?:embedded|kubo|${url})$`), nodeWords)),
    v.variant("kind", [v.strictObject({ kind: v.literal("embedded") }), kubo], "must be embedded or kubo"),
  ],
  nodeWords,
);

export function settledNode(node: v.InferOutput<typeof nodeSchema> | null | undefined): NodeConfig {
  if (!node || node === "embedded") return { kind: "embedded" };
  if (node === "kubo") return { kind: "kubo", api: kuboApi };
  if (typeof node === "string") return { kind: "kubo", api: withoutSlash(node) };
  if (node.kind === "embedded") return { kind: "embedded" };
  return { kind: "kubo", api: withoutSlash(node.api ?? kuboApi), ...(node.token && { token: node.token }) };
}
