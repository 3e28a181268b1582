/**
 * The views that a campaign has of its own: code of its repository, in the file that campaign.yaml names as `views:`.
 *
 * It runs with the rights of the user, so only `fieldtree views --run-code` does. A job for a pull request never does:
 * there, the code is the proposer's.
 */
import { realpath } from "node:fs/promises";
import { createRequire } from "node:module";
import { join, relative, sep } from "node:path";
import * as v from "valibot";
import { Failure } from "../core/failure.ts";
import type { FoldedView } from "../fold/folded-view.ts";
import { configIn } from "./config.ts";
import type { Environment } from "./secrets.ts";

/** The path of the file below `folder`. @throws Failure `input` where campaign.yaml names none. */
export async function ownViewsFile(folder: string): Promise<string> {
  const { views } = (await configIn(folder)).config;
  if (views !== undefined) return views;
  throw new Failure("input", "campaign.yaml names no views of its own", {
    hint: "add views: FILE.mjs, a file that exports them: see docs/views.md",
  });
}

/**
 * Runs the file and returns what it exports.
 *
 * @throws Failure `refused` in a job for a pull request; `input` where the file is missing, outside the folder, or exports no
 * views.
 */
export async function loadOwnViews(folder: string, file: string, env: Environment): Promise<FoldedView<unknown>[]> {
  if (/^pull_request/.test(env.GITHUB_EVENT_NAME ?? "")) {
    throw new Failure("refused", `${file} is not run in a job for a pull request`, {
      hint: "its code is the proposer's: run it after the merge, where no stranger decides what it does",
    });
  }
  const path = await inside(folder, file);
  // Not `import`: the path is known at run time only.
  const { default: exported } = createRequire(import.meta.url)(path) as { readonly default?: unknown };
  const { success, output, issues } = v.safeParse(exportedViews, exported);
  if (success) return output as unknown as FoldedView<unknown>[];
  const where = issues[0]?.path?.map(({ key }) => String(key)).join(".");
  throw new Failure("input", `${file}: its default export ${where ? `has a bad ${where}` : "is no list of views"}`, {
    hint: "a view is { name, version, empty, step }: see docs/views.md",
  });
}

const exportedViews = v.array(
  v.looseObject({
    name: v.string(),
    version: v.union([v.number(), v.string()]),
    empty: v.custom<unknown>((empty) => empty !== undefined),
    step: v.function(),
  }),
);

/** The real path of the file, with links resolved, where that is inside the folder. */
async function inside(folder: string, file: string): Promise<string> {
  // Whatever the reason, there is no file that could be run.
  const [root, path] = await Promise.all([realpath(folder), realpath(join(folder, file)).catch(() => undefined)]);
  if (path === undefined) throw new Failure("input", `${file}, which campaign.yaml names as views:, is not there`);
  if (relative(root, path).split(sep)[0] === "..") {
    throw new Failure("input", `${file} leads out of the campaign's folder`);
  }
  return path;
}
