/**
 * What others wrote to hold pinning services and their clients against: the Pinning Service API's compliance suite, and
 * Pinata's own SDK.
 *
 * Kept out of our package.json: together they bring five hundred packages along, some of them old. Their versions and
 * hashes are those of `pinning/package-lock.json`; the API's description is the one in `pinning/go.sum`.
 */
import { createHash } from "node:crypto";
import { copyFile, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { isAbsent, recordAbsence } from "../absent.ts";
import { installOnce } from "./made.ts";

const files = join(import.meta.dirname, "pinning");
const what = "the Pinning Service API's compliance suite and Pinata's SDK";
const oldNode = "old-node.cjs";
const suite = ["node_modules", "@ipfs-shipyard", "pinning-service-compliance", "dist", "src"];

/** Where they are installed; `undefined`, and on the list of absences, where they can't be. */
export async function pinningTools(): Promise<string | undefined> {
  if (isAbsent(what)) return undefined;
  try {
    const lock = await readFile(join(files, "package-lock.json"));
    const digest = createHash("sha256").update(lock).digest("hex").slice(0, 12);
    return await installOnce(`pinning-${digest}`, "half a minute", install);
  } catch (error) {
    const { stderr, message } = error as { stderr?: string; message: string };
    const why = (stderr?.trim() || message).split("\n")[0]!;
    return recordAbsence({ what, why, get: "let npm and Go reach their registries", required: true });
  }
}

export interface Compliance {
  readonly total: number;
  readonly passed: number;
  readonly failed: number;
  readonly success: boolean;
}

/**
 * What the compliance suite says of a service, by its own report: it exits with 0 whatever it found.
 *
 * @throws Error where {@link pinningTools} is absent, or it wrote no report.
 */
export async function complianceOf(service: {
  readonly endpoint: string;
  readonly token: string;
}): Promise<Compliance> {
  const folder = await installed();
  const reports = await mkdtemp(join(tmpdir(), "fieldtree-compliance-"));
  try {
    const program = join(folder, ...suite, "index.js");
    const args = ["--require", join(folder, oldNode), program, "-s", service.endpoint, service.token];
    await execa(process.execPath, args, { cwd: reports, stdin: "ignore" });
    return JSON.parse(
      await readFile(join(reports, `${new URL(service.endpoint).hostname}.json`), "utf8"),
    ) as Compliance;
  } finally {
    await rm(reports, { recursive: true, force: true });
  }
}

/** The calls of Pinata's SDK that we make too. */
export interface PinataSdk {
  pinByHash(cid: string, options: object): Promise<unknown>;
  pinJobs(filters: object): Promise<unknown>;
  pinList(filters: object): Promise<unknown>;
  unpin(cid: string): Promise<unknown>;
}

/** @throws Error where {@link pinningTools} is absent. */
export async function pinataSdk(jwt: string): Promise<PinataSdk> {
  const require = createRequire(join(await installed(), "package.json"));
  const Sdk = require("@pinata/sdk") as new (config: object) => PinataSdk;
  return new Sdk({ pinataJWTKey: jwt });
}

async function installed(): Promise<string> {
  const folder = await pinningTools();
  if (!folder) throw new Error(`${what} are absent: ask pinningTools() first`);
  return folder;
}

async function install(folder: string): Promise<void> {
  for (const file of ["package.json", "package-lock.json"]) await copyFile(join(files, file), join(folder, file));
  // Without scripts: one of them would download a Kubo, which no check uses.
  await execa("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund"], { cwd: folder, stdin: "ignore" });

  const module = "github.com/ipfs/go-pinning-service-http-client";
  const { stdout } = await execa("go", ["mod", "download", "-json", module], { cwd: files, stdin: "ignore" });
  const { Dir } = JSON.parse(stdout) as { Dir: string };
  const description = join(folder, "openapi.yaml");
  await writeFile(description, await readFile(join(Dir, "openapi", "api", "openapi.yaml")));

  // It was written for a Node that still had these.
  await writeFile(
    join(folder, oldNode),
    `const util = require("util");
util.isArray = Array.isArray;
util.isObject = (value) => value !== null && typeof value === "object";
util.isFunction = (value) => typeof value === "function";
util.isNumber = (value) => typeof value === "number";
util.isUndefined = (value) => value === undefined;
`,
  );

  // It would fetch the API's description from GitHub at every run, and keep all reports in one place.
  const constants = join(folder, ...suite, "utils", "constants.js");
  const written = await readFile(constants, "utf8");
  const changed = written
    .replace(/(?<=const specLocation = ).*(?=;)/, JSON.stringify(description))
    .replace(/(?<=const docsDir = ).*(?=;)/, "process.cwd()");
  if (!changed.includes("process.cwd()") || !changed.includes(description)) throw new Error(`${constants} has changed`);
  await writeFile(constants, changed);
}
