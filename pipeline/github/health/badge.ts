/**
 * The schedule of verify.yml, and a badge with the result and date of the last verification.
 *
 * GitHub stops the schedules of a public repository after 60 days without a commit. Enabling a workflow restarts that
 * period, and the badge is a commit as well, one a day at most.
 *
 * @see https://docs.github.com/actions/how-tos/manage-workflow-runs/disable-and-enable-workflows
 */
import { isFailure } from "../../core/failure.ts";
import type { World } from "../../core/world.ts";
import type { GitHub } from "../run/client.ts";

/** Enables the scheduled workflow `file`, which restarts the 60 days. */
export async function enableWorkflow(file: string, github: GitHub): Promise<void> {
  await github.ask(`enabling ${file}`, (rest, place) => rest.actions.enableWorkflow({ ...place, workflow_id: file }));
}

export interface Badge {
  readonly label: string;
  readonly message: string;
  readonly color: "brightgreen" | "orange" | "red" | "lightgrey";
}

export interface Health {
  readonly campaign: string;
  /** Number of the newest release; nothing before the first. */
  readonly release: number | undefined;
  /** Whether the verification finished. */
  readonly verified: boolean;
  /** Classes of problems that are open. */
  readonly problems: readonly string[];
  readonly today: Date;
}

/** The badge has the day in it: an old one means that verification no longer runs. */
export function badgeOf({ campaign, release, verified, problems, today }: Health): Badge {
  const label = campaign;
  const day = today.toISOString().slice(0, 10);
  if (release === undefined) return { label, message: "nothing published yet", color: "lightgrey" };
  const live = `release ${release}`;
  if (!verified) return { label, message: `${live}, not verified on ${day}`, color: "lightgrey" };
  if (problems.length === 0) return { label, message: `${live}, verified ${day}`, color: "brightgreen" };
  const color = problems.includes("content") ? "red" : "orange";
  return { label, message: `${live}, ${day}: check ${problems.join(", ")}`, color };
}

const attempts = 5;

/**
 * Writes the badge to `branch`, as shields.io reads it; the branch must exist.
 *
 * @returns whether it had to be changed; `undefined` where there is no such branch yet.
 * @see https://shields.io/badges/endpoint-badge
 */
export async function writeBadge(
  badge: Badge,
  branch: string,
  github: GitHub,
  world: World,
): Promise<boolean | undefined> {
  const path = "badge.json";
  const text = `${JSON.stringify({ schemaVersion: 1, ...badge })}\n`;
  const content = Buffer.from(text).toString("base64");
  for (let attempt = 1; ; attempt++) {
    const tip = await github.find(`searching for the branch ${branch}`, (rest, place) =>
      rest.repos.getBranch({ ...place, branch }),
    );
    if (!tip) return undefined;
    const known = await github.find("reading the badge", (rest, place) =>
      rest.repos.getContent({ ...place, path, ref: tip.commit.sha }),
    );
    const file = known as { readonly sha: string; readonly content?: string } | undefined;
    if (file?.content?.replaceAll("\n", "") === content) return false;
    try {
      await github.ask("writing the badge", (rest, place) =>
        rest.repos.createOrUpdateFileContents({
          ...place,
          path,
          branch,
          // The commit must start no workflow.
          message: `badge: ${badge.message}\n\n[skip ci]`,
          content,
          ...(file && { sha: file.sha }),
        }),
      );
      return true;
    } catch (error) {
      // A publisher may have moved the branch, and a request whose response was lost may have written the file: read both again.
      if (!isFailure(error, "conflict", "unavailable") || attempt === attempts) throw error;
      await world.sleep(error.wait ?? 1_000);
    }
  }
}
