/** Whether the releases bear the signatures that they should. */
import type { Head } from "../log/log.ts";
import { signerOf } from "../log/sign.ts";
import type { Check } from "./check.ts";

export async function checkSignatures(
  chain: readonly Head[],
  subject: string,
  signers: readonly string[],
): Promise<Check> {
  const by = new Map<string, number>();
  const bad: string[] = [];
  for (const { release } of chain) {
    const signer = await signerOf(release);
    if (signer && "bad" in signer)
      bad.push(`release ${release.number} claims to be signed by ${signer.bad}, and is not`);
    else if (signer && signers.length > 0 && !signers.includes(signer.by))
      bad.push(`release ${release.number} is signed by ${signer.by}, who is none of the campaign's signers`);
    else if (!signer && signers.length > 0) bad.push(`release ${release.number} is unsigned`);
    else by.set(signer?.by ?? "", (by.get(signer?.by ?? "") ?? 0) + 1);
  }
  if (bad.length > 0) return { check: "signature", subject, ok: false, says: bad.join("; "), problem: "corrupt" };
  const says = [...by].map(([name, count]) => (name === "" ? `${count} unsigned` : `${count} signed by ${name}`));
  return { check: "signature", subject, ok: true, says: says.join(", ") || "none" };
}
