/** The page docs/reference.md, made from the verbs themselves. `npm run docs` writes it. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { globalFlags } from "../../pipeline/cli/global-flags.ts";
import { verbs } from "../../pipeline/commands/verbs.ts";
import { kinds } from "../../pipeline/core/failure.ts";
import { root } from "./pages.ts";

/** Markdown. */
export async function reference(): Promise<string> {
  const sections = [];
  let group: string | undefined;
  for (const entry of verbs) {
    if (entry.group !== group) sections.push(`## ${entry.group}`);
    group = entry.group;
    sections.push(await sectionOf(entry));
  }
  return `# Reference

<!-- Made from the verbs by \`npm run docs\`. Change pipeline/commands/, not this page. -->

Every verb, with its flags; \`fieldtree help VERB\` prints the same. Every verb takes:

${flagTable(globalFlags)}

With \`--json\` each verb prints lines that its schema in [schemas/](../schemas) describes, and at least one: \`{"event":"done"}\` where it
has nothing to say ([done](../schemas/done.schema.json)). A failure's last line is \`{"error": {"kind", "message", "hint"}}\`
([error](../schemas/error.schema.json)).

${verbs.map(({ name, summary }) => `- [${name}](#${name}): ${summary}`).join("\n")}

## Exit codes

| code | kind | |
|---|---|---|
| 0 | | done |
${Object.entries(kinds)
  .map(
    ([kind, { exit, again }]) =>
      `| ${exit} | ${kind} | ${meanings[kind as keyof typeof kinds]}${again ? "; running it again may help" : ""} |`,
  )
  .join("\n")}
| 130 | interrupted | Ctrl-C or SIGTERM; running it again finishes |

${sections.join("\n\n")}
`;
}

const meanings: Readonly<Record<keyof typeof kinds, string>> = {
  findings: "tree.yaml has errors, or datasets cannot be described",
  input: "something you wrote cannot be used: a flag, campaign.yaml, a path that is not there",
  refused: "a service, or this machine, refused: a bad token, a quota, a full disk, a lock",
  unavailable: "something did not answer, or data is out of reach",
  conflict: "the head moved, or the root is not the expected one",
  corrupt: "bytes do not match their CID, or a release does not follow the one before it; publish nothing",
  drift: "a name or a pin no longer matches the log",
};

/** Verbs whose lines have a schema of another name: that of another verb, or of a file of the portal. */
const alike: Readonly<Record<string, string>> = { history: "versions", inspect: "scan", rollback: "publish" };

async function sectionOf({ name, summary, load }: (typeof verbs)[number]): Promise<string> {
  const { args, flags = [], about, example } = await load();
  const schema = [alike[name], name].find((each) => existsSync(join(root, `schemas/${each}.schema.json`)));
  return [
    `### ${name}`,
    `${summary[0]!.toUpperCase()}${summary.slice(1)}.`,
    `\`\`\`\nfieldtree ${[name, ...(flags.length > 0 ? ["[options]"] : []), ...(args ? [args] : [])].join(" ")}\n\`\`\``,
    ...(about ? [markdownOf(about)] : []),
    ...(flags.length > 0 ? [flagTable(flags)] : []),
    `Example: \`${example}\``,
    ...(schema ? [`\`--json\`: [${schema}](../schemas/${schema}.schema.json)`] : []),
  ].join("\n\n");
}

function flagTable(flags: readonly (readonly [flags: string, help: string, byDefault?: string])[]): string {
  const row = ([written, help, byDefault]: (typeof flags)[number]) =>
    `| \`${written}\` | ${escaped(help)}${byDefault === undefined ? "" : `; default: \`${byDefault}\``} |`;
  return ["| flag | |", "|---|---|", ...flags.map(row)].join("\n");
}

const escaped = (text: string): string => text.replaceAll("|", "\\|").replaceAll("<", "\\<");

/** Running text with its lines joined; indented lines, which are to be copied, as blocks. */
function markdownOf(about: string): string {
  const joined = about.replace(/(?<=^\S.*)\n(?=\S)/gm, " ");
  const blocks = joined.replace(
    /(?:^ .*(?:\n|$))+/gm,
    (lines) => `\n\`\`\`\n${lines.trimEnd().replace(/^ {2}/gm, "")}\n\`\`\`\n\n`,
  );
  return blocks.replace(/\n{3,}/g, "\n\n").trim();
}
