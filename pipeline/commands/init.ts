/**
 * `init`: writes the files of a campaign, and those with which its repository on GitHub plans pull requests and publishes
 * merges.
 *
 * On a terminal, it asks for what no flag sets. Existing files are never overwritten, so running it again
 * adds what was left out.
 */
import { existsSync } from "node:fs";
import { chmod, mkdir, readFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { campaignYaml, treeYaml } from "../cli/init/campaign-files.ts";
import { type InitOptions, initOptions } from "../cli/init/init-options.ts";
import { repositoryFiles } from "../cli/init/repository-files.ts";
import { siteFiles } from "../cli/init/site-files.ts";
import type { Verb } from "../cli/verb.ts";
import { type CampaignConfig, readCampaign } from "../core/campaign/campaign.ts";
import { secretNames } from "../core/campaign/secrets.ts";
import { Failure } from "../core/failure.ts";
import { assertMayChange } from "../disk/writable.ts";
import { writeDurably } from "../disk/write.ts";

export const init: Verb = {
  args: "[folder]",
  flags: [
    ["--name <name>", "the campaign's short name (default: after the folder's)"],
    ["--title <title>", "what people call it"],
    ["--domain <domain>", "the DNS name it will be announced under"],
    ["--node <node>", "embedded (default), or the RPC address of a Kubo daemon"],
    ["--actions <owner/repo@sha>", "for GitHub: fieldtree's actions at a full commit id; adds workflows and all else"],
    ["--site", "for a node at a site: systemd units and a compose file that serve, mirror and republish"],
    ["--maintainers <logins>", "for GitHub: who reviews changes to campaign.yaml and the workflows: anna,org/team"],
  ],
  about: `Writes tree.yaml, campaign.yaml and .gitignore where they are missing. With --actions, also what a repository on GitHub
needs: the workflows and .ci/run, a pull request template, CODEOWNERS, .gitattributes and a README for contributors. What
exists is left as it is. With --site, systemd units and a compose file in site/, for a machine that serves, mirrors and republishes. On a terminal, it asks for what no flag gives. \`fieldtree doctor\` then says what to set on GitHub.`,
  example: 'fieldtree init orcestra --title "ORCESTRA field campaign" --domain orcestra-campaign.org',

  async run(call) {
    const { args, cwd, out } = call;
    const folder = resolve(cwd, args[0] ?? ".");
    const options = await initOptions(folder, call);
    const config = validCampaign(campaignYaml(options), "fieldtree help init lists the flags");
    const existing = await readFile(join(folder, "campaign.yaml")).catch(unlessAbsent);
    const { actions, name } = options;
    const secrets = () => secretNames(existing ? validCampaign(existing, "correct campaign.yaml first") : config);
    const files: Readonly<Record<string, string>> = {
      "campaign.yaml": campaignYaml(options),
      "tree.yaml": treeYaml(options),
      ".gitignore": ".fieldtree/\n",
      ...(call.flags.site === true && siteFiles({ name: existing ? nameIn(existing) : name, folder })),
      ...(actions && (await repositoryFiles({ ...options, actions, secrets: secrets() }))),
    };

    const written: string[] = [];
    for (const [file, text] of Object.entries(files)) {
      if (existsSync(join(folder, file))) continue;
      await mkdir(dirname(join(folder, file)), { recursive: true });
      await writeDurably(join(folder, file), text);
      if (text.startsWith("#!")) await chmod(join(folder, file), 0o755);
      written.push(file);
    }
    await ignoreState(folder);
    out.result({ folder, campaign: options.name, written }, summary(folder, written, options));
    return 0;
  },
};

const nameIn = (existing: Uint8Array) => validCampaign(existing, "correct campaign.yaml first").campaign;

/** @throws Failure `input` where the text is no valid campaign.yaml. */
function validCampaign(text: string | Uint8Array, hint: string): CampaignConfig {
  const { campaign, findings } = readCampaign(text);
  const errors = findings.filter(({ level }) => level === "error");
  if (campaign && errors.length === 0) return campaign;
  throw new Failure("input", errors.map(({ says }) => says).join("\n"), { hint });
}

function unlessAbsent(error: NodeJS.ErrnoException): undefined {
  if (error.code !== "ENOENT") throw error;
}

function summary(folder: string, written: readonly string[], { actions }: InitOptions): string {
  if (written.length === 0) return `${folder} is a campaign already`;
  const next = actions
    ? ["next: commit and push it, then `fieldtree doctor` lists what to set on GitHub"]
    : ["next: fieldtree add PATH --at products/NAME, then fieldtree publish"];
  return [`wrote ${written.join(", ")} in ${folder}`, ...next].join("\n");
}

/** Adds this machine's state to .gitignore, which may exist already, because the state must not be committed. */
async function ignoreState(folder: string): Promise<void> {
  const file = join(folder, ".gitignore");
  const text = await readFile(file, "utf8");
  if (/^\/?\.fieldtree\/?$/m.test(text)) return;
  await assertMayChange(file);
  await writeDurably(file, `${text}${text === "" || text.endsWith("\n") ? "" : "\n"}.fieldtree/\n`);
}
