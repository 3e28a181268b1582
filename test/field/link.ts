/**
 * Two network namespaces with a bad link between them, for what the field is like: `link.py` carries the packets.
 *
 * Making namespaces takes root, `ip` and /dev/net/tun. Where one is missing, {@link whyNoLinks} names it.
 */
import { type ChildProcessByStdio, spawn, spawnSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { accessSync, constants } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";

export interface LinkOptions {
  /** ms, one way. */
  readonly delay: number;
  /** Percent of the packets. */
  readonly loss: number;
  readonly kbits: number;
  /** s; the link is cut for the last `cutFor` of each `cutEvery`. */
  readonly cutEvery?: number;
  readonly cutFor?: number;
}

/** 600 ms there and back, as by a geostationary satellite. */
export const satellite: LinkOptions = { delay: 300, loss: 1, kbits: 300 };

/** What arrived in each namespace. */
export interface Carried {
  readonly near: { readonly packets: number; readonly bytes: number; readonly lost: number };
  readonly far: { readonly packets: number; readonly bytes: number; readonly lost: number };
  readonly cuts: number;
}

export interface FieldLink {
  /** Address of the near end, seen from the far one; it is a private one, as behind a VPN. */
  readonly near: string;
  /** The arguments that run `command` at one end. */
  at(end: "near" | "far", command: readonly string[]): [string, ...string[]];
  stop(): Promise<Carried>;
}

/** Why this machine can make no such link; `undefined` where it can. */
export function whyNoLinks(): string | undefined {
  try {
    accessSync("/dev/net/tun", constants.R_OK | constants.W_OK);
  } catch {
    return "/dev/net/tun can't be used";
  }
  const name = nameOf("probe");
  const made = spawnSync("ip", ["netns", "add", name], { encoding: "utf8" });
  if (made.status !== 0) return `no network namespace can be made (${(made.stderr ?? `${made.error}`).trim()})`;
  spawnSync("ip", ["netns", "delete", name]);
  return spawnSync("python3", ["-c", ""]).status === 0 ? undefined : "there is no python3";
}

export async function fieldLink({ delay, loss, kbits, cutEvery = 0, cutFor = 0 }: LinkOptions): Promise<FieldLink> {
  const names = { near: nameOf("near"), far: nameOf("far") };
  for (const name of Object.values(names)) spawnSync("ip", ["netns", "add", name]);
  const numbers = { delay, loss, kbits, "cut-every": cutEvery, "cut-for": cutFor };
  const flags = Object.entries(numbers).map(([flag, value]) => `--${flag}=${value}`);
  const carrying: ChildProcessByStdio<null, Readable, null> = spawn(
    "python3",
    [join(import.meta.dirname, "link.py"), names.near, names.far, ...flags],
    { stdio: ["ignore", "pipe", "inherit"] },
  );
  const lines = createInterface(carrying.stdout);
  const ended = once(carrying, "close").then(() => {
    throw new Error("the link could not be made");
  });
  // When the link is stopped, nothing waits for it any more.
  ended.catch(() => undefined);
  await Promise.race([once(lines, "line"), ended]);
  return {
    near: "10.77.0.1",
    at: (end, command) => ["ip", "netns", "exec", names[end], ...command],
    async stop() {
      const last = once(lines, "line");
      carrying.kill("SIGTERM");
      const [line] = (await last) as [string];
      for (const name of Object.values(names)) spawnSync("ip", ["netns", "delete", name]);
      return JSON.parse(line) as Carried;
    },
  };
}

const nameOf = (end: string): string => `fieldtree-${end}-${randomUUID().slice(0, 8)}`;
