/** Gateways as the environment names them, for everything that reads blocks of others. */
import { Failure } from "../../core/failure.ts";
import { shown } from "../../core/text/shown.ts";
import type { Call } from "../verb.ts";

/** The gateways in IPFS_GATEWAY, as ipfsspec reads it: separated by blanks. */
export const gatewaysIn = ({ IPFS_GATEWAY }: Call["env"]): readonly string[] => wordsIn(IPFS_GATEWAY);

export const wordsIn = (text: string | undefined): readonly string[] =>
  (text ?? "").split(/\s+/).filter((word) => word !== "");

/** `from`: what names it. @throws Failure `input` for what is no http or https address. */
export function assertGateway(url: string, from: string): void {
  if (/^https?:\/\//.test(url) && URL.canParse(url)) return;
  throw new Failure("input", `${from}: ${shown(url)} is no http or https address`);
}
