/** The options of `init`: from its flags and, on a terminal, from questions. */
import { existsSync } from "node:fs";
import { basename, join } from "node:path";
import { Failure } from "../../core/failure.ts";
import type { Call } from "../verb.ts";
import { type Actions, actionsNamed } from "./repository-files.ts";

export interface InitOptions {
  readonly name: string;
  readonly title: string | undefined;
  readonly domain: string | undefined;
  readonly node: string | undefined;
  /** Absent for a campaign without GitHub. */
  readonly actions: Actions | undefined;
  readonly maintainers: readonly string[];
  /** Folder or address of the JSON Schemas, where there is one. */
  readonly schemas: string | undefined;
}

/** Returns the flags, and the answers to questions for the rest; without a terminal, the flags alone. */
export async function initOptions(folder: string, { flags, ask }: Call): Promise<InitOptions> {
  const text = async (flag: string, question: string, suggestion = ""): Promise<string | undefined> => {
    const given = flags[flag];
    const answer = typeof given === "string" ? given : ((await ask?.(question, suggestion)) ?? suggestion);
    return answer.trim() === "" ? undefined : answer.trim();
  };
  const name = (await text("name", "Short name of the campaign", nameFrom(folder)))!;
  // An existing campaign.yaml has these answers already.
  const known = existsSync(join(folder, "campaign.yaml"));
  const about = async (flag: string, question: string) =>
    known ? undefined : text(flag, `${question} (nothing: not yet)`);
  const title = await about("title", "What people call it");
  const domain = await about("domain", "DNS name it will be announced under");
  const repository = await text(
    "actions",
    "fieldtree's actions for GitHub, as OWNER/REPO@SHA (nothing: not on GitHub)",
  );
  const maintainers =
    repository === undefined ? undefined : await text("maintainers", "GitHub logins of who maintains it, with commas");
  const actions = repository === undefined ? undefined : actionsNamed(repository);
  return {
    name,
    title,
    domain,
    node: typeof flags.node === "string" ? flags.node : undefined,
    actions,
    maintainers: loginsIn(maintainers ?? ""),
    schemas: schemasOf(folder, actions),
  };
}

/** Converts a folder's name to a valid campaign name: `Größe 2024` becomes `grosse-2024`. */
function nameFrom(folder: string): string {
  const plain = basename(folder).toLowerCase().normalize("NFKD").replace(/\p{M}/gu, "").replaceAll("ß", "ss");
  return (
    plain
      .replace(/[^a-z0-9._-]+/g, "-")
      .replace(/^[^a-z0-9]+|-+$/g, "")
      .slice(0, 63) || "campaign"
  );
}

/** @throws Failure `input` for text that is neither a login nor a team. */
function loginsIn(text: string): string[] {
  const logins = text.split(/[\s,]+/).filter(Boolean);
  const bad = logins.find((login) => !/^@?[A-Za-z0-9][A-Za-z0-9-]{0,38}(?:\/[A-Za-z0-9._-]{1,100})?$/.test(login));
  if (bad !== undefined) throw new Failure("input", `--maintainers takes GitHub logins, or org/team, and got “${bad}”`);
  return logins.map((login) => login.replace(/^@/, ""));
}

/**
 * Returns where editors find the schemas: in fieldtree's repository, or in an installation in this folder; else `undefined`,
 * because editors report a schema that they can't find.
 */
function schemasOf(folder: string, actions: Actions | undefined): string | undefined {
  if (actions) return `https://raw.githubusercontent.com/${actions.repository}/${actions.sha}/schemas`;
  const installed = "./node_modules/fieldtree/schemas";
  return existsSync(join(folder, installed)) ? installed : undefined;
}
