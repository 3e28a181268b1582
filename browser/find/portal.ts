/** The files of the portal that the page is part of, and what the page itself contains about the campaign. */
import type { Box } from "../../pipeline/core/dataset/extent.ts";
import { isRecord } from "../../pipeline/core/json.ts";

/** The root of the portal: the app is in a folder of it. */
const root = new URL(/* @vite-ignore */ "..", import.meta.url);

/** Where a file of the portal is. */
export const urlOf = (path: string): string => new URL(path, root).href;

/** Bytes of a file of the portal. @throws Error with the file and what was answered. */
export async function readPortal(path: string): Promise<Uint8Array> {
  const response = await fetch(urlOf(path)).catch((error: unknown) => {
    throw new Error(`${path} can't be fetched: ${error instanceof Error ? error.message : String(error)}`);
  });
  if (!response.ok) throw new Error(`${path} answered ${response.status}`);
  return new Uint8Array(await response.arrayBuffer());
}

export async function readPortalJson(path: string): Promise<unknown> {
  return JSON.parse(new TextDecoder().decode(await readPortal(path)));
}

/** What the prerendered page has of the campaign. */
export interface Campaign {
  readonly release: number;
  /** Entries of all kinds. */
  readonly total: number;
  readonly time?: readonly [first: string, last: string] | undefined;
  readonly frame: Box;
  readonly groups: readonly string[];
}

/** @throws Error where the page has none: it is of another version. */
export function campaignOf(document: Document): Campaign {
  const facts: unknown = JSON.parse(document.getElementById("campaign")?.textContent ?? "null");
  if (!isRecord(facts) || !isRecord(facts.counts) || !isRecord(facts.release))
    throw new Error("this page and its script are of different versions");
  const [first, last] = Array.isArray(facts.time) ? facts.time : [];
  const frame = Array.isArray(facts.frame) ? facts.frame.map(Number) : [];
  return {
    release: Number(facts.release.number),
    total: Object.values(facts.counts).reduce<number>((sum, count) => sum + Number(count), 0),
    ...(typeof first === "string" && typeof last === "string" && { time: [first, last] as const }),
    frame: [frame[0] ?? -180, frame[1] ?? -90, frame[2] ?? 180, frame[3] ?? 90],
    groups: Array.isArray(facts.groups) ? facts.groups.map(String) : [],
  };
}
