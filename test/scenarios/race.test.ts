/** Two publishers at once: one makes the release, the other learns who does, or finds that there is nothing left to do. */
import { cp, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { plain } from "../../pipeline/cli/print/colour.ts";
import { publishTree } from "../../pipeline/cli/publishing/publish-tree.ts";
import { isFailure } from "../../pipeline/core/failure.ts";
import { releasesFrom } from "../../pipeline/log/chain.ts";
import { gitLog } from "../../pipeline/log/git-ref.ts";
import { aCampaign, aFolder, fieldtree, type Ran, start } from "../commands/program.ts";
import { fakeHome } from "../fakes/home.ts";
import { aFile, campaignOf, someParts, temporaryFolder } from "../fakes/parts.ts";
import { testWorld } from "../fakes/world.ts";
import { type GitHost, startGitHost } from "../servers/git-http.ts";
import { type Gates, gitExchange, openGates } from "./gates.ts";

describe("two who publish the same tree fifty times", () => {
  it("make one release each time, and numbers without gaps", { timeout: 240_000 }, async () => {
    const remote = await temporaryFolder();
    await execa("git", ["init", "--quiet", "--bare", remote]);
    // One node that both use, as a laptop and a job in the cloud may.
    const home = fakeHome();
    const world = testWorld({ now: () => new Date() });
    const aRival = async (holder: string) => {
      const parts = await someParts({ home });
      const { folder, state } = parts;
      const log = gitLog({ folder, remote, branch: "campaign/state", state, blocks: home, holder });
      return campaignOf({ ...parts, log });
    };
    const rivals = [await aRival("anna@laptop"), await aRival("github.com/org/campaign run 17")] as const;
    const silent = { json: true, paint: plain, result: () => {}, bytes: async () => {}, taken: async () => {} };
    let refused = 0;

    for (let round = 1; round <= 50; round++) {
      const { cid } = await aFile(home, `measured in round ${round}`);
      for (const { folder } of rivals) await writeFile(join(folder, "tree.yaml"), `data.txt: ${cid}\n`);
      const outcomes = await Promise.allSettled(
        rivals.map((rival) => publishTree(rival, { strict: false }, silent, world)),
      );
      const losers = outcomes.filter(({ status }) => status === "rejected") as PromiseRejectedResult[];
      expect(losers.length, `round ${round}: ${losers.map(({ reason }) => reason)}`).toBeLessThan(2);
      for (const { reason } of losers) {
        expect(isFailure(reason, "refused"), `round ${round}: ${reason}`).toBe(true);
        expect(reason.message).toMatch(
          /^(anna@laptop|github\.com\/org\/campaign run 17) is publishing, and has been since/,
        );
      }
      refused += losers.length;
    }
    expect(refused, "they were to get into each other's way").toBeGreaterThan(10);

    const { log } = rivals[0];
    const numbers: number[] = [];
    for await (const { release } of releasesFrom((await log.head(world))!, log, world)) numbers.push(release.number);
    expect(numbers).toEqual(Array.from({ length: 50 }, (_, i) => 50 - i));
  });
});

describe("two processes that publish from two clones", { timeout: 240_000 }, () => {
  let git: GitHost;
  let made = 0;
  beforeAll(async () => {
    git = await startGitHost();
  });
  afterAll(() => git.stop());

  const env = { SOURCE_DATE_EPOCH: "1723291200" };

  /** Two copies of a campaign whose dataset was added before, and the gates between them and the remote they share. */
  async function twoClones(added: string) {
    const gates = openGates();
    const { pathname } = new URL(await git.repository(`${++made}.git`));
    const remote = `${await gates.http(git.address, gitExchange)}${pathname}`;
    const clones = [await aFolder(), await aFolder()] as const;
    for (const cwd of clones) {
      await cp(added, cwd, { recursive: true });
      await writeFile(join(cwd, "campaign.yaml"), `campaign: race\nlog: { kind: git, remote: "${remote}" }\n`);
    }
    return { gates, clones };
  }

  async function added(): Promise<string> {
    const cwd = await aCampaign({ "data/dataset_meta.yaml": "attributes: { title: data }\n" });
    const { code, stderr } = await fieldtree(["add", "data", "--at", "products/data"], { cwd });
    expect(code, stderr).toBe(0);
    return cwd;
  }

  const publish = (cwd: string) => fieldtree(["publish", "--json"], { cwd, env });
  const failure = (ran: Ran) => ran.json().at(-1).error;

  it("and request the lease in the same instant: one has it, the other gets the name of the holder", async () => {
    const campaign = await added();
    for (const race of [1, 2, 3]) {
      const { gates, clones } = await twoClones(campaign);
      holdUntil(gates, "git take the lease", 2);
      const ran = await Promise.all(clones.map(publish));
      const [winner, loser] = ran[0]!.code === 0 ? ran : ran.toReversed();
      expect(winner!.code, winner!.stderr).toBe(0);
      expect(loser!.code, `race ${race}: ${loser!.stderr}`).toBe(3);
      expect(failure(loser!)).toMatchObject({
        kind: "refused",
        message: expect.stringMatching(
          /^\S+@\S+ is publishing, and has been since 20\S+Z, until 20\S+Z unless renewed$/,
        ),
        hint: expect.stringContaining("fieldtree lease break"),
      });
      const logs = await Promise.all(clones.map((cwd) => fieldtree(["log", "--json"], { cwd })));
      const { release, head } = winner!.json().at(-1);
      for (const log of logs) expect(log.json().map(({ release, cid }) => [release, cid])).toEqual([[release, head]]);
    }
  });

  it("and one breaks the other's lease: the late one appends nothing, and fails with that reason", async () => {
    const { gates, clones } = await twoClones(await added());
    const [slow, quick] = clones;
    const arrived = Promise.withResolvers<void>();
    const goOn = Promise.withResolvers<void>();
    gates.guard = async (exchange, when) => {
      if (exchange !== "git release" || when === "after") return true;
      gates.guard = () => true;
      arrived.resolve();
      await goOn.promise;
      return true;
    };
    const late = start(["publish", "--json"], { cwd: slow, env });
    await arrived.promise;
    expect((await fieldtree(["lease", "break"], { cwd: quick })).code).toBe(0);
    const first = await publish(quick);
    expect(first.code, first.stderr).toBe(0);
    goOn.resolve();
    const { exitCode, stderr } = await late;
    expect(exitCode, stderr).toBe(5);
    expect(stderr).toMatch(/the head moved to bafy\w+ while release 1 was being written/);
    const log = await fieldtree(["log", "--json"], { cwd: slow });
    expect(log.json().map(({ release, cid }) => [release, cid])).toEqual([[1, first.json().at(-1).head]]);
  });
});

/** Let `exchange` go on only when so many have come. */
function holdUntil(gates: Gates, exchange: string, count: number): void {
  const all = Promise.withResolvers<void>();
  let come = 0;
  gates.guard = async (name, when) => {
    if (name !== exchange || when === "after") return true;
    if (++come === count) all.resolve();
    await all.promise;
    return true;
  };
}
