/**
 * Whether the releases bear the signatures that they should.
 *
 * Where campaign.yaml names `signers`, theirs are the signatures that count:
 *
 * - The first release that one of them signed vouches for all before it, which its link fixes for good: those of before
 *   the campaign had a key, and those of a former key. So a key is replaced by naming the new one in its place, and
 *   publishing.
 * - From there on each release has to bear one. That a later one does is not enough: a job that holds the key signs on top
 *   of whatever it finds, so that who may write to the log, and has no key, could slip a release in between.
 * - Hence a key that retires while others go on signing stays named. One that was stolen is answered by a new key for all:
 *   which of its releases are the thief's no signature can tell, and naming the new key says that somebody has looked.
 *
 * A signature that is not its key's stands for nothing, wherever it is: nothing of ours writes one.
 */
import { firstLines } from "../../core/text/shown.ts";
import type { Head } from "../../log/log.ts";
import { signerOf } from "../../log/sign.ts";
import type { Check } from "./check.ts";

/** `chain`: the first release first. `signers`: public names as {@link signerOf} gives them; anybody counts where empty. */
export async function checkSignatures(
  chain: readonly Head[],
  subject: string,
  signers: readonly string[],
): Promise<Check> {
  const by = new Map<string, number>();
  const bad: string[] = [];
  /** The first release whose signature counts, and what the ones before it lack. */
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
