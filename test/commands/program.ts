/** The real program, run as its user runs it. */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { execa } from "execa";
import { onTestFinished } from "vitest";

/** What a shell would call. */
export const program = fileURLToPath(new URL("../../pipeline/bin.ts", import.meta.url));

export interface Ran {
  readonly code: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
  /** Lines of stdout as JSON; throws where one isn't. */
  // biome-ignore lint/suspicious/noExplicitAny: tests look into whatever a verb prints
  readonly json: () => any[];
}

interface How {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: Uint8Array;
}

/** Start it. Nothing of this process's environment reaches it but what it takes to run at all. */
export function start(args: readonly string[], { cwd = tmpdir(), env = {}, input }: How = {}) {
  const bare = { PATH: process.env.PATH ?? "", HOME: tmpdir(), NO_COLOR: "1" };
  return execa(process.execPath, [program, ...args], {
    cwd,
    env: { ...bare, ...env },
    extendEnv: false,
    reject: false,
    stripFinalNewline: false,
    maxBuffer: 1e9,
    ...(input ? { input } : { stdin: "ignore" as const }),
  });
}

/** Run it to its end. */
export async function fieldtree(args: readonly string[], how: How = {}): Promise<Ran> {
  const { exitCode, stdout, stderr } = await start(args, how);
  const lines = () => stdout.split("\n").filter(Boolean);
  return { code: exitCode, stdout, stderr, json: () => lines().map((line) => JSON.parse(line)) };
}

/** A folder with these files, gone when the test is over. A campaign unless told otherwise. */
export async function aFolder(files: Readonly<Record<string, string | Uint8Array>> = {}): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "fieldtree-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), content);
  }
  return folder;
}

export const aCampaign = (files: Readonly<Record<string, string | Uint8Array>> = {}): Promise<string> =>
  aFolder({ "campaign.yaml": "campaign: test\n", "tree.yaml": "", ...files });
