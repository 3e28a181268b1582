/**
 * `init`: the files that make a folder a campaign, and a repository on GitHub one where pull requests are planned and
 * merges published.
 *
 * Where somebody is there to answer, what no flag says is asked. What exists is never written over, so running it again
 * adds what was left out.
 */
import { existsSync } from "node:fs";
import { chmod, mkdir, readFile } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { type Actions, actionsNamed, repositoryFiles } from "../cli/init/repository-files.ts";
import type { Call, Verb } from "../cli/verb.ts";
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
    ["--maintainers <logins>", "for GitHub: who looks at changes to campaign.yaml and the workflows: anna,org/team"],
  ],
  about: `Writes tree.yaml, campaign.yaml and .gitignore where they are missing. With --actions, also what a repository on GitHub
needs: the workflows and .ci/run, a pull request template, CODEOWNERS, .gitattributes and a README for contributors. What
exists is left as it is. On a terminal, it asks for what no flag says. \`fieldtree doctor\` then says what to set on GitHub.`,
  example: 'fieldtree init orcestra --title "ORCESTRA field campaign" --domain orcestra-campaign.org',

  async run(call) {
    const { args, cwd, out } = call;
    const folder = resolve(cwd, args[0] ?? ".");
    const wanted = await wantedOf(folder, call);
    const config = soundCampaign(campaignYaml(wanted), "fieldtree help init lists the flags");
    const existing = await readFile(join(folder, "campaign.yaml")).catch(unlessAbsent);
    const { actions } = wanted;
    const secrets = () => secretNames(existing ? soundCampaign(existing, "mend campaign.yaml first") : config);
    const files: Readonly<Record<string, string>> = {
      "campaign.yaml": campaignYaml(wanted),
      "tree.yaml": treeYaml(wanted),
      ".gitignore": ".fieldtree/\n",
      ...(actions && (await repositoryFiles({ ...wanted, actions, secrets: secrets() }))),
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
    out.result({ folder, campaign: wanted.name, written }, inWords(folder, written, wanted));
    return 0;
  },
};

/** @throws Failure `input` where the text is no campaign.yaml. */
function soundCampaign(text: string | Uint8Array, hint: string): CampaignConfig {
  const { campaign, findings } = readCampaign(text);
  const errors = findings.filter(({ level }) => level === "error");
  if (campaign && errors.length === 0) return campaign;
  throw new Failure("input", errors.map(({ says }) => says).join("\n"), { hint });
}

function unlessAbsent(error: NodeJS.ErrnoException): undefined {
  if (error.code !== "ENOENT") throw error;
}

interface Wanted {
  readonly name: string;
  readonly title: string | undefined;
  readonly domain: string | undefined;
  readonly node: string | undefined;
  /** Absent where the campaign is not to be on GitHub. */
  readonly actions: Actions | undefined;
  readonly maintainers: readonly string[];
  /** Folder or address of the JSON Schemas, where there is one. */
  readonly schemas: string | undefined;
}

