/** What the README shows is run: a command that stopped working fails here. */
import { readFileSync } from "node:fs";
import { cp, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { verbs } from "../pipeline/commands/verbs.ts";
import { readCampaign } from "../pipeline/core/campaign/campaign.ts";
import { readTree } from "../pipeline/core/tree.ts";
import { aFolder, fieldtree, start } from "./commands/program.ts";
import { python, runPython } from "./servers/python.ts";

const root = fileURLToPath(new URL("../", import.meta.url));
const readme = await readFile(join(root, "README.md"), "utf8");
const blocks = [...readme.matchAll(/^```(\w+)\n(.*?)^```$/gms)].map(([, language, text]) => ({
  language,
  text: text!,
}));
const blocksIn = (language: string) => blocks.filter((block) => block.language === language).map(({ text }) => text);
const commands = blocksIn("sh").flatMap((text) =>
  text
    .split("\n")
    .map((line) => line.replace(/\s+#.*$/, "").trim())
    .filter(Boolean),
);

describe("the README", () => {
  it("shows only commands that this test knows how to run", () => {
    const unknown = commands.filter(
      (line) =>
        !/^(fieldtree |cd orcestra$|npm ci && npm (start|test)$|npm run build && npm link$|node bench\/)/.test(line),
    );
    expect(unknown).toEqual([]);
    const scripts = JSON.parse(readFileSync(join(root, "package.json"), "utf8")).scripts;
    expect(Object.keys(scripts)).toEqual(expect.arrayContaining(["start", "test"]));
  });

  it("shows commands that work, in the order it shows them", { timeout: 120_000 }, async () => {
    let cwd = await aFolder();
    const words = (line: string) => [...line.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, bare]) => quoted ?? bare!);
    const run = async (line: string) => {
      const args = words(line).slice(1);
      if (args[0] !== "serve") return fieldtree(args, { cwd });
      const serving = start([...args, "--port", "0"], { cwd });
      serving.stdout.once("data", () => serving.kill("SIGINT"));
      return { code: (await serving).exitCode, stderr: "" };
    };
    const contributor = commands.filter((line) => line.startsWith("fieldtree "));
    const split = contributor.findIndex((line) => line.startsWith("fieldtree init"));
    // The contributor's lines are run in the campaign that the operator's lines make.
    for (const line of [
      ...contributor.slice(split, split + 1),
      ...contributor.slice(0, split),
      ...contributor.slice(split + 1),
    ]) {
      const { code, stderr } = await run(line);
      expect(code, `${line}\n${stderr}`).toBe(0);
      if (!line.startsWith("fieldtree init")) continue;
      cwd = join(cwd, "orcestra");
      await cp(join(root, "sample/products/KITE/KITE-20260126a/track.zarr"), join(cwd, "radar.zarr"), {
        recursive: true,
      });
    }
  });

  it("names no verb and no flag that does not exist", async () => {
    const known = new Set(verbs.map(({ name }) => name));
    const named = [...readme.matchAll(/`fieldtree ([a-z]+)/g)].map(([, verb]) => verb!);
    expect(named.filter((verb) => !known.has(verb))).toEqual([]);
    const helps = (await Promise.all(verbs.map(({ name }) => fieldtree(["help", name]))))
      .map(({ stdout }) => stdout)
      .join();
    const flags = [...readme.matchAll(/`[^`]*(?<=[ `])(--[a-z-]+)/g)].map(([, flag]) => flag!);
    const foreign = ["--cid-version"];
    expect(flags.filter((flag) => !helps.includes(flag) && !foreign.includes(flag))).toEqual([]);
  });

  it("shows a tree.yaml, a campaign.yaml and a dataset_meta.yaml without mistakes", async () => {
    const [tree, meta, campaign] = blocksIn("yaml");
    expect(readTree(tree!).findings).toEqual([]);
    expect(readTree(tree!).tree.size).toBe(1);
    expect(readCampaign(campaign!).findings).toEqual([]);
    const cwd = await aFolder({
      "tree.yaml": "",
      "campaign.yaml": "campaign: test",
      "data/dataset_meta.yaml": meta!,
      "data/a.mp4": "",
    });
    const [line] = (await fieldtree(["inspect", "data", "--json"], { cwd })).json();
    expect(line.item.properties.title).toBe("Cloud camera");
    expect(line.item.bbox).toEqual([-60, 5, -20, 18]);
  });
});

describe.skipIf(!(await python()))("the README's lines of Python", () => {
  let url: string;
  let stop: () => Promise<unknown>;

  beforeAll(async () => {
    const cwd = await sampleCampaign();
    const serving = start(["serve", "--port", "0", "--json"], { cwd });
    url = await new Promise((resolve) => serving.stdout.once("data", (line) => resolve(JSON.parse(String(line)).url)));
    stop = async () => {
      serving.kill("SIGINT");
      await serving;
      await rm(cwd, { recursive: true });
    };
  }, 60_000);
  afterAll(() => stop());

  it("open the dataset that they name, of the sample campaign", { timeout: 60_000 }, async () => {
    const [lines] = blocksIn("python");
    const said = await runPython(`${lines}\nprint(sorted(ds.variables), float(ds[list(ds.data_vars)[0]].max()))`, [], {
      IPFS_GATEWAY: url,
    });
    expect(said).toContain("lat");
  });
});

/** A copy of the project's own campaign, published. */
async function sampleCampaign(): Promise<string> {
  const cwd = await mkdtemp(join(tmpdir(), "fieldtree-sample-"));
  for (const name of ["tree.yaml", "campaign.yaml", "sample"])
    await cp(join(root, name), join(cwd, name), { recursive: true });
  const { tree } = readTree(await readFile(join(cwd, "tree.yaml")));
  for (const { path, cid } of tree.values()) {
    const [added] = (await fieldtree(["add", join("sample", path), "--json"], { cwd })).json();
    expect(added.cid).toBe(cid.toString());
  }
  expect((await fieldtree(["publish"], { cwd })).code).toBe(0);
  return cwd;
}
