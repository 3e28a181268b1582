/** The verbs about tree.yaml: check, fmt, diff, merge. */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { describe, expect, it } from "vitest";
import { raw, v0, v1 } from "../core/cids.ts";
import { aCampaign, aFolder, fieldtree } from "./program.ts";
import { expectSchema } from "./schemas.ts";

describe("check", () => {
  it("gives the findings of tree.yaml, and exits with 1 where one is an error", async () => {
    const cwd = await aCampaign({ "tree.yaml": `a:\n  b: foo\n  c: ${v0(1)}\n` });
    const { code, json, stderr } = await fieldtree(["check", "--json"], { cwd });
    expect(code).toBe(1);
    expectSchema("check", json());
    expect(json()).toEqual([
      {
        findings: [
          {
            level: "error",
            rule: "not-a-cid",
            line: 2,
            column: 6,
            path: "a/b",
            says: '"foo" is not a CID (those begin with bafy, bafk or Qm)',
          },
          expect.objectContaining({ level: "hint", rule: "cid-v0", line: 3, column: 6, path: "a/c", fix: v1(1) }),
        ],
      },
    ]);
    expect(stderr).toBe("");
  });

  it("exits with 0 where there are only warnings and hints, or nothing", async () => {
    const cwd = await aCampaign({ "tree.yaml": `a: ${v0(1)}\nb: ${v1(1)}\n`, "clean.yaml": `a: ${v1(1)}\n` });
    expect(await fieldtree(["check"], { cwd })).toMatchObject({
      code: 0,
      stdout: expect.stringContaining("tree.yaml:2:1  warning  same-content"),
    });
    expect(await fieldtree(["check", "clean.yaml"], { cwd })).toMatchObject({
      code: 0,
      stdout: "clean.yaml: 0 errors, 0 other findings\n",
    });
  });

  it("counts one error as one error", async () => {
    const cwd = await aCampaign({ "tree.yaml": "a: foo\n" });
    expect(await fieldtree(["check"], { cwd })).toMatchObject({
      code: 1,
      stdout: expect.stringContaining("tree.yaml: 1 error, 0 other findings"),
    });
  });

  it("lists a thousand findings of one rule and counts the others, for people and for machines", async () => {
    const text = Array.from({ length: 3000 }, (_, at) => `n${at}: foo\n`).join("");
    const cwd = await aCampaign({ "tree.yaml": text });
    const { code, json } = await fieldtree(["check", "--json"], { cwd });
    expect(code).toBe(1);
    expectSchema("check", json());
    const [{ findings }] = json() as [{ findings: { count?: number; line: number }[] }];
    expect(findings).toHaveLength(1001);
    expect(findings.at(-1)).toMatchObject({ line: 1001, count: 2000 });
    expect((await fieldtree(["check"], { cwd })).stdout).toContain("tree.yaml: 3000 errors, 0 other findings");
    const all = await fieldtree(["check", "--all"], { cwd });
    expect(all.stdout).toContain("2000 more of this rule");
  });

  it("checks any file anywhere, bytes that are no text among them, and campaign.yaml by its own rules", async () => {
    const cwd = await aFolder({
      "x.yaml": Buffer.from(`a: K\u00f6ln\n`, "latin1"),
      "campaign.yaml": "campaign: a\ntitel: b\n",
    });
    expect(await fieldtree(["check", "x.yaml"], { cwd })).toMatchObject({
      code: 1,
      stdout: expect.stringContaining("x.yaml:1:5  error  not-utf-8"),
    });
    const campaign = await fieldtree(["check", "campaign.yaml", "--json"], { cwd });
    expectSchema("check", campaign.json());
    expect(campaign).toMatchObject({ code: 1, stdout: expect.stringContaining("did you mean title?") });
    expect(await fieldtree(["check", "absent.yaml"], { cwd })).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("there is no file absent.yaml"),
    });
  });

  it("fails where campaign.yaml is one that no other verb would take, and still tells the tree's findings", async () => {
    const cwd = await aCampaign({ "campaign.yaml": "titel: b\n" });
    const { code, json } = await fieldtree(["check", "--json"], { cwd });
    const [findings, last] = json();
    expect([code, findings]).toEqual([2, { findings: [] }]);
    expect(last.error).toMatchObject({ kind: "input", message: expect.stringContaining("campaign.yaml:1:1: ") });
    expect(last.error.message).toContain("(did you mean title?)");
  });
});

