/**
 * Checks the signatures of the releases.
 *
 * Where campaign.yaml names `signers`, only their signatures count:
 *
 * - The first release signed by one of them vouches for all earlier releases, because its link fixes them: releases from
 *   before the campaign had a key, and releases signed by a former key. So an operator replaces a key by naming the new one
 *   in its place and publishing.
 * - Every later release must have such a signature too. A signature on a still later release is not enough: a job with the
 *   key signs on top of whatever release it finds, so that an attacker who can write to the log, but has no key, could
 *   insert a release in between.
 * - Hence a key that is no longer used must stay in the list while the other keys sign. After a theft, all keys must be
 *   replaced by a new one: no signature shows which releases the thief signed, and naming the new key states that the operator
 *   has reviewed them.
 *
 * An invalid signature fails the check on any release, because fieldtree never writes one.
 */
import { firstLines } from "../../core/text/shown.ts";
import type { Head } from "../../log/log.ts";
import { signerOf } from "../../log/sign.ts";
import type { Check } from "./check.ts";

/** `chain`: oldest release first. `signers`: public names as {@link signerOf} returns them; where empty, any signer counts. */
export async function checkSignatures(
  chain: readonly Head[],
  subject: string,
  signers: readonly string[],
): Promise<Check> {
  const by = new Map<string, number>();
  const bad: string[] = [];
  /** The first release whose signature counts; `earlier` has what the releases before it lack. */
  let vouching: number | undefined;
  const earlier: string[] = [];
  for (const { release } of chain) {
    const { number } = release;
    const signer = await signerOf(release);
    if (signer && "bad" in signer) bad.push(`release ${number} claims to be signed by ${signer.bad}, and is not`);
    else if (signers.length === 0 || (signer && signers.includes(signer.by))) {
      vouching ??= number;
      by.set(signer?.by ?? "", (by.get(signer?.by ?? "") ?? 0) + 1);
    } else {
      const lacks = signer ? `signed by ${signer.by}, who is none of the campaign's signers` : "unsigned";
      (vouching === undefined ? earlier : bad).push(`release ${number} is ${lacks}`);
    }
  }
  if (earlier.length > 0 && vouching === undefined) {
    bad.push(
      "none is signed by one of the campaign's signers; the first that is vouches for those before it",
      ...earlier,
    );
  }
  if (bad.length > 0) {
    return { check: "signature", subject, ok: false, says: firstLines(bad).join("; "), problem: "corrupt" };
  }
  const says = [...by].map(([name, count]) => (name === "" ? `${count} unsigned` : `${count} signed by ${name}`));
  if (earlier.length > 0) says.push(`${earlier.length} before release ${vouching}, which vouches for them`);
  return { check: "signature", subject, ok: true, says: says.join(", ") || "none" };
}
