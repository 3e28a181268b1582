import { readdirSync, readFileSync } from "node:fs";
import { isBuiltin } from "node:module";
import { dirname, normalize } from "node:path/posix";
import { parseSync } from "vite";
import { describe, expect, it } from "vitest";

/** Who may import whom. A folder may always import itself. Read it as the map of the pipeline. */
const families = ["ipfs", "pin", "names", "dois", "formats", "log", "serve", "s3"];
const belowCampaign = ["core", "dag", "disk", "http", ...families, "views", "fold", "stages"];
const belowCommands = [...belowCampaign, "campaign", "github", "cli"];
const mayImport: Readonly<Record<string, readonly string[]>> = {
  core: [],
  dag: ["core"],
  disk: ["core"],
  http: ["core"],
  ipfs: ["core", "dag", "disk", "http"],
  pin: ["core", "http"],
  names: ["core", "http"],
  dois: ["core", "http"],
  formats: ["core"],
  log: ["core", "dag", "disk"],
  serve: ["core", "dag", "http", "ipfs"],
  s3: ["core", "dag", "disk", "http", "ipfs"],
  views: ["core", "dag", "log"],
  fold: ["core", "disk", "log", "views"],
  stages: ["core", "dag", "disk", "http", ...families, "views", "fold"],
  campaign: belowCampaign,
  github: ["core", "http"],
  cli: [...belowCampaign, "campaign", "github"],
  commands: belowCommands,
  "cli.ts": ["core", "disk", "cli", "commands", "campaign"],
  "bin.ts": ["cli.ts"],
};

/** The same within a folder that has become several: which of its folders may import which. */
const mayImportWithin: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  stages: {
    tree: [],
    names: [],
    scan: [],
    import: [],
    dois: [],
    pins: ["tree", "names"],
    pull: ["pins"],
    publish: ["tree", "names", "scan", "pins"],
    verify: ["tree", "names", "scan", "pins", "publish"],
    review: ["tree", "scan", "pins"],
    mirror: ["tree"],
    adopt: ["tree", "pins", "publish", "verify"],
  },
  github: {
    run: [],
    "pull-request": ["run"],
    report: ["run", "pull-request"],
    release: ["run", "pull-request", "report"],
    health: ["run", "report"],
  },
  dag: { codec: [], read: ["codec"], build: ["codec"] },
};

/** What a browser runs, with all that it imports, and so may not use Node. */
const inBrowsers = ["core", "formats", "dag/codec", "dag/read"];

/** What the browser app may import: what runs in browsers, and of what makes blocks that which needs no disk. */
const ofBrowserApp = [
  ...["core/", "formats/", "dag/codec/", "dag/read/", "dag/block.ts"],
  ...["dag/build/file.ts", "dag/directory.ts", "dag/profile.ts"],
].map((path) => `pipeline/${path}`);

/** Imports what `browser/contribute/node-crypto.ts` takes the place of in the browser app: contributors' files become blocks there. */
const hashesByNode = "pipeline/dag/hash.ts";
const packagesOfBrowserApp = [
  "preact",
  "@preact/signals",
  "fzstd",
  "d3-geo",
  "geojson",
  "topojson-client",
  "topojson-specification",
];

/** Everything in pipeline/, read once. */
const sources = sourcesIn("pipeline");
/** The same of the browser app, without what builds it. */
const app = sourcesIn("browser", "browser/vite.config.ts");

function sourcesIn(folder: string, without?: string): ReadonlyMap<string, Source> {
  return new Map(
    readdirSync(folder, { recursive: true, encoding: "utf8" })
      .filter((file) => /\.tsx?$/.test(file))
      .map((file) => `${folder}/${file.replaceAll("\\", "/")}`)
      .filter((file) => file !== without)
      .sort()
      .map((file) => [file, look(file, readFileSync(file, "utf8"))]),
  );
}
const within = (...folders: string[]) =>
  [...sources].filter(([file]) => folders.some((folder) => file.startsWith(`pipeline/${folder}/`)));
const folderOf = (file: string) => file.split("/")[1]!;

