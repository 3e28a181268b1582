/** What a newcomer types first, and what they get to read. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { v0, v1 } from "../core/cids.ts";
import { aCampaign, aFolder, fieldtree } from "./program.ts";
import { expectSchema } from "./schemas.ts";

describe("without a verb", () => {
  it.each([[[]], [["--quiet"]], [["--no-color"]], [["--campaign", "nowhere"]], [["--campaign=nowhere"]]])(
    "fieldtree %j prints what there is, and exits 0",
    async (args) => {
      const { code, stdout, stderr } = await fieldtree(args);
      expect([code, stderr]).toEqual([0, ""]);
      expect(stdout).toContain("For contributors:");
    },
  );

  it("is a mistake where a flag is none, or lacks its value", async () => {
    expect(await fieldtree(["--nonsense"])).toMatchObject({ code: 2, stderr: expect.stringContaining("--nonsense") });
    expect(await fieldtree(["--campaign"])).toMatchObject({ code: 2, stderr: expect.stringContaining("missing") });
  });
});

describe("a campaign with nothing in it", () => {
  it.each([["products:\n"], [""]])("of %j is scanned, planned and published in words", async (tree) => {
    const cwd = await aCampaign({ "tree.yaml": tree });
    for (const args of [["scan"], ["ls"], ["check"], ["status", "--deadline", "60"]]) {
      expect(await fieldtree(args, { cwd }), args[0]!).toMatchObject({ code: 0 });
    }
    expect((await fieldtree(["scan"], { cwd })).stdout).not.toContain("4 B");
    expect(await fieldtree(["plan"], { cwd })).toMatchObject({
      code: 0,
      stdout: expect.stringContaining("tree.yaml: nothing in it yet; fieldtree add PATH"),
    });
    expect((await fieldtree(["plan"], { cwd })).stdout).not.toContain("add      products baf");
    expect(await fieldtree(["publish"], { cwd })).toMatchObject({
      code: 0,
      stderr: expect.stringContaining("nothing in it yet"),
      stdout: expect.stringContaining("release 1 is live"),
    });
    expect((await fieldtree(["status", "--deadline", "60"], { cwd })).stdout).toContain("nothing in it yet");
  });

  it("scans right after init, and an empty folder that is named by its CID", async () => {
    const cwd = await aFolder();
    expect((await fieldtree(["init"], { cwd })).code).toBe(0);
    expect(await fieldtree(["scan"], { cwd })).toMatchObject({ code: 0, stdout: "products: empty folder\n" });
    const empty = "QmUNLLsPACCz1vLxQVkXqqLX5R1X345qqfHbsf67hvA3Nn";
    expect(await fieldtree(["ls", empty], { cwd })).toMatchObject({ code: 0, stdout: "" });
  });
});

describe("findings of one rule", () => {
  const roots = Array.from({ length: 190 }, (_, seed) => `  leaf${seed}: ${v0(seed)}\n`).join("");
  const warnings = Array.from({ length: 14 }, (_, i) => `  twice${i}: ${v1(500)}\n`).join("");

  it("are one line with a count and an example where they are hints, and ten where they are warnings", async () => {
    const cwd = await aCampaign({ "tree.yaml": `products:\n${roots}raw:\n${warnings}` });
    const { stdout, code } = await fieldtree(["check"], { cwd });
    expect(code).toBe(0);
    const lines = stdout.trimEnd().split("\n");
    expect(lines.filter((line) => line.includes("cid-v0"))).toEqual([
      expect.stringMatching(/^tree\.yaml:2:10 {2}hint {2}cid-v0 {2}190 times, as here: a CIDv0; /),
    ]);
    expect(lines.filter((line) => line.includes("same-content"))).toHaveLength(10);
    expect(lines.at(-2)).toMatch(/same-content {2}4 times, as here: /);
    expect(lines.at(-1)).toBe("tree.yaml: 0 errors, 203 other findings (--all shows each)");

    const all = (await fieldtree(["check", "--all"], { cwd })).stdout;
    expect(all.match(/cid-v0/g)).toHaveLength(190);
    expect(all.match(/same-content/g)).toHaveLength(13);
    expect(all).not.toContain("--all");
    expect((await fieldtree(["check", "--json"], { cwd })).json()[0].findings).toHaveLength(203);
  });

  it("are counted in a plan, too", async () => {
    const cwd = await aCampaign({ "tree.yaml": `products:\n${roots}` });
    const { stdout } = await fieldtree(["plan"], { cwd });
    expect(stdout.match(/cid-v0/g)).toHaveLength(1);
    expect((await fieldtree(["plan", "--all"], { cwd })).stdout.match(/cid-v0/g)).toHaveLength(190);
  });

  it("are counted in the report of a pull request, those it adds apart from those of the base", async () => {
    const cwd = await aCampaign({
      "base.yaml": `products:\n${roots}`,
      "tree.yaml": `products:\n${roots}  new: ${v0(999)}\n`,
    });
    for (const format of ["text", "markdown"]) {
      const report = async (...more: string[]) =>
        (await fieldtree(["report", "--base", "base.yaml", "--format", format, ...more], { cwd })).stdout;
      const said = await report();
      expect(said.match(/cid-v0/g), said).toHaveLength(2);
      expect(said).toContain("190 times, as here: ");
      // A comment has room for so many.
      const coloured = await fieldtree(["report", "--base", "base.yaml", "--format", format], {
        cwd,
        env: { NO_COLOR: "", FORCE_COLOR: "1" },
      });
      expect(coloured.stdout.includes("\u001b[36mhint")).toBe(format === "text");
      expect((await report("--all")).match(/cid-v0/g)!.length).toBeGreaterThanOrEqual(format === "text" ? 191 : 50);
    }
  });

  it("are counted where data is added and looked at", async () => {
    const videos = Object.fromEntries(
      [1, 2, 3].map((day) => [`videos/${day}/dataset_meta.yaml`, `attributes: {title: Day ${day}}\nextra: x\n`]),
    );
    const cwd = await aCampaign(videos);
    const { stdout } = await fieldtree(["add", "videos"], { cwd });
    expect(stdout.match(/hint {2}sidecar-unknown/g)).toHaveLength(1);
    expect(stdout).toContain("3 times, as here: 1: ");
    expect(
      (await fieldtree(["add", "videos", "--all"], { cwd })).stdout.match(/hint {2}sidecar-unknown/g),
    ).toHaveLength(3);
  });
});

describe("--quiet", () => {
  it("says nothing where all is well", async () => {
    const cwd = await aCampaign({ "a.txt": "a" });
    for (const args of [
      ["add", "a.txt", "--at", "a.txt"],
      ["check"],
      ["fmt"],
      ["plan"],
      ["publish"],
      ["publish"],
      ["status", "--deadline", "60"],
      ["scan"],
      ["inspect", "a.txt"],
      ["verify"],
      ["log"],
      ["fsck"],
      ["gc"],
      ["repin"],
      ["republish"],
      ["lease", "show"],
      ["get", "a.txt", "-o", "b.txt"],
      ["init"],
      ["diff", "tree.yaml"],
    ]) {
      expect(await fieldtree(["--quiet", ...args], { cwd }), args.join(" ")).toMatchObject({
        code: 0,
        stdout: "",
        stderr: "",
      });
    }
  });

  it("prints errors and nothing else", async () => {
    const cwd = await aCampaign({ "tree.yaml": `a: foo\nb: ${v0(1)}\n` });
    for (const verb of ["check", "plan"]) {
      const { code, stdout } = await fieldtree([verb, "--quiet"], { cwd });
      expect(code).toBe(1);
      expect(stdout).toContain("tree.yaml:1:4  error  not-a-cid");
      expect(stdout).not.toContain("hint");
    }
    await writeFile(join(cwd, "tree.yaml"), "a:\n     b:\n");
    expect(await fieldtree(["fmt", "--check", "--quiet"], { cwd })).toMatchObject({
      code: 1,
      stdout: "tree.yaml is not tidy\n",
    });
    expect(await fieldtree(["get", "nowhere", "--quiet"], { cwd })).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("nowhere"),
    });
  });

  it("lets through what goes into a pipe", async () => {
    const cwd = await aCampaign({ "a.txt": "a" });
    await fieldtree(["add", "a.txt", "--at", "a.txt"], { cwd });
    expect((await fieldtree(["cat", "a.txt", "--quiet"], { cwd })).stdout).toBe("a");
    expect((await fieldtree(["completion", "bash", "--quiet"], { cwd })).stdout).toContain("complete");
    expect((await fieldtree(["car", "export", "a.txt", "--quiet"], { cwd })).stdout).not.toBe("");
  });
});

describe("--json", () => {
  it("ends in a JSON line for every verb that has nothing to say", async () => {
    const cwd = await aCampaign({ "empty/.keep": "" });
    for (const args of [
      ["log"],
      ["ls"],
      ["scan"],
      ["republish"],
      ["fsck"],
      ["gc"],
      ["status", "--deadline", "60"],
      ["lease", "show"],
    ]) {
      const run = await fieldtree([...args, "--json"], { cwd });
      expect([run.code, run.stderr.includes("defect")], args.join(" ")).toEqual([0, false]);
      expect(run.json().length, args.join(" ")).toBeGreaterThan(0);
    }
    const { json } = await fieldtree(["log", "--json"], { cwd });
    expect(json()).toEqual([{ event: "done" }]);
    expectSchema("done", json());
  });

  it("ends in a JSON line for help, version, bytes and failures", async () => {
    const cwd = await aCampaign({ "a.bin": new Uint8Array([0, 255, 10, 13]) });
    await fieldtree(["add", "a.bin", "--at", "a.bin"], { cwd });
    const lines = async (...args: string[]) => (await fieldtree(["--json", ...args], { cwd })).json();
    expect(await lines()).toMatchObject([{ help: expect.stringContaining("For contributors:") }]);
    expect(await lines("help", "ls")).toMatchObject([{ help: expect.stringContaining("Example:") }]);
    expect(await lines("--version")).toMatchObject([{ version: expect.stringMatching(/^\d/) }]);
    expect(await lines("cat", "a.bin")).toMatchObject([{ base64: "AP8KDQ==" }, { path: "a.bin", bytes: 4 }]);
    expectSchema("cat", await lines("cat", "a.bin"));
    const exported = await lines("car", "export", "a.bin");
    expectSchema("car", exported.slice(-1));
    expect(exported.at(-1)).toMatchObject({ path: "-", blocks: 1 });
    for (const args of [
      ["cat", "nowhere"],
      ["cat"],
      ["nonsense"],
      ["car", "sideways"],
      ["diff", "nothing"],
      ["--campaign", "/nowhere", "ls"],
    ]) {
      const failed = await lines(...args);
      expectSchema("error", failed.slice(-1));
    }
  });
});

describe("colour", () => {
  const esc = "\u001b[";
  const check = async (env: Record<string, string>, ...args: string[]) => {
    const cwd = await aCampaign({ "tree.yaml": `a: foo\nb: ${v0(1)}\n` });
    return fieldtree(["check", ...args], { cwd, env: { NO_COLOR: "", ...env } });
  };

  it("marks levels where it is asked for, and text is the same without it", async () => {
    const { stdout } = await check({ FORCE_COLOR: "1" });
    expect(stdout).toContain(`  ${esc}31merror${esc}0m  not-a-cid`);
    expect(stdout).toContain(`  ${esc}36mhint${esc}0m  cid-v0`);
    const failure = await fieldtree(["cat"], { env: { NO_COLOR: "", FORCE_COLOR: "1" } });
    expect(failure.stderr).toContain(`${esc}31mfieldtree:${esc}0m missing`);
    expect(stdout.replaceAll(/\u001b\[\d+m/g, "")).toBe((await check({})).stdout);
  });

  it.each<[string, Record<string, string>, string[]]>([
    ["there is no terminal", {}, []],
    ["NO_COLOR is set", { NO_COLOR: "1", FORCE_COLOR: "1" }, []],
    ["--no-color is given", { FORCE_COLOR: "1" }, ["--no-color"]],
    ["FORCE_COLOR is 0", { FORCE_COLOR: "0" }, []],
    ["machines read", { FORCE_COLOR: "1" }, ["--json"]],
  ])("is none where %s", async (_, env, args) => {
    const { stdout, stderr } = await check(env, ...args);
    expect(stdout + stderr).not.toContain("\u001b");
  });
});

describe("--campaign", () => {
  it.each(["", "/", "/tree.yaml", "/campaign.yaml"])("understands FOLDER%s", async (below) => {
    const folder = await aCampaign();
    expect((await fieldtree(["--campaign", `${folder}${below}`, "check"])).code).toBe(0);
  });

  it("names the folder where there is no campaign", async () => {
    const folder = await aFolder();
    expect((await fieldtree(["--campaign", `${folder}/tree.yaml`, "check"])).stderr).toContain(
      `${folder} has no tree.yaml\n  → fieldtree init ${folder} `,
    );
  });
});
