import { execFile } from "node:child_process";
import { chmod, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { verbs } from "../../pipeline/commands/verbs.ts";
import { aCampaign, aFolder, fieldtree, program, type Ran, start } from "./program.ts";
import { expectSchema } from "./schemas.ts";

const sh = promisify(execFile);

describe("the command line", () => {
  // A process for each verb is most of this file's time, so both tests that need them share one run.
  let helps: Promise<Ran[]> | undefined;
  const helpOfEach = () => (helps ??= Promise.all(verbs.map(({ name }) => fieldtree(["help", name]))));

  it("shows every verb, and for each of them what it does with an example", async () => {
    const { code, stdout } = await fieldtree(["--help"]);
    expect(code).toBe(0);
    for (const { name, summary } of verbs) expect(stdout).toMatch(new RegExp(`^  ${name} .*${summary}$`, "m"));
    const helps = await helpOfEach();
    helps.forEach(({ code, stdout }, i) => {
      expect(code, verbs[i]!.name).toBe(0);
      expect(stdout).toContain(`Example:\n  `);
    });
  });

  it("breaks running text where a terminal ends, and no line that is to be copied", async () => {
    const helps = await helpOfEach();
    const about = helps.map(({ stdout }) =>
      stdout.slice(stdout.indexOf("Global Options:"), stdout.indexOf("\nExample:")),
    );
    for (const line of [...about, (await fieldtree(["--help"])).stdout].join("\n").split("\n"))
      if (!line.startsWith(" ")) expect(line.length, line).toBeLessThanOrEqual(80);
    expect(about.join("\n")).toContain('\n  git config merge.fieldtree.driver "fieldtree merge %O %A %B -o %A"\n');
  });

  it("understands global flags before the verb and after it", async () => {
    const folder = await aCampaign();
    for (const args of [
      ["--campaign", folder, "--json", "status"],
      ["status", "--json", "--campaign", folder],
      [`--campaign=${folder}`, "status", "--json", "--quiet", "--no-color"],
    ]) {
      const { code, json } = await fieldtree(args);
      expect(code).toBe(0);
      expect(json()).toHaveLength(1);
    }
  });

  it("finds the campaign in the nearest ancestor that holds tree.yaml", async () => {
    const folder = await aCampaign();
    await mkdir(join(folder, "a", "b"), { recursive: true });
    expect((await fieldtree(["status"], { cwd: join(folder, "a", "b") })).code).toBe(0);
    const nowhere = await fieldtree(["status"], { cwd: await aFolder() });
    expect(nowhere).toMatchObject({ code: 2, stderr: expect.stringContaining("fieldtree init") });
  });

  it.each([
    [["pubish"], "did you mean publish?"],
    [["help", "pubish"], "did you mean publish?"],
    [["publish", "--stict"], "did you mean --strict?"],
    [["get"], "missing required argument 'address'\n  → see fieldtree help get; an example: fieldtree get "],
    [["frobnicate"], "fieldtree help lists the verbs"],
    [["serve", "--port", "abc"], "--port takes a number up to 65535, and got “abc”"],
    [["demo", "--once", "--port", "70000"], "--port takes a number up to 65535, and got “70000”"],
    [["diff", "main"], "there is no file main, and nothing at main in the tree\n  → git:main is tree.yaml"],
    [["status", "superfluous"], "too many arguments"],
  ])("says what is wrong with %j, and exits 2", async (args, says) => {
    const cwd = await aCampaign();
    const { code, stderr } = await fieldtree(args, { cwd });
    expect([code, stderr.toLowerCase()]).toEqual([2, expect.stringContaining(says)]);
    const json = await fieldtree([...args, "--json"], { cwd });
    expectSchema("error", json.json());
    expect(json.json()).toMatchObject([{ error: { kind: "input" } }]);
  });

  it("says at which line campaign.yaml is wrong", async () => {
    const cwd = await aCampaign({ "campaign.yaml": "campaign: test\nprofile: cid-v7\n" });
    const { code, stderr } = await fieldtree(["status"], { cwd });
    expect([code, stderr]).toEqual([2, expect.stringMatching(/campaign\.yaml:2:10: .*cid-v1/s)]);
  });

  it("is silent on stderr with --quiet, but for failures", async () => {
    const cwd = await aCampaign();
    expect((await fieldtree(["publish", "--quiet"], { cwd })).stderr).toBe("");
    expect((await fieldtree(["ls", "nowhere", "--quiet"], { cwd })).stderr).not.toBe("");
  });

  it("ends quietly when the reader of its output closes the pipe", async () => {
    const cwd = await aCampaign();
    const { stderr } = await sh(
      "sh",
      ["-c", `"$0" "$1" completion bash | head -c 1`, process.execPath, "pipeline/bin.ts"],
      {
        env: { ...process.env, PWD: cwd },
      },
    );
    expect(stderr).toBe("");
  });

  it("leaves with 130 when interrupted", async () => {
    const cwd = await aCampaign();
    const running = start(["serve", "--port", "0", "--json"], { cwd });
    running.stdout?.once("data", () => running.kill("SIGINT"));
    const { exitCode } = await running;
    // Serving until somebody says stop is what it was asked for.
    expect([0, 130]).toContain(exitCode);
  });
});

describe("completion", () => {
  it.each([
    ["bash", "-n"],
    ["zsh", "-n"],
    ["fish", "--no-execute"],
  ])("prints what %s accepts, with every verb and its flags in it", async (shell, syntaxOnly) => {
    const run = await fieldtree(["completion", shell, "--json"]);
    expectSchema("completion", run.json());
    const { script } = run.json()[0];
    for (const { name } of verbs) expect(script).toContain(name);
    expect(script).toContain("expect-root");
    const cwd = await aFolder({ script });
    // A shell that this machine lacks has nothing to say about it.
    const said = await sh(shell, [syntaxOnly, join(cwd, "script")]).catch((error: NodeJS.ErrnoException) => error);
    expect((said as NodeJS.ErrnoException).code ?? 0, String(said)).toBeOneOf([0, "ENOENT"]);
  });

  it("completes verbs and flags in bash", async () => {
    const { stdout: script } = await fieldtree(["completion", "bash"]);
    const complete = (...words: string[]) =>
      sh("bash", [
        "-c",
        `${script}\nCOMP_WORDS=(fieldtree ${words.join(" ")}); COMP_CWORD=${words.length}; _fieldtree; echo "\${COMPREPLY[@]}"`,
      ]);
    expect((await complete("pub")).stdout.trim()).toBe("publish");
    expect((await complete("publish", "--exp")).stdout.trim()).toBe("--expect-root");
    expect((await complete("--camp")).stdout.trim()).toBe("--campaign");
    expect((await complete("--campaign", "/some/where", "--json", "pub")).stdout.trim()).toBe("publish");
    expect((await complete("help", "pub")).stdout.trim()).toBe("publish");
  });

  it("knows paths of the tree, a folder at a time, and numbers of releases", async () => {
    const cwd = await aCampaign({ "tree.yaml": "products:\n  HALO:\n  ATR: {x: , y: }\nraw:\n", "a.txt": "a" });
    const words = async (...typed: string[]) => {
      const run = await fieldtree(["--json", "completion", "words", "--", ...typed], { cwd });
      expectSchema("completion", run.json());
      return run.json()[0].words;
    };
    expect(await words("ls", "ls", "")).toEqual(["products/", "raw"]);
    expect(await words("cat", "cat", "products/")).toEqual(["products/HALO", "products/ATR/"]);
    expect(await words("add", "--at", "products/ATR/")).toEqual(["products/ATR/x", "products/ATR/y"]);
    expect(await words("add", "add", "pro")).toEqual([]);
    expect(await words("rollback", "rollback", "")).toEqual([]);
    for (const tree of ["products:\n  HALO:\nraw:\n", "products:\n"]) {
      await writeFile(join(cwd, "tree.yaml"), tree);
      expect((await fieldtree(["publish"], { cwd })).code).toBe(0);
    }
    expect(await words("rollback", "rollback", "")).toEqual(["2", "1"]);
    expect(await words("diff", "diff", "")).toEqual(["products", "2", "1"]);
    expect(await words("ls", "ls", "products@")).toEqual(["products@2", "products@1"]);
    expect((await fieldtree(["completion", "words", "--", "ls", "ls", ""], { cwd: await aFolder() })).stdout).toBe("");
  });

  it("completes them in bash, also behind an @, which ends a word there", async () => {
    const cwd = await aCampaign({ "tree.yaml": "products:\n  HALO: {x: , y: }\nraw:\n", "prototype.txt": "" });
    expect((await fieldtree(["publish"], { cwd })).code).toBe(0);
    const bin = await aFolder({ fieldtree: `#!/bin/sh\nexec '${process.execPath}' '${program}' "$@"\n` });
    await chmod(join(bin, "fieldtree"), 0o755);
    const { stdout: script } = await fieldtree(["completion", "bash"]);
    const complete = async (line: string, ...words: string[]) => {
      const set = `COMP_LINE='fieldtree ${line}'; COMP_POINT=\${#COMP_LINE}; COMP_WORDS=(fieldtree ${words.map((word) => `'${word}'`).join(" ")})`;
      const run = `${script}\n${set}; COMP_CWORD=${words.length}; _fieldtree; printf '%s\\n' "\${COMPREPLY[@]}"`;
      const env = { ...process.env, PATH: `${bin}:${process.env.PATH}` };
      return (await sh("bash", ["-c", run], { cwd, env })).stdout.split("\n").filter(Boolean);
    };
    expect(await complete("ls pro", "ls", "pro")).toEqual(["products/"]);
    expect(await complete("get products/H", "get", "products/H")).toEqual(["products/HALO/"]);
    expect(await complete("ls products@", "ls", "products", "@")).toEqual(["1"]);
    expect(await complete("diff pro", "diff", "pro")).toEqual(["prototype.txt", "products/"]);
    expect(await complete("add x --at ra", "add", "x", "--at", "ra")).toContain("raw");
    expect(await complete("rollback ", "rollback", "")).toEqual(["1"]);
  });
});
