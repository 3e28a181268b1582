/** The line about whether what is shown was verified, by whom it was served, or what was refused. */
import { formatBytes } from "../../pipeline/core/text/shown.ts";
import type { Status } from "../reading/status.ts";
import type { Texts } from "../texts/en.ts";

export function showTrust(
  line: HTMLElement | null,
  { trust, host, blocks, bytes }: Status,
  texts: Texts["trust"],
): void {
  if (!line || trust.kind === "pending") return;
  line.hidden = false;
  line.dataset.trust = trust.kind;
  const text = textOf();
  // A live region is read out again whenever its text is set.
  if (line.textContent !== text) line.textContent = text;

  function textOf(): string {
    switch (trust.kind) {
      case "verified":
        return texts.verified(String(blocks), formatBytes(bytes), host);
      case "unverified":
        return texts.unverified(host || "this disk", trust.why);
      case "refused":
        return texts.refused(trust.message);
      default:
        return "";
    }
  }
}
