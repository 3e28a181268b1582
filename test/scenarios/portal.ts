/** A campaign published by the real program and served by it, for all tests of a file, and a browser that looks at it. */
import { once } from "node:events";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { afterAll, expect } from "vitest";
import { fieldtree, start } from "../commands/program.ts";

export type Files = Readonly<Record<string, string | Uint8Array>>;

/** Folders for a whole file of tests: made when asked for, gone after the last one. */
export function useFolders(): (files?: Files) => Promise<string> {
  const made: string[] = [];
  afterAll(() => Promise.all(made.map((folder) => rm(folder, { recursive: true, force: true }))));
  return async (files = {}) => {
    const folder = await mkdtemp(join(tmpdir(), "fieldtree-"));
    made.push(folder);
    for (const [path, content] of Object.entries(files)) {
      await mkdir(dirname(join(folder, path)), { recursive: true });
      await writeFile(join(folder, path), content);
    }
    return folder;
  };
}

/** What the program printed with `--json`, where it was to end with `code`. */
export async function json(cwd: string, args: readonly string[], { code = 0, env = {} } = {}) {
  const ran = await fieldtree([...args, "--json"], { cwd, env });
  expect(ran.code, `fieldtree ${args.join(" ")}: ${ran.stderr.slice(0, 2000)}`).toBe(code);
  return ran.json();
}

/** Add each folder or file to its path in the tree, however bad the datasets in it, and give its CID by that path. */
export async function addAll(cwd: string, leaves: Readonly<Record<string, string>>): Promise<Map<string, string>> {
  const cids = new Map<string, string>();
  for (const [at, path] of Object.entries(leaves)) {
    cids.set(at, (await json(cwd, ["add", path, "--at", at, "--force"]))[0].cid);
  }
  return cids;
}

export interface Served {
  /** Of the gateway, without trailing slash. */
  readonly url: string;
  /** Of the live portal, with one. */
  readonly portal: string;
  stop(): Promise<void>;
}

/** `fieldtree serve` in `cwd`, once it says that it answers. Port 0 is any that is free. */
export async function serving(cwd: string, port = 0): Promise<Served> {
  const running = start(["--json", "serve", "--port", `${port}`], { cwd });
  const line = await Promise.race([
    once(createInterface(running.stdout), "line").then(([first]) => first as string),
    running.then(({ stderr }) => Promise.reject(new Error(`serve ended: ${stderr}`))),
  ]);
  const { url, portal } = JSON.parse(line);
  return {
    url,
    portal,
    async stop() {
      running.kill("SIGKILL");
      await running;
    },
  };
}

/** Texts of the JSON files below `folder`, by their path in it. */
export async function stacFiles(folder: string): Promise<Map<string, string>> {
  const names = await readdir(folder, { recursive: true });
  const files = names.filter((name) => name.endsWith(".json"));
  return new Map(
    await Promise.all(files.map(async (name) => [name, await readFile(join(folder, name), "utf8")] as const)),
  );
}

/** Peak memory of a running program so far, in bytes; `undefined` where the system does not tell, or once it is gone. */
export async function peakMemory(pid: number): Promise<number | undefined> {
  const status = await readFile(`/proc/${pid}/status`, "utf8").catch(() => "");
  const peak = /^VmHWM:\s*(\d+) kB$/m.exec(status);
  return peak ? Number(peak[1]) * 1024 : undefined;
}

export interface Visit {
  readonly page: Page;
  /** What the browser complained of, every dialog, and every request to anybody but the portal's own host. */
  readonly complaints: readonly string[];
}

/** Open `url` and wait until the page has read its index. */
export async function visit(browser: Browser, url: string, options: BrowserContextOptions = {}): Promise<Visit> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on("console", (message) => ["error", "warning"].includes(message.type()) && complaints.push(message.text()));
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("dialog", async (dialog) => {
    complaints.push(`dialog: ${dialog.message()}`);
    await dialog.dismiss();
  });
  context.on("request", (request) => {
    if (new URL(request.url()).origin !== new URL(url).origin) complaints.push(`asked ${request.url()}`);
  });
  await page.goto(url);
  await page.waitForSelector(".find .count[role=status], body.dataset");
  return { page, complaints };
}