describe("fmt", () => {
  it("tidies the file, once", async () => {
    const cwd = await aCampaign({ "tree.yaml": `a:\n     b: '${v1(1)}'   # c  \n` });
    const wanted = await fieldtree(["fmt", "--check", "--json"], { cwd });
    expectSchema("fmt", wanted.json());
    expect([wanted.code, wanted.json()[0].changed]).toEqual([1, true]);
    expect(await fieldtree(["fmt"], { cwd })).toMatchObject({ code: 0, stdout: "tree.yaml tidied\n" });
    expect(await readFile(join(cwd, "tree.yaml"), "utf8")).toBe(`a:\n  b: ${v1(1)}   # c\n`);
    expect(await fieldtree(["fmt", "--check"], { cwd })).toMatchObject({ code: 0, stdout: "tree.yaml is tidy\n" });
  });

  it("leaves alone what it can't read", async () => {
    const text = "a: 1\na: 2\n";
    const cwd = await aCampaign({ "tree.yaml": text });
    expect(await fieldtree(["fmt"], { cwd })).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("line 2 of the tree"),
    });
    expect(await readFile(join(cwd, "tree.yaml"), "utf8")).toBe(text);
  });
});

describe("diff", () => {
  it("compares with a file or with a commit, each change with its line", async () => {
    const cwd = await aCampaign({ "tree.yaml": `a: ${v1(1)}\nb: ${v1(2)}\n` });
    await git(cwd, "init", "-q", "-b", "main");
    await git(cwd, "add", "tree.yaml");
    await git(cwd, "commit", "-q", "-m", "a tree");
    await writeFile(join(cwd, "tree.yaml"), `# moved\nc: ${v1(1)}\nb: ${raw(2)}\n`);
    const { code, json } = await fieldtree(["diff", "git:main", "--json"], { cwd });
    expectSchema("diff", json());
    expect([code, json()]).toEqual([
      0,
      [
        {
          changes: [
            { op: "update", path: "b", from: v1(2), to: raw(2), line: 3 },
            { op: "move", path: "c", from: "a", to: v1(1), line: 2 },
          ],
        },
      ],
    ]);
    expect(await fieldtree(["diff", "tree.yaml", "git:HEAD"], { cwd })).toMatchObject({
      stdout: expect.stringContaining("move     c → a"),
    });
    expect(await fieldtree(["diff", "tree.yaml"], { cwd })).toMatchObject({ code: 0, stdout: "no change\n" });
    for (const ref of ["git:nowhere", "git:--output=x"]) {
      expect(await fieldtree(["diff", ref], { cwd })).toMatchObject({
        code: 2,
        stderr: expect.stringContaining("git has no tree.yaml at"),
      });
    }
  });

  it("refuses a tree with errors, which would look like removals", async () => {
    const cwd = await aCampaign({ "old.yaml": "a: foo\n" });
    expect(await fieldtree(["diff", "old.yaml"], { cwd })).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("old.yaml:1:4"),
    });
    expect(await fieldtree(["plan", "--base", "old.yaml"], { cwd })).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("old.yaml:1:4"),
    });
  });
});

