/** What the README and the pages in docs/ show is run: a command that stopped working fails here. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { appendFile, cp, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, relative, resolve } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { verbs } from "../../pipeline/commands/verbs.ts";
import { readCampaign } from "../../pipeline/core/campaign/campaign.ts";
import { readTree } from "../../pipeline/core/tree/tree.ts";
import { aCampaign, aFolder, fieldtree, start } from "../commands/program.ts";
import { data } from "../data.ts";
import { canMakeCertificates, certificateFiles } from "../servers/https.ts";
import { python, runPython } from "../servers/python.ts";
import { startRouting } from "../servers/routing.ts";
import { aShell, blocksIn, commandsIn, follower, pages, root, sessionsIn, textOf } from "./pages.ts";

const packageJson = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
  readonly scripts: Readonly<Record<string, string>>;
  readonly dependencies: object;
  readonly devDependencies: object;
  readonly optionalDependencies: object;
};

describe("all pages", () => {
  it("show only commands that are run below, and npm scripts that exist", () => {
    // Those of other programs in docs/s3.md are run by test/scenarios/s3.test.ts.
    const shown = pages.filter((page) => page !== "docs/s3.md").flatMap(commandsIn);
    const known =
      /^(fieldtree |cd orcestra$|npm ci && npm (start|test)$|npm run build && npm link$|IPFS_GATEWAY=\S+ fieldtree |git config merge\.fieldtree\.driver |curl -sSf )/;
    expect(shown.filter((line) => !known.test(line))).toEqual([]);
    const text = pages.map(textOf).join("\n");
    const scripts = [...text.matchAll(/\bnpm (?:run )?([a-z0-9:]+)/g)].map(([, name]) => name!);
    expect(
      scripts.filter((name) => !Object.hasOwn(packageJson.scripts, name) && !["ci", "install", "link"].includes(name)),
    ).toEqual([]);
    // The Node that people have may be older than ours, which npm brings along and finds first.
    expect(text.match(/(?:^|`|&& )node [a-z]\S*/gm) ?? []).toEqual([]);
  });

  it("name no verb and no flag that does not exist", async () => {
    const named = pages.flatMap((page) =>
      [...textOf(page).matchAll(/(?:^\$ |`|&& )fieldtree ([a-z][a-z0-9-]*)/gm)].map(([, verb]) => verb!),
    );
    const known = new Set(["help", ...verbs.map(({ name }) => name)]);
    expect(named.filter((verb) => !known.has(verb))).toEqual([]);
    const helps = (await Promise.all(verbs.map(({ name }) => fieldtree(["help", name])))).map(({ stdout }) => stdout);
    const all = helps.join();
    const flags = pages.flatMap((page) =>
      [...textOf(page).matchAll(/`[^`]*(?<=[ `])(--[a-z-]+)/g)].map(([, flag]) => flag!),
    );
    const foreign = "--cid-version --raw-leaves --once --data --cacert --endpoint-url --nocopy --init".split(" ");
    expect(flags.filter((flag) => !all.includes(flag) && !foreign.includes(flag))).toEqual([]);
  });

  it("link to files and headings that are there, and every page is linked to", () => {
    const slug = (heading: string) =>
      heading
        .toLowerCase()
        .replace(/[^\w\s-]/g, "")
        .replace(/\s/g, "-");
    const headings = (text: string) => [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading]) => slug(heading!));
    const reached = new Set<string>();
    for (const page of [...pages, "CONTRIBUTING.md", "SECURITY.md"]) {
      for (const [, link] of textOf(page).matchAll(/\]\(([^)\s]+)\)/g)) {
        if (/^https?:/.test(link!)) continue;
        const [file, anchor] = link!.split("#");
        const target = file === "" ? page : relative(root, resolve(root, dirname(page), file!));
        expect(existsSync(join(root, target)), `${page} → ${link}`).toBe(true);
        if (anchor !== undefined) expect(headings(textOf(target)), `${page} → ${link}`).toContain(anchor);
        reached.add(target);
      }
    }
    expect(pages.filter((page) => page !== "README.md" && !reached.has(page))).toEqual([]);
  });

  it.each(pages.flatMap((page) => blocksIn(page, "yaml").map((text, i) => [page, i + 1, text] as const)))(
    "%s shows a file %i without mistakes, and without a hint",
    async (_, __, text) => {
      if (text.startsWith("campaign:")) return void expect(readCampaign(text).findings).toEqual([]);
      if (!text.startsWith("attributes:")) {
        const { tree, findings } = readTree(text);
        expect([findings, tree.size > 0]).toEqual([[], true]);
        return;
      }
      const cwd = await aCampaign({ "data/dataset_meta.yaml": text, "data/a.mp4": "" });
      const { stdout } = await fieldtree(["inspect", "data"], { cwd });
      expect(stdout).toContain("Cloud camera");
      expect(stdout).not.toMatch(/error|warning|hint/);
      const [line] = (await fieldtree(["inspect", "data", "--json"], { cwd })).json();
      expect(line.item.bbox).toEqual([-60, 5, -20, 18]);
    },
  );
});

