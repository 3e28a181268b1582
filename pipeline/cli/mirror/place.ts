/** `--to` of `mirror`: the place that gets the copies. */
import { mkdir } from "node:fs/promises";
import { resolve } from "node:path";
import type { Campaign } from "../../campaign/campaign.ts";
import { withoutSlash } from "../../core/campaign/fields.ts";
import { Failure } from "../../core/failure.ts";
import { clusterTarget } from "../../stages/mirror/cluster-target.ts";
import type { MirrorTarget } from "../../stages/mirror/mirror.ts";
import { nodeTarget } from "../../stages/mirror/node-target.ts";
import type { Call } from "../verb.ts";
import { folderTarget } from "./folder-target.ts";

export const placeForms = "folder:PATH, car:FILE, embedded:PATH, kubo:ADDRESS or cluster:ADDRESS";

type Flag = Call["flags"][string];

export interface PlaceOptions {
  /** Of the mirror. */
  readonly name: string;
  /** Releases. */
  readonly keep: number;
  /** Name of the environment variable with the place's token. */
  readonly token: Flag;
}

export interface OpenPlace {
  readonly target: MirrorTarget;
  close(): Promise<void>;
}

/** The file of `car:FILE`; `undefined` for another place. */
export const carIn = (place: Flag): string | undefined => /^car:(.+)$/s.exec(String(place))?.[1];

/** @throws Failure `input` for what is no place, or a token that is not set. */
export async function openPlace(
  place: Flag,
  { name, keep, token }: PlaceOptions,
  campaign: Campaign,
  { cwd, env }: Pick<Call, "cwd" | "env">,
): Promise<OpenPlace> {
  const [, kind, where = ""] = /^(folder|embedded|kubo|cluster):(.+)$/s.exec(String(place)) ?? [];
  const { get, state, pins, facts } = campaign;
  switch (kind) {
    case "folder": {
      if (keep > 1) throw new Failure("input", "a folder has the newest release only: leave --keep out");
      const folder = resolve(cwd, where);
      await mkdir(folder, { recursive: true });
      return { target: folderTarget(name, folder, get), close: async () => {} };
    }
    case "embedded": {
      const folder = resolve(cwd, where);
      if (folder === state) throw new Failure("input", "that is the campaign's own node, which has the data already");
      const node = await (await import("../../ipfs/embedded/embedded.ts")).embedded(folder);
      return { target: nodeTarget(name, node, get), close: async () => node.close?.() };
    }
    case "kubo": {
      const node = (await import("../../ipfs/kubo/kubo.ts")).kubo({ api: where, ...tokenIn(token, env) });
      return { target: nodeTarget(name, node, get), close: async () => node.close?.() };
    }
    case "cluster": {
      const { pinService } = await import("../../pin/services.ts");
      const called = `cluster at ${withoutSlash(where)}`;
      const service = pinService(
        {
          kind: "cluster",
          name: called,
          api: where,
          ...(token !== undefined && { token: String(token) }),
          only: [],
          trust: "seen",
        },
        facts.campaign,
        () => tokenIn(token, env).token ?? "",
      );
      const target = clusterTarget({ name, deadline: pins.deadline }, service, campaign);
      return { target, close: async () => service.close?.() };
    }
    default:
      throw new Failure("input", "--to is missing, or no place", { hint: placeForms });
  }
}

function tokenIn(variable: Flag, env: Call["env"]): { token?: string } {
  if (variable === undefined) return {};
  const token = env[String(variable)];
  if (token) return { token };
  throw new Failure("input", `--token takes the name of an environment variable, and ${String(variable)} is not set`, {
    hint: `set ${String(variable)} to the token where this runs`,
  });
}
