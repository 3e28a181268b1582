/** `init`: the files that make a folder a campaign. */
import { existsSync } from "node:fs";
import { mkdir, readFile } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { readCampaign } from "../core/campaign/campaign.ts";
import { Failure } from "../core/failure.ts";
import { writeDurably } from "../disk/write.ts";
import type { Verb } from "./command.ts";

export const init: Verb = {
  args: "[folder]",
  flags: [
    ["--name <name>", "the campaign's short name (default: the folder's name)"],
    ["--title <title>", "what people call it"],
    ["--domain <domain>", "the DNS name it will be announced under"],
    ["--node <node>", "embedded (default), or the RPC address of a Kubo daemon"],
  ],
  about: "Writes tree.yaml, campaign.yaml and .gitignore where they are missing. What exists is left as it is.",
  example: 'fieldtree init orcestra --title "ORCESTRA field campaign" --domain orcestra-campaign.org',

  async run({ args, cwd, flags, out }) {
    const folder = resolve(cwd, args[0] ?? ".");
    const name = typeof flags.name === "string" ? flags.name : basename(folder).toLowerCase();
    const files: Readonly<Record<string, string>> = {
      "campaign.yaml": campaignYaml(name, flags),
      "tree.yaml": treeYaml,
      ".gitignore": ".fieldtree/\n",
    };
    const errors = readCampaign(files["campaign.yaml"]!).findings.filter(({ level }) => level === "error");
    if (errors.length > 0)
      throw new Failure("input", errors.map(({ says }) => says).join("\n"), {
        hint: "fieldtree help init lists the flags",
      });

    await mkdir(folder, { recursive: true });
    const written: string[] = [];
    for (const [file, text] of Object.entries(files)) {
      if (existsSync(join(folder, file))) continue;
      await writeDurably(join(folder, file), text);
      written.push(file);
    }
    await ignoreState(folder);
    const next = "next: fieldtree add PATH --at products/NAME, then fieldtree publish";
    out.result(
      { folder, campaign: name, written },
      written.length > 0 ? `wrote ${written.join(", ")} in ${folder}\n${next}` : `${folder} is a campaign already`,
    );
    return 0;
  },
};

/** A folder that is under git already has a .gitignore of its own: this machine's state does not belong into commits. */
async function ignoreState(folder: string): Promise<void> {
  const file = join(folder, ".gitignore");
  const text = await readFile(file, "utf8");
  if (/^\/?\.fieldtree\/?$/m.test(text)) return;
  await writeDurably(file, `${text}${text === "" || text.endsWith("\n") ? "" : "\n"}.fieldtree/\n`);
}

function campaignYaml(name: string, flags: Readonly<Record<string, unknown>>): string {
  const line = (key: string) => (typeof flags[key] === "string" ? `${key}: ${JSON.stringify(flags[key])}\n` : "");
  return `# yaml-language-server: $schema=${schemas}/campaign.schema.json
campaign: ${JSON.stringify(name)}
${line("title")}${line("domain")}${line("node")}`;
}

const schemas = "./node_modules/fieldtree/schemas";

const treeYaml = `# yaml-language-server: $schema=${schemas}/tree.schema.json
# Which data stands at which path. A leaf is the CID that \`fieldtree add\` prints; an empty value is an empty folder.
products:
`;
