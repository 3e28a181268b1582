/**
 * This project in the box: as the repository it is itself, and as what a campaign's repository takes its actions from.
 *
 * ```ts
 * const repo = await github.repo({ files: { ...(await ourRepository()), "tree.yaml": tree, "campaign.yaml": config } });
 * const { files, actions } = await campaignRepository({ secrets: ["DNS_KEY"] });
 * ```
 */
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { repositoryFiles } from "../../pipeline/cli/init/repository-files.ts";

type Texts = Readonly<Record<string, string>>;

const root = join(import.meta.dirname, "../..");

/** What a runner needs of us. */
const needed = [".github/workflows", "actions", "pipeline", "package.json", "package-lock.json"];

let read: Promise<Texts> | undefined;

/** Our files by path, without tree.yaml and campaign.yaml. */
export async function ourRepository(): Promise<Texts> {
  read ??= Promise.all(needed.map(filesIn)).then(async (paths) =>
    Object.fromEntries(
      await Promise.all(paths.flat().map(async (path) => [path, await readFile(join(root, path), "utf8")] as const)),
    ),
  );
  return await read;
}

async function filesIn(path: string): Promise<readonly string[]> {
  if (path.endsWith(".json")) return [path];
  const entries = await readdir(join(root, path), { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1));
}

export interface CampaignRepository {
  /** What `fieldtree init` writes, without tree.yaml and campaign.yaml. */
  readonly files: Texts;
  /** For `runWorkflow`: where the actions lie that its workflows name. */
  readonly actions: Readonly<Record<string, string>>;
  remove(): Promise<void>;
}

export async function campaignRepository({ secrets }: { secrets: readonly string[] }): Promise<CampaignRepository> {
  const actions = { repository: "fieldtree/fieldtree", sha: "0123456789abcdef0123456789abcdef01234567" };
  const folder = await mkdtemp(join(tmpdir(), "fieldtree-actions-"));
  for (const [path, text] of Object.entries(await ourRepository())) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
  return {
    files: await repositoryFiles({
      name: "tradeline",
      title: "TRADELINE",
      actions,
      maintainers: ["reviewer"],
      secrets,
    }),
    actions: { [actions.repository]: folder },
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}