describe("merge", () => {
  const base = `a:\n  b: ${v1(1)}\n  d: ${v1(2)}\n`;

  it("prints the merged tree, or writes it", async () => {
    const cwd = await aFolder({
      base,
      ours: base.replace("  d:", `  c: ${v1(3)}\n  d:`),
      theirs: base.replace("  d:", `  c2: ${v1(4)}\n  d:`),
    });
    const merged = `a:\n  b: ${v1(1)}\n  c: ${v1(3)}\n  c2: ${v1(4)}\n  d: ${v1(2)}\n`;
    expect(await fieldtree(["merge", "base", "ours", "theirs"], { cwd })).toMatchObject({ code: 0, stdout: merged });
    const { json } = await fieldtree(["merge", "base", "ours", "theirs", "--json"], { cwd });
    expectSchema("merge", json());
    expect(json()).toEqual([{ conflicts: [], text: merged }]);
    expect((await fieldtree(["merge", "base", "ours", "theirs", "-o", "ours"], { cwd })).code).toBe(0);
    expect(await readFile(join(cwd, "ours"), "utf8")).toBe(merged);
  });

  it("exits with 1 on conflicts, naming path and both CIDs, and leaves git's conflict markers", async () => {
    const [ours, theirs] = [base.replace(v1(1), v1(5)), base.replace(v1(1), v1(6))];
    const cwd = await aFolder({ base, ours, theirs });
    const said = await fieldtree(["merge", "base", "ours", "theirs", "-o", "ours"], { cwd });
    expect(said).toMatchObject({
      code: 1,
      stdout: `conflict  a/b was ${v1(1)}; ours is ${v1(5)}, theirs is ${v1(6)}\n`,
    });
    const marked = await readFile(join(cwd, "ours"), "utf8");
    expect(marked).toContain(
      `<<<<<<< ours\n  b: ${v1(5)}\n||||||| base\n  b: ${v1(1)}\n=======\n  b: ${v1(6)}\n>>>>>>> theirs\n`,
    );
    await writeFile(join(cwd, "ours"), ours);
    const { code, json } = await fieldtree(["merge", "base", "ours", "theirs", "--json"], { cwd });
    expectSchema("merge", json());
    expect([code, json()]).toMatchObject([
      1,
      [{ conflicts: [{ path: "a/b", base: v1(1), ours: v1(5), theirs: v1(6) }] }],
    ]);
  });

  it("is a merge driver: git merges two branches that touched neighbouring lines, and stops where they disagree", async () => {
    const cwd = await aFolder({ "tree.yaml": base, ".gitattributes": "tree.yaml merge=fieldtree\n" });
    const program = new URL("../../pipeline/bin.ts", import.meta.url).pathname;
    await git(cwd, "init", "-q", "-b", "main");
    await git(cwd, "config", "merge.fieldtree.driver", `"${process.execPath}" "${program}" merge %O %A %B -o %A`);
    const commit = async (branch: string, text: string) => {
      await git(cwd, "checkout", "-q", "-B", branch, ...(branch === "main" ? [] : ["main"]));
      await writeFile(join(cwd, "tree.yaml"), text);
      await git(cwd, "add", ".");
      await git(cwd, "commit", "-q", "-m", branch);
    };
    await commit("main", base);
    await commit("one", base.replace("  d:", `  c: ${v1(3)}\n  d:`));
    await commit("two", base.replace("  d:", `  c2: ${v1(4)}\n  d:`));
    await commit("three", base.replace("  d:", `  c: ${v1(9)}\n  d:`));
    await git(cwd, "checkout", "-q", "one");
    const byLine = ["-c", "merge.fieldtree.driver=false", "merge", "-q", "--no-edit"];
    await expect(git(cwd, ...byLine, "two"), "git alone").rejects.toMatchObject({ exitCode: 1 });
    await git(cwd, "merge", "--abort");
    await git(cwd, "merge", "-q", "--no-edit", "two");
    const merged = await readFile(join(cwd, "tree.yaml"), "utf8");
    expect(merged).toBe(`a:\n  b: ${v1(1)}\n  c: ${v1(3)}\n  c2: ${v1(4)}\n  d: ${v1(2)}\n`);
    await expect(git(cwd, "merge", "-q", "--no-edit", "three")).rejects.toMatchObject({ exitCode: 1 });
    expect(await readFile(join(cwd, "tree.yaml"), "utf8")).toBe(
      merged.replace(
        `  c: ${v1(3)}\n`,
        `<<<<<<< ours\n  c: ${v1(3)}\n||||||| base\n=======\n  c: ${v1(9)}\n>>>>>>> theirs\n`,
      ),
    );
    expect((await git(cwd, "status", "--porcelain")).stdout).toContain("UU tree.yaml");
    expect(await fieldtree(["check"], { cwd })).toMatchObject({
      code: 1,
      stdout: expect.stringContaining("tree.yaml:3:1  error"),
    });
  });
});

function git(cwd: string, ...args: string[]) {
  const who = ["-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false"];
  return execa("git", [...who, ...args], { cwd, env: { GIT_CONFIG_GLOBAL: "/dev/null", GIT_CONFIG_NOSYSTEM: "1" } });
}