describe("what the pages show works", { timeout: 120_000 }, () => {
  it("for contributors, and prints that", async () => {
    const cwd = await aFolder();
    await fieldtree(["init", "--name", "orcestra"], { cwd });
    await withRadar(cwd);
    await execa("git", ["init", "--quiet"], { cwd });
    const shell = await aShell(cwd);
    for (const session of sessionsIn("docs/contributors.md")) await follower(shell)(session);
    for (const line of commandsIn("docs/contributors.md")) await shell(line);
    expect(existsSync(join(cwd, "radar.car"))).toBe(true);
    await execa("git", ["init", "--quiet", "-b", "main"], { cwd });
  });

  it.each(["docs/operators.md", "docs/github.md"])("in %s, line by line", async (page) => {
    let cwd = await aFolder();
    for (const line of commandsIn(page)) {
      if (line.startsWith("cd ")) cwd = join(cwd, line.slice(3));
      else if (line.startsWith("fieldtree serve")) await servedAndStopped(line, cwd);
      else if (line.endsWith(" --schemas stac-schemas")) await withSchemas(line, cwd);
      else {
        if (line.includes(" --in-place ")) await withRadar(cwd);
        await (await aShell(cwd))(line);
      }
    }
  });

  it("for operators of the gateway", async () => {
    const cwd = await aFolder();
    await fieldtree(["init", "--name", "orcestra"], { cwd });
    await withRadar(cwd);
    await fieldtree(["add", "radar.zarr", "--at", "products/HALO/"], { cwd });
    expect((await fieldtree(["publish"], { cwd })).code).toBe(0);
    if (await canMakeCertificates()) {
      const { certificate, key } = await certificateFiles();
      await cp(certificate, join(cwd, "gate.pem"));
      await cp(key, join(cwd, "gate.key"));
    }
    const shell = await aShell(cwd);
    const lines = commandsIn("docs/gateway.md");
    for (const [i, line] of lines.entries()) {
      if (!line.startsWith("fieldtree serve") || (line.includes("--tls-") && !existsSync(join(cwd, "gate.pem"))))
        continue;
      const next = lines.findIndex((other, j) => j > i && !other.startsWith("curl "));
      const serving = start([...line.split(" ").slice(1), "--port", "0"], { cwd });
      const printed: string = await new Promise((resolve, reject) => {
        serving.stdout.once("data", (text) => resolve(String(text)));
        serving.then(({ stderr }) => reject(new Error(`${line}\n${stderr}`)), reject);
      });
      const { port } = new URL(/https?:\S+/.exec(printed)![0]);
      for (const curl of lines.slice(i + 1, next < 0 ? lines.length : next)) await shell(curl.replace("8642", port));
      serving.kill("SIGINT");
      expect((await serving).exitCode).toBe(0);
      if (!line.includes("--routing")) continue;
      const [shown] = blocksIn("docs/gateway.md", "text");
      for (const each of shown!.trim().split("\n")) {
        expect(printed).toContain(each.replace("https://gate.example.org", `https://127.0.0.1:${port}`));
      }
      expect(await readFile(join(cwd, ".fieldtree", "peer-id"), "utf8")).toMatch(/^12D3Koo\w+\n$/);
    }
  });

  it("in the field, from ship to shore", { timeout: 240_000 }, async () => {
    const cwd = await aFolder();
    await withRadar(cwd);
    const routing = await startRouting();
    let serving: ReturnType<typeof start> | undefined;
    let gateway = "";
    let key = "";
    try {
      for (const line of commandsIn("docs/field.md")) {
        const here = line
          .replaceAll("$KEY", key)
          .replace("https://routing.example.org", routing.url)
          .replace("http://ship.example.org:8642", gateway);
        const printed = await (await aShell(cwd))(here);
        if (line.includes("key new")) key = printed[0]!;
        if (line.endsWith("init shore")) {
          const names = `names:\n  - { ipns: KEY, key: ${key}, to: portal, routing: ["${routing.url}"] }\n`;
          await appendFile(join(cwd, "shore", "campaign.yaml"), names);
          serving = start(["serve", "--port", "0", "--json"], { cwd: join(cwd, "ship") });
          const running = serving;
          gateway = await new Promise((resolve) =>
            running.stdout.once("data", (text) => resolve(JSON.parse(String(text)).url)),
          );
        }
        if (line.endsWith("pull --all")) expect(printed[0]).toContain("up to date");
      }
    } finally {
      serving?.kill("SIGKILL");
      await routing.close();
    }
  });

  it("for data users", async () => {
    const cwd = await aFolder();
    await fieldtree(["init", "--name", "orcestra"], { cwd });
    await withRadar(cwd);
    expect((await fieldtree(["add", "radar.zarr", "--at", "products/HALO/"], { cwd })).code).toBe(0);
    expect((await fieldtree(["publish"], { cwd })).code).toBe(0);
    const shell = await aShell(cwd);
    for (const line of commandsIn("docs/data-users.md")) await shell(line);
    const addresses = [...textOf("docs/data-users.md").matchAll(/^\| `(products[^`]*|ipns:\/\/[^`…]*)`/gm)];
    expect(addresses.length).toBeGreaterThan(3);
    for (const [, address] of addresses) await shell(`fieldtree ls ${address!.replace("@3", "@1")}`);
  });
});