it.each([...sources.keys()])("%s imports only from below", (file) => {
  const from = folderOf(file);
  const allowed = mayImport[from];
  expect(allowed, `${from} has no place on the map`).toBeDefined();
  const strays = relativeImports(file).filter((to) => folderOf(to) !== from && !allowed!.includes(folderOf(to)));
  expect(strays).toEqual([]);
});

it.each(Object.keys(mayImportWithin))("%s is divided into folders that import only from below", (folder) => {
  const allowed = mayImportWithin[folder]!;
  const partOf = (file: string) => file.slice(`pipeline/${folder}/`.length).split("/").slice(0, -1)[0];
  for (const [file] of within(folder)) {
    const from = partOf(file);
    const to = relativeImports(file)
      .filter((target) => target.startsWith(`pipeline/${folder}/`))
      .map(partOf)
      .filter((part) => part !== undefined && part !== from);
    const strays = from === undefined ? [] : to.filter((part) => !allowed[from]?.includes(part!));
    expect(strays, file).toEqual([]);
    if (from !== undefined)
      expect(Object.keys(allowed), `${file} is in a folder without a place on the map`).toContain(from);
  }
});

it("has no import cycles", () => {
  const done = new Set<string>();
  const walk = (file: string, path: readonly string[]): void => {
    if (path.includes(file)) expect.fail([...path.slice(path.indexOf(file)), file].join(" → "));
    if (done.has(file)) return;
    for (const to of relativeImports(file)) walk(to, [...path, file]);
    done.add(file);
  };
  for (const file of sources.keys()) walk(file, []);
});

it("uses only packages that an installation brings along", () => {
  const { dependencies } = JSON.parse(readFileSync("package.json", "utf8")) as { dependencies: object };
  for (const [file, { imports }] of sources) {
    const packages = imports.filter((to) => !to.startsWith(".") && !isBuiltin(to)).map(packageOf);
    expect(
      packages.filter((name) => !Object.hasOwn(dependencies, name)),
      file,
    ).toEqual([]);
  }
});

it("lets the browser app import what runs in browsers, and nothing else", () => {
  const installed = JSON.parse(readFileSync("package.json", "utf8")) as { dependencies: object };
  for (const [file, { imports }] of app) {
    const strays = imports.filter((to) => {
      if (!to.startsWith("."))
        return !packagesOfBrowserApp.includes(packageOf(to)) && !Object.hasOwn(installed.dependencies, packageOf(to));
      const path = normalize(`${dirname(file)}/${to}`);
      return !path.startsWith("browser/") && !ofBrowserApp.some((folder) => path.startsWith(folder));
    });
    expect(strays, file).toEqual([]);
  }
});

it("keeps what a browser uses free of Node", () => {
  const forbidden = ["Buffer", "process", "setImmediate", "require", "NodeJS"];
  const files = new Set([...within(...inBrowsers).map(([file]) => file), ...app.keys()]);
  // A set is iterated in the order of insertion, so what is added here is visited as well.
  for (const file of files) for (const imported of relativeImports(file)) files.add(imported);
  expect(files).toContain("pipeline/dag/block.ts");
  for (const file of files) {
    const { imports, globals } = sourceOf(file)!;
    expect(imports.filter(isBuiltin), file).toEqual(file === hashesByNode ? ["node:crypto"] : []);
    expect(
      forbidden.filter((name) => globals.has(name)),
      file,
    ).toEqual([]);
  }
});

it("lets the browser app alone replace a part of Node: what core and formats import needs none", () => {
  const files = new Set(within(...inBrowsers).map(([file]) => file));
  for (const file of files) for (const imported of relativeImports(file)) files.add(imported);
  expect(files).not.toContain(hashesByNode);
});

it("lets core and formats reach the world only through a World", () => {
  const forbidden = ["fetch", "console", "performance", "WebSocket", "XMLHttpRequest", "navigator"];
  for (const [file, { globals }] of within("core", "formats")) {
    expect(
      forbidden.filter((name) => globals.has(name)),
      file,
    ).toEqual([]);
  }
});

it("touches process in three files only", () => {
  const allowed = ["pipeline/bin.ts", "pipeline/cli.ts", "pipeline/disk/lock.ts"]; // A lock is about processes.
  const strays = [...sources]
    .filter(([, { globals, imports }]) => globals.has("process") || imports.some((to) => /^(node:)?process$/.test(to)))
    .map(([file]) => file);
  expect(strays.filter((file) => !allowed.includes(file))).toEqual([]);
});

