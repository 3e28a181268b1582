/** Deployments and releases in the box, over a real client. */
import { describe, expect, it } from "vitest";
import { place, tree, useBox } from "../use-box.ts";

const box = useBox();
const { bot } = box;

describe("a deployment", () => {
  it("is live until the next one in its environment succeeds, unless people look at it directly", async () => {
    const octokit = bot({ deployments: "write" });
    const deploy = async (url: string, environment = "staging") => {
      const { data } = await octokit.repos.createDeployment({
        ...place,
        ref: "main",
        environment,
        required_contexts: [],
        auto_merge: false,
      });
      const { id } = data as { id: number };
      await octokit.repos.createDeploymentStatus({
        ...place,
        deployment_id: id,
        state: "success",
        environment_url: url,
      });
      return id;
    };
    const first = await deploy("https://one.example");
    const second = await deploy("https://two.example");
    const stateOf = async (id: number) =>
      (await octokit.repos.listDeploymentStatuses({ ...place, deployment_id: id })).data[0]!;
    expect(await stateOf(first)).toMatchObject({ state: "inactive" });
    expect(await stateOf(second)).toMatchObject({ state: "success", environment_url: "https://two.example" });
    expect(
      (await octokit.repos.listDeployments({ ...place, environment: "staging" })).data.map(({ id }) => id),
    ).toEqual([second, first]);
    const live = await deploy("https://one.example", "production");
    await deploy("https://two.example", "production");
    expect(await stateOf(live)).toMatchObject({ state: "success" });
  });

  it("goes to an environment whose branches and secrets' names an administrator can read", async () => {
    box.repo.environment("production", {
      branches: ["main"],
      secrets: ["IONOS_TOKEN"],
      variables: { ZONE: "example.org" },
    });
    const admin = box.github.octokit(box.github.user("campaign").token());
    const here = { ...place, environment_name: "production" };
    expect((await admin.repos.getEnvironment(here)).data.deployment_branch_policy).toMatchObject({
      custom_branch_policies: true,
    });
    expect((await admin.repos.listDeploymentBranchPolicies(here)).data.branch_policies).toMatchObject([
      { name: "main" },
    ]);
    expect((await admin.actions.listEnvironmentSecrets(here)).data.secrets).toMatchObject([{ name: "IONOS_TOKEN" }]);
    expect((await admin.actions.listEnvironmentVariables(here)).data.variables).toMatchObject([
      { name: "ZONE", value: "example.org" },
    ]);
    await expect(admin.repos.getEnvironment({ ...place, environment_name: "staging" })).rejects.toMatchObject({
      status: 404,
    });
  });
});

describe("a release", () => {
  it("makes its tag, takes files, and is the latest", async () => {
    const octokit = bot({ contents: "write" });
    const { data: made } = await octokit.repos.createRelease({
      ...place,
      tag_name: "release/1",
      name: "Release 1",
      body: "notes",
    });
    expect(await box.repo.state.git.resolve("refs/tags/release/1")).toBe(await box.repo.tip());
    const upload = { ...place, release_id: made.id, name: "tree.yaml", data: tree, url: made.upload_url };
    const { data: asset } = await octokit.repos.uploadReleaseAsset(upload);
    expect(asset).toMatchObject({ name: "tree.yaml", size: tree.length, state: "uploaded" });
    await expect(octokit.repos.uploadReleaseAsset(upload)).rejects.toMatchObject({ status: 422 });
    const { data: latest } = await octokit.repos.getLatestRelease(place);
    expect(latest).toMatchObject({ tag_name: "release/1", assets: [{ name: "tree.yaml" }] });
    const { data: byTag } = await octokit.repos.getReleaseByTag({ ...place, tag: "release/1" });
    expect(byTag.id).toBe(made.id);
    await expect(octokit.repos.createRelease({ ...place, tag_name: "release/1" })).rejects.toMatchObject({
      status: 422,
    });
  });
});
