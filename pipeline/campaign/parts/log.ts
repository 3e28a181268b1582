/** The release log in campaign.yaml, and the signer of appended releases. */
import { hostname, userInfo } from "node:os";
import { join } from "node:path";
import type { CampaignConfig } from "../../core/campaign/campaign.ts";
import { Failure } from "../../core/failure.ts";
import { privateKeyFrom, publicName } from "../../core/key.ts";
import type { HomeNode } from "../../ipfs/node.ts";
import { localLog } from "../../log/local.ts";
import type { ReleaseLog } from "../../log/log.ts";
import type { Parts } from "../../stages/parts.ts";
import type { Environment, Secret } from "../secrets.ts";

export async function logOf(
  { log }: CampaignConfig,
  { folder, state, blocks, env }: { folder: string; state: string; blocks: HomeNode; env: Environment },
): Promise<ReleaseLog> {
  if (log.kind === "local") return localLog(join(state, "log", "head"), blocks);
  const { gitLog } = await import("../../log/git-ref.ts");
  return gitLog({ folder, remote: log.remote, branch: log.branch, state, blocks, holder: holderOf(env) });
}

/** Returns the name of this lease holder, for people. */
function holderOf({ GITHUB_REPOSITORY, GITHUB_RUN_ID }: Environment): string {
  return GITHUB_REPOSITORY
    ? `github.com/${GITHUB_REPOSITORY} run ${GITHUB_RUN_ID}`
    : `${userInfo().username}@${hostname()}`;
}

export function signing({ log }: CampaignConfig, secret: Secret): Pick<Parts, "signer"> {
  const { key, signers } = log;
  if (key === undefined && signers.length === 0) return {};
  return {
    async signer() {
      if (key === undefined) {
        throw new Failure("input", `${secret.where("signers")}: names signers:, and no key: to sign with`, {
          hint: "name the environment variable with the key of one of them, as key: next to signers:",
        });
      }
      const { signRelease } = await import("../../log/sign.ts");
      const privateKey = await privateKeyFrom(secret(key), `${secret.where(key)}: ${key}`);
      const by = publicName(privateKey.publicKey);
      if (signers.length > 0 && !signers.includes(by)) {
        throw new Failure("input", `${secret.where(key)}: ${key} is the key of ${by}, who is none of signers:`, {
          hint: "its signature would not count: add it to signers:, or sign with the key of one of them",
        });
      }
      return (release) => signRelease(release, privateKey);
    },
  };
}
