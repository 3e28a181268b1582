/**
 * The files of a campaign's repository on GitHub in addition to tree.yaml and campaign.yaml.
 *
 * The workflows and the configuration of actionlint are copies of this package's own, which run on its sample campaign. Only
 * the references to fieldtree's actions differ. All other files are templates in `templates/`.
 */
import { readdir, readFile } from "node:fs/promises";
import { Failure } from "../../core/failure.ts";

/** Fieldtree's actions at one commit. */
export interface Actions {
  /** `OWNER/REPO` */
  readonly repository: string;
  /** The full commit id: a tag can be moved. */
  readonly sha: string;
}

export interface RepositoryOptions {
  readonly name: string;
  readonly title: string | undefined;
  readonly actions: Actions;
  /** GitHub logins, or `org/team`. */
  readonly maintainers: readonly string[];
  /** Names of the secrets in campaign.yaml. */
  readonly secrets: readonly string[];
}

/** @throws Failure `input` for anything but `OWNER/REPO@` and a full commit id. */
export function actionsNamed(text: string): Actions {
  const [, repository, sha] = /^([A-Za-z0-9][A-Za-z0-9-]{0,38}\/[\w.-]{1,100})@([0-9a-f]{40})$/.exec(text) ?? [];
  if (repository && sha) return { repository, sha };
  throw new Failure("input", `--actions takes OWNER/REPO@SHA with all 40 digits of the commit, and got “${text}”`, {
    hint: "a tag or a branch can be moved by anyone who may push there; a commit can't",
  });
}

/** Returns the text of each file by path. */
export async function repositoryFiles(options: RepositoryOptions): Promise<Readonly<Record<string, string>>> {
  const { name, title, actions, maintainers, secrets } = options;
  const template = (file: string) => readFile(new URL(`templates/${file}`, import.meta.url), "utf8");
  return {
    ...(await workflowFiles(actions, secrets)),
    ".github/actionlint.yaml": await readFile(new URL("actionlint.yaml", own), "utf8"),
    ".ci/run": await template("ci-run.sh"),
    ".github/pull_request_template.md": await template("pull_request_template.md"),
    ".github/CODEOWNERS": codeOwners(maintainers),
    ".gitattributes":
      "# By path instead of by line, once git knows the driver: see README.md.\ntree.yaml merge=fieldtree\n",
    "README.md": filled(await template("README.md"), { title: title ?? name, ...actions }),
  };
}

function filled(template: string, values: Readonly<Record<"title" | keyof Actions, string>>): string {
  return template.replace(/\{\{(title|repository|sha)\}\}/g, (_, name: keyof typeof values) => values[name]);
}

const own = new URL("../../../.github/", import.meta.url);
const workflows = new URL("workflows/", own);

async function workflowFiles(actions: Actions, secrets: readonly string[]): Promise<Record<string, string>> {
  const files: Record<string, string> = {};
  for (const file of (await readdir(workflows)).sort()) {
    const text = await readFile(new URL(file, workflows), "utf8");
    files[`.github/workflows/${file}`] = withSecrets(elsewhere(text, actions), secrets);
  }
  return files;
}

/** Converts a workflow for other repositories: `uses: ./actions/plan` becomes `OWNER/REPO/actions/plan@SHA`. */
export function elsewhere(workflow: string, { repository, sha }: Actions): string {
  return workflow.replace(/^(\s*(?:- )?uses: )\.\/(actions\/[\w-]+)[ \t]*$/gm, `$1${repository}/$2@${sha}`);
}

/** Adds the secrets below `env:` of the publishing step, in place of the comment that marks the position. */
function withSecrets(workflow: string, secrets: readonly string[]): string {
  if (secrets.length === 0) return workflow;
  return workflow.replace(/^( *)# env: the secrets that campaign\.yaml names.*$/m, (_, indent: string) =>
    [`${indent}env:`, ...secretLines(secrets).map((line) => `${indent}  ${line}`)].join("\n"),
  );
}

/** Returns `NAME: ${{ secrets.NAME }}` for each secret. */
export const secretLines = (secrets: readonly string[]): string[] =>
  secrets.map((name) => `${name}: \${{ secrets.${name} }}`);

/** No owner for tree.yaml: campaign.yaml has the owners of its paths. */
function codeOwners(maintainers: readonly string[]): string {
  const owners = maintainers.map((login) => `@${login}`).join(" ");
  const line = (path: string) => (owners === "" ? `# ${path} @somebody\n` : `${path} ${owners}\n`);
  return `# Who reviews the files that decide how data is published. Reviewers of data are in campaign.yaml (owners:).
${line("/campaign.yaml")}${line("/.github/")}${line("/.ci/")}${line("/.gitattributes")}`;
}
