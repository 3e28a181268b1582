/**
 * The pages that people read, and the means to hold them to what the program does.
 *
 * A line `…` in a session stands for any lines, and no line at all for any output. CIDs and times are others each day, so
 * they are compared by which of them are the same; lines of progress come where a machine is slow, and don't count.
 */
import { readdirSync, readFileSync } from "node:fs";
import { chmod, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { execa } from "execa";
import { expect } from "vitest";
import { aFolder, program } from "../commands/program.ts";

export const root = fileURLToPath(new URL("../../", import.meta.url));

/** Relative to the project, in the order in which they are read. */
export const pages: readonly string[] = ["README.md", ...readdirSync(join(root, "docs")).map((name) => `docs/${name}`)];

export const textOf = (page: string): string => readFileSync(join(root, page), "utf8");

/** Texts of the blocks of code that a page marks as `language`. */
export function blocksIn(page: string, language: string): string[] {
  const blocks = textOf(page).matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, "gms"));
  return [...blocks].map(([, text]) => text!);
}

/** Lines of a page's `sh` blocks that a shell is to run, without the comments behind them. */
export function commandsIn(page: string): string[] {
  const lines = blocksIn(page, "sh").flatMap((text) => text.split("\n"));
  return lines.map((line) => line.replace(/\s+#.*$/, "").trim()).filter(Boolean);
}

export interface Shown {
  readonly command: string;
  readonly lines: readonly string[];
}

/** The `console` blocks of a page: commands behind `$ `, and what they print. */
export function sessionsIn(page: string): Shown[][] {
  return blocksIn(page, "console").map((text) =>
    text
      .split(/^\$ /m)
      .slice(1)
      .map((step) => step.trimEnd().split("\n"))
      .map(([command, ...lines]) => ({ command: command!, lines })),
  );
}

/** Runs a line, and gives what it printed on both streams. */
export type Shell = (line: string) => Promise<string[]>;

/**
 * A shell in `cwd` that knows `fieldtree` and `programs` besides, and nothing of this process's environment.
 *
 * Every line has to end with 0; one that is meant to fail says so by what follows it: `; echo "exit code $?"`.
 */
export async function aShell(
  cwd: string,
  {
    env = {},
    programs = {},
  }: { readonly env?: Readonly<Record<string, string>>; readonly programs?: Readonly<Record<string, string>> } = {},
): Promise<Shell> {
  const bin = await aFolder();
  const all = { fieldtree: `exec '${process.execPath}' '${program}' "$@"`, ...programs };
  for (const [name, line] of Object.entries(all)) {
    await writeFile(join(bin, name), `#!/bin/sh\n${line}\n`);
    await chmod(join(bin, name), 0o755);
  }
  const bare = { PATH: `${bin}:${process.env.PATH}`, HOME: cwd, NO_COLOR: "1", ...env };
  return async (line) => {
    const how = { cwd, env: bare, extendEnv: false, reject: false, stdin: "ignore" } as const;
    const { exitCode, stdout } = await execa("sh", ["-c", `exec 2>&1; ${line}`], how);
    expect(exitCode, `${line}\n${stdout}`).toBe(0);
    return stdout.split("\n");
  };
}

/** Runs sessions, holding each output against the page. `documented`: lines as the page would have them. */
export function follower(shell: Shell, documented: (lines: readonly string[]) => string[] = (lines) => [...lines]) {
  const [said, told] = [dictionary(), dictionary()];
  return async (session: readonly Shown[]): Promise<void> => {
    for (const { command, lines } of session) {
      const came = documented(await shell(command)).filter((line) => !progress.test(line));
      if (lines.length > 0) expect(`$ ${command}\n${said(elided(came, lines))}`).toBe(`$ ${command}\n${told(lines)}`);
    }
  };
}

/** Lines that a slow machine prints, and a fast one doesn't. */
const progress = /^[a-z].* \d+ of \d+ .*\(\d+%\)/;

const aCid = /\bbaf[a-z2-7]{40,}\b/g;
const timeless = (line: string) => line.replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/g, "TIME");
const alike = (a: string, b: string) =>
  [a, b].map((line) => timeless(line).replace(aCid, "CID")).every((x, _, [y]) => x === y);

/** `lines` without those that `…` stands for in `shown`. */
function elided(lines: readonly string[], shown: readonly string[]): string[] {
  const left = [...lines];
  const kept: string[] = [];
  for (const [i, line] of shown.entries()) {
    if (line !== "…") {
      kept.push(...left.splice(0, 1));
      continue;
    }
    const next = shown[i + 1];
    const until = next === undefined ? left.length : left.findIndex((one) => alike(one, next));
    left.splice(0, Math.max(until, 0));
    kept.push("…");
  }
  return [...kept, ...left];
}

/** Text in which each CID is called by when it first came. */
function dictionary(): (lines: readonly string[]) => string {
  const known = new Map<string, string>();
  return (lines) =>
    timeless(lines.join("\n")).replace(aCid, (cid) => {
      known.set(cid, known.get(cid) ?? `CID ${known.size + 1}`);
      return known.get(cid)!;
    });
}