/** What the flags say, and for the rest what is answered; where nobody is there, the flags alone. */
async function wantedOf(folder: string, { flags, ask }: Call): Promise<Wanted> {
  const said = async (flag: string, question: string, suggestion = ""): Promise<string | undefined> => {
    const given = flags[flag];
    const answer = typeof given === "string" ? given : ((await ask?.(question, suggestion)) ?? suggestion);
    return answer.trim() === "" ? undefined : answer.trim();
  };
  const name = (await said("name", "Short name of the campaign", nameFrom(folder)))!;
  // What a campaign.yaml that is there already says is not asked again.
  const known = existsSync(join(folder, "campaign.yaml"));
  const about = async (flag: string, question: string) =>
    known ? undefined : said(flag, `${question} (nothing: not yet)`);
  const title = await about("title", "What people call it");
  const domain = await about("domain", "DNS name it will be announced under");
  const repository = await said(
    "actions",
    "fieldtree's actions for GitHub, as OWNER/REPO@SHA (nothing: not on GitHub)",
  );
  const maintainers =
    repository === undefined ? undefined : await said("maintainers", "GitHub logins of who maintains it, with commas");
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

/** A folder's name as a campaign may be called: `Größe 2024` is `grosse-2024`. */
function nameFrom(folder: string): string {
  const plain = basename(folder).toLowerCase().normalize("NFKD").replace(/\p{M}/gu, "").replaceAll("ß", "ss");
  return (
    plain
      .replace(/[^a-z0-9._-]+/g, "-")
      .replace(/^[^a-z0-9]+|-+$/g, "")
      .slice(0, 63) || "campaign"
  );
}

/** @throws Failure `input` for what is no login and no team. */
function loginsIn(text: string): string[] {
  const logins = text.split(/[\s,]+/).filter(Boolean);
  const bad = logins.find((login) => !/^@?[A-Za-z0-9][A-Za-z0-9-]{0,38}(?:\/[A-Za-z0-9._-]{1,100})?$/.test(login));
  if (bad !== undefined) throw new Failure("input", `--maintainers wants GitHub logins, or org/team, and got “${bad}”`);
  return logins.map((login) => login.replace(/^@/, ""));
}

function inWords(folder: string, written: readonly string[], { actions }: Wanted): string {
  if (written.length === 0) return `${folder} is a campaign already`;
  const next = actions
    ? ["next: commit and push it, then `fieldtree doctor` says what to set on GitHub"]
    : ["next: fieldtree add PATH --at products/NAME, then fieldtree publish"];
  return [`wrote ${written.join(", ")} in ${folder}`, ...next].join("\n");
}

/** A folder that is under git already has a .gitignore of its own: this machine's state does not belong into commits. */
async function ignoreState(folder: string): Promise<void> {
  const file = join(folder, ".gitignore");
  const text = await readFile(file, "utf8");
  if (/^\/?\.fieldtree\/?$/m.test(text)) return;
  await assertMayChange(file);
  await writeDurably(file, `${text}${text === "" || text.endsWith("\n") ? "" : "\n"}.fieldtree/\n`);
}

function campaignYaml({ name, title, domain, node, actions, schemas }: Wanted): string {
  const line = (key: string, value: string | undefined) =>
    value === undefined ? "" : `${key}: ${JSON.stringify(value)}\n`;
  return `${schemaLine("campaign", schemas)}campaign: ${JSON.stringify(name)}
${line("title", title)}${line("domain", domain)}${line("node", node)}${actions ? sharedYaml : ""}`;
}

/** What a campaign says that machines without a disk of their own publish. */
const sharedYaml = `
# Releases are logged on a branch of this repository: workflows and laptops never publish at once.
log: { kind: git, remote: origin, branch: campaign/state }

# Where blocks are fetched that a runner lacks, and looked at before a merge. The first is the one shown to people.
gateways: ["https://ipfs.io"]

# Who keeps what is published. A runner's disk is gone after each run, so somebody must. Tokens are names of secrets of
# the environment \`production\`.
# pins:
#   require: all
#   services:
#     - { name: shop, kind: psa, endpoint: "https://shop.example/psa", token: SHOP_TOKEN, gateway: "https://shop.example" }

# What is announced where.
# names:
#   - { domain: latest.example.org, to: tree, provider: { kind: desec, token: DESEC_TOKEN } }

# Who is asked to look at changes below which path.
# owners:
#   "products/HALO/**": [somebody]
`;

function treeYaml({ schemas }: Wanted): string {
  return `${schemaLine("tree", schemas)}# Which data stands at which path. A leaf is the CID that \`fieldtree add\` prints; an empty value is an empty folder.
products:
`;
}

function schemaLine(file: string, schemas: string | undefined): string {
  return schemas === undefined ? "" : `# yaml-language-server: $schema=${schemas}/${file}.schema.json\n`;
}

/** Where editors find the schemas: in fieldtree's repository, or where it is installed in this very folder. Elsewhere they would complain. */
function schemasOf(folder: string, actions: Actions | undefined): string | undefined {
  if (actions) return `https://raw.githubusercontent.com/${actions.repository}/${actions.sha}/schemas`;
  const installed = "./node_modules/fieldtree/schemas";
  return existsSync(join(folder, installed)) ? installed : undefined;
}
