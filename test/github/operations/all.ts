/** Everything the box can be asked over REST. To add an operation, write it in the file of its kind, under GitHub's words for it. */
import type { Operations } from "../call.ts";
import { actions } from "./actions.ts";
import { checks } from "./checks.ts";
import { contents } from "./contents.ts";
import { deployments } from "./deployments.ts";
import { gitData } from "./git-data.ts";
import { issues } from "./issues.ts";
import { people } from "./people.ts";
import { pulls } from "./pulls.ts";
import { releases } from "./releases.ts";
import { repos } from "./repos.ts";

export const operations: Operations = {
  ...people,
  ...repos,
  ...contents,
  ...gitData,
  ...pulls,
  ...issues,
  ...checks,
  ...deployments,
  ...releases,
  ...actions,
};