it("takes no order and no spelling from the machine's language", () => {
  for (const [file, { members }] of sources) {
    expect(
      [...members].filter((name) => /^(localeCompare|toLocale.*)$/.test(name)),
      file,
    ).toEqual([]);
  }
});

it("takes no clock and no chance into what is computed from data", () => {
  for (const [file, { text }] of within("core", "dag", "formats", "views")) {
    expect(text.match(/\bDate\.now\(|\bnew Date\(\)|\bMath\.random\(|\brandomUUID\(/g) ?? [], file).toEqual([]);
  }
});

describe("the eyes of this test", () => {
  it.each([
    ['import { a } from "./x.ts";'],
    ['import "./x.ts";'],
    ['import type { A } from "./x.ts";'],
    ['import { type A } from "./x.ts";'],
    ['export * from "./x.ts";'],
    ['export type { A } from "./x.ts";'],
    ['const a = await import("./x.ts");'],
    ['type A = import("./x.ts").A;'],
    ['const a: typeof import("./x.ts") = b;'],
  ])("see %s", (text) => {
    expect(look("a.ts", text).imports).toEqual(["./x.ts"]);
  });

  it("see no import in a comment or a sentence", () => {
    expect(look("a.ts", '/* import "./x.ts" */ const said = \'import "./x.ts"\';').imports).toEqual([]);
  });

  it("refuse an import whose target only running would tell", () => {
    expect(() => look("a.ts", "await import(name);")).toThrow("a.ts imports something that can't be read off");
  });

  it("tell the global process from a property and from a word", () => {
    expect(look("a.ts", "process.exit(1)").globals.has("process")).toBe(true);
    expect(look("a.ts", "const { env } = process;").globals.has("process")).toBe(true);
    expect(look("a.ts", 'const a = { process: 1 }; a.process; say("process.exit");').globals.has("process")).toBe(
      false,
    );
  });
});

interface Source {
  readonly text: string;
  /** Targets as written, of types too. */
  readonly imports: readonly string[];
  /** Names that stand for themselves, not behind a dot. */
  readonly globals: ReadonlySet<string>;
  /** Names behind a dot. */
  readonly members: ReadonlySet<string>;
}

function look(file: string, text: string): Source {
  const { program, errors } = parseSync(file, text);
  if (errors.length > 0) throw new Error(`${file}: ${errors[0]!.message}`);
  const [imports, globals, members] = [new Set<string>(), new Set<string>(), new Set<string>()];

  const visit = (node: unknown): void => {
    if (Array.isArray(node)) for (const one of node) visit(one);
    if (!isNode(node)) return;
    if (node.type === "ImportExpression" || node.type === "TSImportType" || node.source) {
      const target = (node.source as { value?: unknown } | null)?.value;
      if (typeof target !== "string") throw new Error(`${file} imports something that can't be read off`);
      imports.add(target);
    }
    if (node.type === "Identifier") globals.add(node.name as string);
    for (const [key, child] of Object.entries(node)) {
      const named = !node.computed && (key === "property" || (key === "key" && !node.shorthand));
      if (named && isNode(child)) members.add(String(child.name));
      else visit(child);
    }
  };
  visit(program);
  return { text, imports: [...imports], globals, members };
}

interface Node {
  readonly type: string;
  readonly [key: string]: unknown;
}

function isNode(value: unknown): value is Node {
  return typeof value === "object" && value !== null && typeof (value as Node).type === "string";
}

/** `@scope/name/file.js` → `@scope/name`. */
function packageOf(target: string): string {
  return target
    .split("/")
    .slice(0, target.startsWith("@") ? 2 : 1)
    .join("/");
}

const sourceOf = (file: string) => sources.get(file) ?? app.get(file);

function relativeImports(file: string): string[] {
  return sourceOf(file)!
    .imports.filter((to) => to.startsWith("."))
    .map((to) => normalize(`${dirname(file)}/${to}`))
    .filter((to) => sourceOf(to) !== undefined);
}
