/**
 * A box for every test of a file, with one repository in it, closed when the test is over: which is when an answer that
 * GitHub would not give is told.
 *
 * ```ts
 * const box = useBox();
 * const { bot, opened } = box;
 * it("is there", async () => expect(await opened()).toMatchObject({ number: 1 }));
 * ```
 */
import { afterEach, beforeEach } from "vitest";
import { type Box, openBox } from "./box.ts";
import type { PullRequestHandle } from "./pull-request.ts";
import type { Repository } from "./repository.ts";

/** The repository's tree.yaml. */
export const tree = "products:\n  HALO:\n    radar.zarr: bafyone\n";
/** The repository, as calls name it. */
export const place = { owner: "campaign", repo: "data" };

export interface UsedBox {
  readonly github: Box;
  readonly repo: Repository;
  /** A client with the token of one of the repository's own jobs. */
  bot(...grants: Parameters<Repository["token"]>): ReturnType<Box["octokit"]>;
  /** A visitor's pull request that adds a line to tree.yaml. */
  opened(more?: object): Promise<PullRequestHandle>;
}

export function useBox(): UsedBox {
  let github: Box;
  let repo: Repository;
  beforeEach(async () => {
    github = await openBox();
    repo = await github.repo({ files: { "tree.yaml": tree }, writers: ["reviewer"] });
  });
  afterEach(() => github.close());
  return {
    get github() {
      return github;
    },
    get repo() {
      return repo;
    },
    bot: (...grants) => github.octokit(repo.token(...grants)),
    async opened(more = {}) {
      const files = { "tree.yaml": `${tree}    lidar.zarr: bafytwo\n` };
      const fork = await repo.fork("visitor");
      return await fork.openPull({ files, title: "Add the lidar", ...more });
    },
  };
}
