/** What `npm pack` ships, installed in an empty folder as a stranger would, and used there. */
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { blocksIn } from "./docs/pages.ts";

const folder = mkdtempSync(join(tmpdir(), "fieldtree-package-"));
const installed = join(folder, "node_modules", "fieldtree");
const program = join(folder, "node_modules", ".bin", "fieldtree");
const sample = "products/ALMA/surface_meteorology.zarr";

const fieldtree = (...args: string[]) => execa(program, args, { cwd: folder });

beforeAll(async () => {
  await execa("npm", ["pack", "--silent", "--pack-destination", folder]);
  const tarball = readdirSync(folder).find((file) => file.endsWith(".tgz"))!;
  writeFileSync(join(folder, "package.json"), '{ "private": true }\n');
  await execa("npm", ["install", "--silent", "--prefer-offline", "--no-audit", `./${tarball}`], { cwd: folder });
}, 300_000);
// A quarter of a gigabyte.
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("the package", () => {
  it("holds the program, its schemas and its licences, and neither sources nor tests", () => {
    const files = readdirSync(installed, { recursive: true, encoding: "utf8" }).filter(
      (file) => !/node_modules/.test(file),
    );
    expect(files).toEqual(expect.arrayContaining(["dist/bin.js", "dist/cli.js", "schemas", "LICENSE", "README.md"]));
    expect(files.filter((file) => /(?<!\.d)\.ts$|^test/.test(file))).toEqual([]);
  });

  it("contains everything that the sources read at run time", () => {
    const assets = readdirSync("pipeline", { recursive: true, encoding: "utf8", withFileTypes: true })
      .filter((entry) => entry.isFile() && !entry.name.endsWith(".ts"))
      .map((entry) => join(entry.parentPath, entry.name));
    for (const asset of assets) {
      const shipped = join(installed, "dist", asset.replace(/^pipeline/, ""));
      expect(readFileSync(shipped, "utf8"), asset).toBe(readFileSync(asset, "utf8"));
    }
  });

  it("tells its version", async () => {
    const { version } = JSON.parse(readFileSync("package.json", "utf8")) as { version: string };
    expect((await fieldtree("--version")).stdout).toBe(version);
  });

  it("starts a repository on GitHub, with the workflows it brings along", async () => {
    await fieldtree("init", "elsewhere", "--actions", `fieldtree/fieldtree@${"0".repeat(40)}`);
    const workflow = join(folder, "elsewhere", ".github", "workflows", "publish.yml");
    expect(readFileSync(workflow, "utf8")).toContain("uses: fieldtree/fieldtree/actions/publish@");
  });

  it("publishes a campaign", async () => {
    cpSync(join("sample", sample), join(folder, "alma.zarr"), { recursive: true });
    await fieldtree("init", "--name", "tradeline");
    await fieldtree("add", "alma.zarr", "--at", sample);
    const { stdout } = await fieldtree("--json", "publish");

    const published = JSON.parse(stdout.split("\n").at(-1)!) as Record<string, unknown>;
    expect(published).toMatchObject({ event: "published", release: 1, changed: true });
    const portal = await fieldtree("--json", "ls", `${published.portal}`);
    const names = portal.stdout.split("\n").map((line) => (JSON.parse(line) as { name: string }).name);
    expect(names).toEqual(expect.arrayContaining(["index.html", "index.json", "stac", "tree"]));
  });
});

it("folds views of one's own, as docs/views.md shows", async () => {
  const [example] = blocksIn("docs/views.md", "js");
  writeFileSync(join(folder, "counts.mjs"), example!);
  const run = () => execa(process.execPath, ["counts.mjs", "."], { cwd: folder });
  const { stdout } = await run();
  expect(JSON.parse(stdout)).toEqual({ add: 1, update: 0, move: 0, remove: 0, respell: 0 });
  expect(existsSync(join(folder, "folded", "counts.json"))).toBe(true);
  expect((await run()).stdout).toBe(stdout);

  const exported = "import * as views from 'fieldtree/views'; console.log(Object.keys(views).sort().join())";
  const surface = await execa(process.execPath, ["--input-type=module", "-e", exported], { cwd: folder });
  expect(surface.stdout).toBe("campaignLog,fileStore,logAt,memoryStore,openViews");
});

