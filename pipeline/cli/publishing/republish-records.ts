/** Republishes IPNS records for `republish` and `github clock`: of names in campaign.yaml, and of keys that were pushed to. */
import type { Campaign } from "../../campaign/campaign.ts";
import { readAliases } from "../../campaign/remotes.ts";
import { Failure, isFailure } from "../../core/failure.ts";
import type { World } from "../../core/world.ts";
import type { Call } from "../verb.ts";

interface Republished {
  readonly name: string;
  readonly republish: (world: World) => Promise<void>;
}

/** @throws Failure of the first name whose record could not be put, which lists all such names. */
export async function republishRecords(call: Call): Promise<number> {
  const { out, world } = call;
  const campaign = await call.campaign();
  const names = [...announced(campaign), ...(await pushed(campaign, call))];
  if (names.length === 0) world.log("campaign.yaml announces no IPNS name: there is nothing to put again");
  const failures: Failure[] = [];
  // One after the other, so that the lines come in the order of campaign.yaml; there are few.
  for (const { name, republish } of names) {
    try {
      await republish(world);
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

const announced = ({ names }: Campaign): readonly Republished[] =>
  names
    .filter(({ kind }) => kind === "ipns")
    .map(({ name, open: at }) => ({ name, republish: async (world) => at("reading").republish?.(world) }));

/** Keys of `push` that campaign.yaml does not name as well. */
async function pushed(campaign: Campaign, call: Call): Promise<readonly Republished[]> {
  const { pushed: aliases } = await readAliases(campaign.folder);
  const known = new Set(campaign.names.map(({ name }) => name));
  const others = new Map(
    Object.values(aliases)
      .map((alias) => [alias.to.replace(/^ipns:\/\//, ""), alias] as const)
      .filter(([name]) => !known.has(name)),
  );
  if (others.size === 0) return [];
  const [{ endpointsOf }, { targetFor }] = await Promise.all([
    import("../pull/endpoints.ts"),
    import("../pull/push-target.ts"),
  ]);
  const endpoints = await endpointsOf(undefined, campaign, call);
  return [...others].map(([name, { to, routing = [] }]) => ({
    name,
    republish: async (world) => {
      const target = await targetFor({ to, routing }, endpoints, campaign, campaign.folder, world);
      await target.republish(world);
    },
  }));
}
