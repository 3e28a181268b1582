/** Somebody who knows no git proposes data: from a CID to a pull request with one command. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { aFolder, fieldtree } from "../../commands/program.ts";
import { expectSchema } from "../../commands/schemas.ts";
import { type Box, openBox } from "../box.ts";
import type { Repository } from "../repository.ts";

const radar = "bafybeiczsscdsbs7ffqz55asqdf3smv6klcw3gofszvwlyarci47bgf354";
const lidar = "bafkreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy";
const tree = `products:\n  HALO:\n    radar.zarr: ${radar} # checked by Ada\n`;
const template = `<!-- fieldtree:what -->
Say it.
<!-- /fieldtree:what -->

- [ ] \`fieldtree check\` finds no mistakes
- [ ] I may publish this data
`;

let github: Box;
let repo: Repository;
let token: string;
beforeEach(async () => {
  github = await openBox();
  repo = await github.repo({ files: { "tree.yaml": tree, ".github/pull_request_template.md": template } });
  token = github.user("visitor").token();
});
afterEach(() => github.close());

const propose = async (...args: string[]) =>
  fieldtree(["pull-request", ...args, "--repo", repo.fullName], {
    cwd: await aFolder(),
    env: { ...github.env, GITHUB_TOKEN: token },
  });
const pulls = () => [...repo.state.issues.values()].filter(({ pull }) => pull);

describe("pull-request", { timeout: 120_000 }, () => {
  it("forks, commits one line, and opens the pull request with the template filled in", async () => {
    const ran = await propose(`products/HALO/lidar.zarr=${lidar}`, "--message", "From flight 12.", "--json");
    expect(ran.code, ran.stderr).toBe(0);
    expectSchema("pull-request", ran.json());
    const [opened] = pulls();
    expect(opened).toMatchObject({ title: "Add products/HALO/lidar.zarr", user: { login: "visitor" } });
    expect(opened!.body).toContain(`\`add      products/HALO/lidar.zarr ${lidar}\``);
    expect(opened!.body).toContain("From flight 12.");
    expect(opened!.body).not.toContain("Say it.");
    expect(opened!.body).toContain("- [x] `fieldtree check`");
    expect(opened!.body).toContain("- [ ] I may publish this data");

    const again = await propose(`products/HALO/lidar.zarr=${lidar}`);
    expect(again.stdout).toContain(`${github.origin}/campaign/data/pull/1 is open already`);
    // For machines that go to sleep.
    expect(again.stdout).toContain(`fieldtree car export ${lidar} -o FILE.car`);
    expect(pulls()).toHaveLength(1);

    const { head, base } = opened!.pull!;
    expect([head.repo.owner.login, base.sha]).toEqual(["visitor", await repo.tip()]);
    const proposed = await repo.read("tree.yaml", `refs/pull/${opened!.number}/head`);
    expect(proposed).toBe(`${tree}    lidar.zarr: ${lidar}\n`);
    expect(await head.repo.git.text(["rev-list", "--count", `${base.sha}..${head.sha}`])).toBe("1");
  });

  it("shows with --dry-run what it would do, and does none of it", async () => {
    const { code, stdout } = await propose(`products/HALO/lidar.zarr=${lidar}`, "--dry-run");
    expect(code).toBe(0);
    expect(stdout).toContain("would propose, from visitor:fieldtree/");
    expect(github.journal.writes()).toEqual([]);
  });

  it.each([
    [["products/HALO/lidar.zarr"], 2, "needs PATH=CID"],
    [[], 2, "nothing is proposed"],
    [["products/HALO/lidar.zarr=nonsense"], 2, "is not a CID"],
    [[`products/HALO/radar.zarr/deeper=${lidar}`], 2, "radar.zarr"],
    [[`../../etc=${lidar}`], 2, ""],
  ] as const)("refuses %j before anything is written", async (args, exit, says) => {
    const { code, stderr } = await propose(...args);
    expect([code, stderr]).toEqual([exit, expect.stringContaining(says)]);
    expect(github.journal.writes()).toEqual([]);
  });

  it("takes the repository's address as well as its name, and says what is neither", async () => {
    const ask = async (name: string) => {
      const args = ["pull-request", `products/HALO/lidar.zarr=${lidar}`, "--dry-run", "--repo", name];
      return fieldtree(args, { cwd: await aFolder(), env: { ...github.env, GITHUB_TOKEN: token } });
    };
    expect((await ask(`https://github.com/${repo.fullName}.git`)).code).toBe(0);
    expect(await ask("nonsense")).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("the repository on GitHub is OWNER/NAME, and not “nonsense”"),
    });
    expect(await ask("campaign/elsewhere")).toMatchObject({
      code: 3,
      stderr: expect.stringMatching(/reading campaign\/elsewhere: 404 Not Found\n {2}→ it is not there, or this token/),
    });
  });

  it("has nothing to do where the tree has it", async () => {
    const ran = await propose(`products/HALO/radar.zarr=${radar}`, "--json");
    expect(ran.json()).toMatchObject([{ did: "nothing", changes: [] }]);
    expect(github.journal.writes()).toEqual([]);
  });

  it("never says its token", async () => {
    github.on("POST /repos/{owner}/{repo}/pulls", {
      does: "answer",
      answer: { status: 403, body: { message: `no, ${token}` } },
    });
    const ran = await propose(`products/HALO/lidar.zarr=${lidar}`);
    expect(ran.code).toBe(3);
    expect(ran.stdout + ran.stderr).not.toContain(token);
  });
});