it("types views of one's own, without types of Node", async () => {
  const consumer = `
    import { campaignLog, type FoldedView, fileStore, logAt, memoryStore, openViews, type Past } from "fieldtree/views";
    const perYear: FoldedView<Record<string, number>> = {
      name: "per-year",
      version: 1,
      empty: {},
      step(state, { release }: Past) {
        const year = release.made.slice(0, 4);
        for (const { op } of release.changes) if (op === "add") state[year] = (state[year] ?? 0) + 1;
        return state;
      },
    };
    await using log = await campaignLog(".");
    await using mirror = await logAt("bafy", { name: "mirror", gateways: ["https://ipfs.io"] });
    const views = openViews({ logs: [log, mirror], store: fileStore("folded") });
    views.use(perYear);
    await views.ready(perYear, { at: "bafy" });
    export const years: Record<string, number> = await views.get(perYear);
    // @ts-expect-error: a view has a name
    openViews({ logs: [log], store: memoryStore() }).use({ version: 1, empty: 0, step: (state: number) => state });
  `;
  writeFileSync(join(folder, "consumer.mts"), consumer);
  const compilerOptions = {
    ...{ strict: true, noEmit: true, exactOptionalPropertyTypes: true, noUncheckedIndexedAccess: true },
    ...{ module: "nodenext", target: "es2024", lib: ["esnext", "dom"], types: [] },
  };
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, files: ["consumer.mts"] }));
  const { stdout, exitCode } = await execa("tsc", ["-p", folder], { preferLocal: true, reject: false });
  expect(stdout).toBe("");
  expect(exitCode).toBe(0);
});

it("is on the PATH after a clone was built and linked", async () => {
  const prefix = join(folder, "prefix");
  // Built when it was packed.
  await execa("npm", ["link", "--silent", "--no-audit"], { env: { npm_config_prefix: prefix } });
  const { stdout } = await execa("fieldtree", ["inspect", join(folder, "package.json")], {
    cwd: folder,
    env: { PATH: `${join(prefix, "bin")}${delimiter}${process.env.PATH}` },
  });
  expect(stdout).toMatch(/^package\.json: JSON, /);
});

it("shows itself at work without a campaign of yours", async () => {
  const { stdout } = await fieldtree("--json", "demo", "--once");
  expect(JSON.parse(stdout.split("\n").at(-1)!)).toMatchObject({ event: "published", changed: true });
});

const oldNode = await nodeOlderThan(24);

describe.skipIf(!oldNode)("on a machine whose Node is too old", () => {
  const onOldNode = (...args: string[]) => execa(oldNode!, [program, ...args], { cwd: folder, reject: false });

  it("runs on the Node that was installed with it", async () => {
    const { stdout, exitCode } = await onOldNode("--help");
    expect(stdout).toContain("Usage: fieldtree");
    expect(exitCode).toBe(0);
  });

  it("passes the exit code on", async () => {
    expect((await onOldNode("no-such-verb")).exitCode).toBe(2);
  });

  it("hands a signal on, and ends when the program has ended well", async () => {
    const serving = onOldNode("serve", "--port", "0");
    const answers = new Promise((resolve) => serving.stdout.once("data", resolve));
    const ended = serving.then(({ stderr }) => expect.fail(`serve ended before it answered: ${stderr}`));
    await Promise.race([answers, ended]);
    serving.kill("SIGTERM");
    expect((await serving).exitCode).toBe(0);
  });
});

/** A `node` of the machine's own, outside this project, with a lower major version. */
async function nodeOlderThan(major: number): Promise<string | undefined> {
  const places = (process.env.PATH ?? "").split(delimiter).filter((place) => !place.includes("node_modules"));
  for (const place of new Set(places)) {
    const node = join(place, "node");
    if (!existsSync(node)) continue;
    const { stdout } = await execa(node, ["-p", "process.versions.node"], { reject: false });
    if (Number.parseInt(stdout, 10) < major) return node;
  }
  return undefined;
}
