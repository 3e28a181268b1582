/** What `init` writes, and that it is what fieldtree's own repository runs. */
import { existsSync } from "node:fs";
import { access, constants, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { describe, expect, it } from "vitest";
import { readCampaign } from "../../pipeline/core/campaign/campaign.ts";
import { readYaml } from "../../pipeline/core/yaml/yaml.ts";
import { recordAbsence } from "../absent.ts";
import { aFolder, fieldtree } from "./program.ts";
import { expectSchema } from "./schemas.ts";

const sha = "0123456789abcdef0123456789abcdef01234567";
const actions = `fieldtree/fieldtree@${sha}`;
const read = (cwd: string, path: string) => readFile(join(cwd, path), "utf8");

describe("init", () => {
  it("starts a campaign that can be published at once, and leaves an existing one alone", async () => {
    const cwd = await aFolder({ ".gitignore": "*.log" });
    const first = await fieldtree(["init", "--name", "orcestra", "--title", "ORCESTRA: 2024", "--json"], { cwd });
    expectSchema("init", first.json());
    expect(first.json()).toMatchObject([{ campaign: "orcestra", written: ["campaign.yaml", "tree.yaml"] }]);
    expect(await read(cwd, ".gitignore")).toBe("*.log\n.fieldtree/\n");
    expect((await fieldtree(["publish"], { cwd })).code).toBe(0);
    expect((await fieldtree(["init", "--json"], { cwd })).json()).toMatchObject([{ written: [] }]);
  });

  it("refuses what can't be a campaign's name", async () => {
    const cwd = await aFolder();
    expect((await fieldtree(["init", "--name", "a/b"], { cwd })).code).toBe(2);
  });
});

describe("init --site", () => {
  it("writes units that systemd takes and a compose file, with verbs and flags that there are", async () => {
    const cwd = await aFolder();
    const [{ written }] = (await fieldtree(["init", "--name", "orcestra", "--site", "--json"], { cwd })).json();
    const site = (await readdir(join(cwd, "site"))).sort();
    expect(written.filter((file: string) => file.startsWith("site/")).sort()).toEqual(
      site.map((file) => `site/${file}`),
    );
    const units = site.filter((file) => /\.(service|timer)$/.test(file));
    expect(units).toHaveLength(5);
    expect(await read(cwd, "site/crontab")).toContain(`fieldtree --campaign '${cwd}' --quiet republish\n`);

    const compose = readYaml(await read(cwd, "site/compose.yaml"), { maxDepth: 10 });
    expect(compose.broken).toBeUndefined();
    const lines = (await Promise.all(site.map((file) => read(cwd, `site/${file}`)))).join("\n");
    const calls = [
      ...lines.matchAll(/(?:env fieldtree|--campaign \/campaign)( --quiet)? (serve|mirror|republish)([^;"\n]*)/g),
    ];
    expect(new Set(calls.map(([, , verb]) => verb))).toEqual(new Set(["serve", "mirror", "republish"]));
    for (const [, , verb, flags] of calls) {
      const { stdout } = await fieldtree(["help", verb!], { cwd });
      for (const [flag] of flags!.matchAll(/--[a-z-]+/g)) expect(stdout).toContain(flag);
    }

    const linted = await execa("systemd-analyze", ["verify", ...units], { cwd: join(cwd, "site"), reject: false });
    if (linted.code === "ENOENT") {
      const get = "apt-get install systemd";
      return recordAbsence({ what: "systemd-analyze", why: "it is not in PATH", get, required: false });
    }
    expect(linted.stderr.split("\n").filter((line) => line.includes("fieldtree-"))).toEqual([]);
  });
});

describe("init --actions", () => {
  it("writes everything a repository on GitHub needs, and a second time nothing", async () => {
    const cwd = await aFolder();
    const init = ["init", "--name", "orcestra", "--actions", actions, "--maintainers", "anna,@orcestra/data", "--json"];
    const [{ written }] = (await fieldtree(init, { cwd })).json();
    expect(written).toEqual(
      expect.arrayContaining([
        "campaign.yaml",
        "tree.yaml",
        ".ci/run",
        ".github/workflows/ci.yml",
        ".github/workflows/plan.yml",
        ".github/workflows/plan-report.yml",
        ".github/workflows/publish.yml",
        ".github/workflows/verify.yml",
        ".github/pull_request_template.md",
        ".github/CODEOWNERS",
        ".gitattributes",
        "README.md",
      ]),
    );
    expect(await read(cwd, ".github/CODEOWNERS")).toContain("/.github/ @anna @orcestra/data");
    await access(join(cwd, ".ci/run"), constants.X_OK);
    const { campaign, findings } = readCampaign(await read(cwd, "campaign.yaml"));
    expect(findings).toEqual([]);
    expect(campaign?.log).toMatchObject({ kind: "git", branch: "campaign/state" });
    expect((await fieldtree(["check"], { cwd })).code).toBe(0);
    expect((await fieldtree(init, { cwd })).json()[0].written).toEqual([]);
  });

  it("writes fieldtree's own workflows, identical but for how its actions are named", async () => {
    const cwd = await aFolder();
    await fieldtree(["init", "--name", "x", "--actions", actions], { cwd });
    const written = await readdir(join(cwd, ".github/workflows"));
    for (const file of written) {
      const text = await read(cwd, `.github/workflows/${file}`);
      const own = await readFile(`.github/workflows/${file}`, "utf8");
      expect(text.replaceAll(/fieldtree\/fieldtree\/(actions\/[a-z]+)@[0-9a-f]{40}/g, "./$1"), file).toBe(own);
      expect(text, file).not.toContain("uses: ./");
    }
    expect(written).toEqual(await readdir(".github/workflows"));
  });

  it("hands the publishing step the secrets that campaign.yaml names, and no other step any", async () => {
    const config = `campaign: x
node: { kind: kubo, api: "http://10.0.0.7:5001", token: KUBO_TOKEN }
names: [{ domain: example.org, to: tree, provider: { kind: desec, token: DESEC_TOKEN } }]
`;
    const cwd = await aFolder({ "campaign.yaml": config });
    await fieldtree(["init", "--actions", actions], { cwd });
    const workflow = await read(cwd, ".github/workflows/publish.yml");
    expect(workflow.match(/\bsecrets\.\w+/g)).toEqual(["secrets.KUBO_TOKEN", "secrets.DESEC_TOKEN"]);
    expect(workflow).toMatch(
      /actions\/publish@.*\n( {8}.*\n| {10}.*\n)+ {8}env:\n {10}KUBO_TOKEN: \$\{\{ secrets\.KUBO_TOKEN \}\}\n {10}DESEC_TOKEN:/,
    );
  });

  it.each([
    ["ORCESTRA", "orcestra"],
    ["Größe der Tröpfchen 2024", "grosse-der-tropfchen-2024"],
    ["__ (1)", "1"],
    ["雨", "campaign"],
  ])("calls the campaign in a folder %s %s", async (folder, name) => {
    const cwd = await aFolder();
    expect(await fieldtree(["init", folder], { cwd })).toMatchObject({ code: 0 });
    expect(readCampaign(await read(join(cwd, folder), "campaign.yaml")).campaign?.campaign).toBe(name);
  });

  it("names schemas for editors where they are, and none where an editor would complain", async () => {
    const [here, alone, installed] = [await aFolder(), await aFolder(), await aFolder()];
    await mkdir(join(installed, "node_modules/fieldtree/schemas"), { recursive: true });
    await fieldtree(["init", "--name", "x", "--actions", actions], { cwd: here });
    for (const cwd of [alone, installed]) await fieldtree(["init", "--name", "x"], { cwd });
    for (const file of ["tree", "campaign"]) {
      expect(await read(here, `${file}.yaml`)).toMatch(`/${actions.replace("@", "/")}/schemas/${file}.schema.json`);
      expect(await read(installed, `${file}.yaml`)).toMatch(`=./node_modules/fieldtree/schemas/${file}.schema.json`);
      expect(await read(alone, `${file}.yaml`)).not.toMatch("schema");
    }
  });

  it("gives contributors the program from where the workflows get it, not from a package name that a stranger could register", async () => {
    const cwd = await aFolder();
    await fieldtree(["init", "--title", "Größe & {{sha}}", "--name", "x", "--actions", actions], { cwd });
    const text = await read(cwd, "README.md");
    const [repository, sha] = actions.split("@") as [string, string];
    expect(text).toMatch(/^# Größe & \{\{sha\}\}$/m);
    expect(text).toContain(`git clone https://github.com/${repository} ~/fieldtree`);
    expect(text).toContain(`git checkout -q ${sha} && npm ci && npm run build && npm link`);
    expect(text).not.toMatch(/npm install|\{\{(?!sha\}\}$)/m);
  });

  it("lets git merge two branches by path", async () => {
    const cwd = await aFolder();
    await fieldtree(["init", "--name", "x", "--actions", actions], { cwd });
    const git = (...args: string[]) => execa("git", ["-c", "user.name=a", "-c", "user.email=a@b", ...args], { cwd });
    await git("init", "-q", "-b", "main");
    const program = new URL("../../pipeline/bin.ts", import.meta.url).pathname;
    const driver = `"${process.execPath}" "${program}" merge %O %A %B -o %A`;
    expect(await read(cwd, "README.md")).toContain("merge.fieldtree.driver");
    await git("config", "merge.fieldtree.driver", driver);
    const put = async (line: string) => {
      await writeFile(join(cwd, "tree.yaml"), `products:\n${line}`);
      await git("add", "-A");
      await git("commit", "-qm", "x");
    };
    const cid = "bafybeiczsscdsbs7ffqz55asqdf3smv6klcw3gofszvwlyarci47bgf354";
    await put("");
    await git("checkout", "-qb", "other");
    await put(`  a.txt: ${cid}\n`);
    await git("checkout", "-q", "main");
    await put(`  b.txt: ${cid}\n`);
    await git("merge", "-q", "--no-edit", "other");
    expect(await read(cwd, "tree.yaml")).toContain(`a.txt: ${cid}`);
    expect(await read(cwd, "tree.yaml")).toContain(`b.txt: ${cid}`);
  });

  it.each(["fieldtree/fieldtree@v1", "fieldtree@0123", `a/b/c@${sha}`, `a/b@${sha}; rm -rf`])(
    "refuses %s: only a full commit can't be moved",
    async (named) => {
      const cwd = await aFolder();
      const { code, stderr } = await fieldtree(["init", "--actions", named], { cwd });
      expect([code, stderr]).toEqual([2, expect.stringContaining("--actions takes OWNER/REPO@SHA")]);
      expect(existsSync(join(cwd, "tree.yaml"))).toBe(false);
    },
  );

  it("leaves what is there as it is", async () => {
    const cwd = await aFolder({ "README.md": "mine\n", "tree.yaml": "mine: \n" });
    await mkdir(join(cwd, ".github/workflows"), { recursive: true });
    await writeFile(join(cwd, ".github/workflows/plan.yml"), "mine\n");
    await fieldtree(["init", "--name", "x", "--actions", actions], { cwd });
    for (const file of ["README.md", ".github/workflows/plan.yml"]) expect(await read(cwd, file)).toBe("mine\n");
  });
});

const terminal = await execa("script", ["--version"], { reject: false });

describe.skipIf(terminal.exitCode !== 0)("init on a terminal", () => {
  it("asks for what no flag gives", async () => {
    const cwd = await aFolder();
    const program = new URL("../../pipeline/bin.ts", import.meta.url).pathname;
    const { stdout } = await execa("script", ["-qec", `'${process.execPath}' '${program}' init`, "/dev/null"], {
      cwd,
      input: "orcestra\nORCESTRA: 2024\n\n\n",
    });
    expect(stdout).toContain("What people call it");
    const { campaign } = readCampaign(await read(cwd, "campaign.yaml"));
    expect(campaign).toMatchObject({ campaign: "orcestra", title: "ORCESTRA: 2024" });
    expect(campaign?.domain).toBeUndefined();
  });
});
