import { join } from "node:path";
import { execa } from "execa";
import { describe, expect, it } from "vitest";
import { lock } from "../../pipeline/disk/lock.ts";
import { gitLog } from "../../pipeline/log/git-ref.ts";
import { fakeHome } from "../fakes/home.ts";
import { testWorld } from "../fakes/world.ts";
import { aCampaign, aFolder, fieldtree } from "./program.ts";
import { expectSchema } from "./schemas.ts";

describe("lease", () => {
  it("reports that no process has it, and has nothing to break", async () => {
    const cwd = await aCampaign();
    const show = await fieldtree(["lease", "show", "--json"], { cwd });
    expect(show.code, show.stderr).toBe(0);
    expect(show.json()).toEqual([{ lease: null }]);
    expectSchema("lease", show.json());
    expect((await fieldtree(["lease", "break"], { cwd })).stdout).toBe("no publisher has the lease\n");
  });

  it("shows who publishes here, keeps others out, and breaks it", async () => {
    const cwd = await aCampaign();
    const held = await lock(join(cwd, ".fieldtree", "publish.lock"), "publishing");
    const show = await fieldtree(["lease", "show"], { cwd });
    expect(show.stdout).toMatch(
      /process \d+ on .* is publishing\n {2}since {2}20.*\n {2}until {2}its process ends\n {2}id /,
    );
    const publish = await fieldtree(["publish", "--json"], { cwd });
    expect(publish.code).toBe(3);
    const broken = await fieldtree(["lease", "break", "--json"], { cwd });
    expectSchema("lease", broken.json());
    expect(broken.json()).toEqual([{ broken: expect.objectContaining({ id: held.holder.id, what: "publishing" }) }]);
    expect((await fieldtree(["lease", "show", "--json"], { cwd })).json()).toEqual([{ lease: null }]);
  });

  it("shows and breaks one that another machine has", async () => {
    const remote = await aFolder();
    await execa("git", ["init", "--quiet", "--bare", remote]);
    const cwd = await aCampaign({ "campaign.yaml": `campaign: test\nlog: { kind: git, remote: "${remote}" }\n` });
    const state = join(await aFolder(), "state");
    const elsewhere = { folder: cwd, remote, branch: "campaign/state", state, blocks: fakeHome(), holder: "anna@ship" };
    const { leases } = gitLog(elsewhere);
    const now = testWorld({ now: () => new Date() });
    const { lease } = await leases.take("publishing", now);
    const show = await fieldtree(["lease", "show", "--json"], { cwd });
    expectSchema("lease", show.json());
    expect(show.json()).toEqual([{ lease }]);
    expect((await fieldtree(["lease", "break", "--json"], { cwd })).json()).toEqual([{ broken: lease }]);
    expect(await leases.show(now)).toBeUndefined();
  });

  it("knows no other word", async () => {
    const run = await fieldtree(["lease", "steal", "--json"], { cwd: await aCampaign() });
    expect(run.code).toBe(2);
    expectSchema("error", run.json());
  });
});
