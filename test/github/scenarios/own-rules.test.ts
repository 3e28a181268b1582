/** A pull request that brings rules of its own: other gateways, other owners, a label it has, no limit to what goes. */
import { expect, it } from "vitest";
import { startFakeGateway } from "../../fakes/gateway.ts";
import { aStory, timeoutMs, treeWith } from "../story.ts";

it("is checked by main's campaign.yaml, and no endpoint of its own is requested", timeoutMs, async () => {
  const { repo, leaf, propose } = await aStory({
    tree: { "products/radar.txt": "radar", "notes.txt": "notes" },
    campaign: "owners:\n  products/**: [ada]\nreview: { label: allow-removals }\n",
    writers: ["ada", "mallory"],
  });
  const theirs = await startFakeGateway();
  const rules = `campaign: sea\ngateways: ["${theirs.url}"]\nowners:\n  products/**: [mallory]\nreview: { label: mine, removals: 100 % }\n`;
  const fork = await repo.fork("visitor");
  const lidar = treeWith("", { "products/lidar.txt": leaf("lidar") });
  const pull = await fork.openPull({ files: { "tree.yaml": lidar, "campaign.yaml": rules } });
  pull.label("mine");

  const { plan } = await propose(pull);

  expect(theirs.requests).toEqual([]);
  expect(plan.file!.state).toBe("needs changes");
  expect(plan.file!.changes).toMatchObject([{ path: "notes.txt" }, {}, { path: "products/radar.txt" }]);
  expect(plan.file!.owners).toMatchObject([{ owners: ["ada"] }]);
  expect(pull.statuses()).toMatchObject([{ state: "failure" }]);
  expect([...pull.state.pull.reviewers].map(({ login }) => login)).toEqual(["ada"]);
});
