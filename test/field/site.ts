/** A campaign with data that a gateway serves, for the simulations of the field: the program itself, from sources or built. */
import { type ChildProcess, spawn } from "node:child_process";
import { randomFillSync } from "node:crypto";
import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { program, run } from "../../bench/measure.ts";

/** Runs `command` somewhere else, as in a network namespace or with a limit of memory. */
export type Where = (command: readonly string[]) => readonly string[];

export const here: Where = (command) => command;

export function newCampaign(scratch: string, name: string): string {
  const folder = join(scratch, name);
  mkdirSync(folder);
  writeFileSync(join(folder, "campaign.yaml"), `campaign: ${name}\n`);
  writeFileSync(join(folder, "tree.yaml"), "");
  return folder;
}

/** Writes files of random bytes in folders of `perFolder`. Returns their folder. */
export function randomFiles(scratch: string, name: string, files: number, bytes: number, perFolder: number): string {
  const folder = join(scratch, name);
  const buffer = Buffer.alloc(bytes);
  for (let i = 0; i < files; i++) {
    const inside = join(folder, `${Math.floor(i / perFolder)}`);
    mkdirSync(inside, { recursive: true });
    writeFileSync(join(inside, `${i}`.padStart(6, "0")), randomFillSync(buffer));
  }
  return folder;
}

/** Adds the data to the campaign. Returns its CID. */
export async function add(campaign: string, data: string, where = here): Promise<string> {
  const { stdout } = await run(where([...program, "--json", "--quiet", "add", data, "--at", "raw/field"]), {
    cwd: campaign,
  });
  return addedCid(stdout);
}

/** The CID in what `add --json` printed. */
export const addedCid = (stdout: string): string =>
  (JSON.parse(stdout.trim().split("\n").at(-1)!) as { readonly cid: string }).cid;

/** Serves the campaign. Ended by `kill` of the process, which is that of the program itself. */
export async function serve(
  campaign: string,
  where = here,
): Promise<{ readonly port: number; readonly process: ChildProcess }> {
  const [command, ...args] = where([...program, "--json", "serve", "--host", "0.0.0.0", "--port", "0"]);
  const serving = spawn(command!, args, { cwd: campaign, stdio: ["ignore", "pipe", "inherit"] });
  const [line] = (await once(createInterface(serving.stdout), "line")) as [string];
  return { port: Number(new URL((JSON.parse(line) as { url: string }).url).port), process: serving };
}

export interface PullResult {
  readonly blocks: number;
  readonly bytes: number;
}

export const pullOf = (cid: string): readonly string[] => [
  ...program,
  ...["--json", "--quiet", "pull", `ipfs://${cid}`, "--as", "data"],
];

export const pulled = (stdout: string): PullResult => JSON.parse(stdout.trim().split("\n").at(-1)!) as PullResult;
