/** Republishes IPNS records for `republish` and `github clock`. */
import { Failure, isFailure } from "../../core/failure.ts";
import type { Call } from "../verb.ts";

/** @throws Failure of the first name whose record could not be put, which lists all such names. */
export async function republishRecords({ campaign, out, world }: Call): Promise<number> {
  const names = (await campaign()).names.filter(({ kind }) => kind === "ipns");
  if (names.length === 0) world.log("campaign.yaml announces no IPNS name: there is nothing to put again");
  const failures: Failure[] = [];
  // One after the other, so that the lines come in the order of campaign.yaml; there are few.
  for (const { name, open: at } of names) {
    try {
      await at("reading").republish?.(world);
      out.result({ name, ok: true }, `${name}  put again`);
    } catch (error) {
      if (!isFailure(error)) throw error;
      failures.push(error);
      // For people, the failure at the end has the message.
      out.result({ name, ok: false, says: error.message });
    }
  }
  const [first, ...others] = failures;
  if (!first) return 0;
  if (others.length === 0) throw first;
  throw new Failure(first.kind, failures.map(({ message }) => message).join("\n"), {
    ...(first.hint !== undefined && { hint: first.hint }),
  });
}