async function withRadar(cwd: string): Promise<void> {
  await cp(join(root, "sample/products/KITE/KITE-20260126a/track.zarr"), join(cwd, "radar.zarr"), { recursive: true });
}

/** Where this machine has the schemas; `data` records it where it hasn't. */
async function withSchemas(line: string, cwd: string): Promise<void> {
  const schemas = data("stac-schemas");
  if (!schemas) return;
  await cp(schemas, join(cwd, "stac-schemas"), { recursive: true });
  await (await aShell(cwd))(line);
}

async function servedAndStopped(line: string, cwd: string): Promise<void> {
  const serving = start([...line.split(" ").slice(1), "--port", "0"], { cwd });
  serving.stdout.once("data", () => serving.kill("SIGINT"));
  expect((await serving).exitCode).toBe(0);
}

it("the map of the code names every folder, and none that is gone", () => {
  const page = textOf("docs/developers.md");
  const map = page.slice(page.indexOf("## The map"), page.indexOf("## What each part"));
  const named = [...map.matchAll(/`pipeline\/([^`]+)`/g)].map(([, name]) => name!);
  expect(named.sort()).toEqual(readdirSync(join(root, "pipeline")).sort());
});

describe("the packages", () => {
  it("are all in the table, each where package.json has it", () => {
    const page = textOf("docs/developers.md");
    const rows = [...page.slice(page.indexOf("## Packages")).matchAll(/^\| (`.*?) \| (.*?) \|/gm)];
    const named = rows.flatMap(([, names, where]) =>
      [...names!.matchAll(/`([^`]+)`/g)].map(([, name]) => ({
        name: name!,
        testOnly: /^(tests|development)\b/.test(where!),
      })),
    );
    const apart = ["@pinata/sdk"];
    const inTable = (testOnly: boolean) =>
      named
        .filter((row) => row.testOnly === testOnly && !apart.includes(row.name))
        .map(({ name }) => name)
        .sort();
    const { dependencies, devDependencies, optionalDependencies } = packageJson;
    expect(inTable(false)).toEqual(Object.keys({ ...dependencies, ...optionalDependencies }).sort());
    expect(inTable(true)).toEqual(Object.keys(devDependencies).sort());
  });
});

describe.skipIf(!(await python()))("the lines of Python", () => {
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
    const [lines] = blocksIn("docs/data-users.md", "python");
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
