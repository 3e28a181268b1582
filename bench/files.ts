/** Files to add, and the conditions under which they are added, for benchmarks of adding. */
import { execFileSync } from "node:child_process";
import { randomFillSync } from "node:crypto";
import { closeSync, mkdirSync, openSync, rmSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import type { Run } from "./measure.ts";

/** Runs `work` when what came before has reached the disk. */
export function settled(work: () => Promise<Run>): Promise<Run> {
  execFileSync("sync");
  return work();
}

/** An empty folder of that name. */
export function fresh(folder: string, name: string): string {
  const path = join(folder, name);
  rmSync(path, { recursive: true, force: true });
  mkdirSync(path);
  return path;
}

/** A file of random bytes. */
export function writeLarge(path: string, bytes: number): void {
  const file = openSync(path, "w");
  const piece = Buffer.alloc(4 * 1024 * 1024);
  for (let done = 0; done < bytes; done += piece.length) {
    writeSync(file, randomFillSync(piece), 0, Math.min(piece.length, bytes - done));
  }
  closeSync(file);
}

/** Files of 20 kB of random bytes, a thousand a folder. */
export function writeSmall(folder: string, count: number): void {
  for (let i = 0; i < count; i++) {
    const inner = join(folder, `${Math.floor(i / 1000)}`);
    if (i % 1000 === 0) mkdirSync(inner, { recursive: true });
    writeFileSync(join(inner, `${i}`), randomFillSync(Buffer.alloc(20_000)));
  }
}
