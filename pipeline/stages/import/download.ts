/**
 * Downloads a file over HTTP: resumed where the server reports that it is still the same file, bounded, and complete or absent.
 *
 * The bytes go to `FILE.part`, with the validator that they belong to in `FILE.part.etag`. A crash leaves both, and the next
 * download asks for the rest.
 */
import { statSync } from "node:fs";
import { open, rename, rm, writeFile } from "node:fs/promises";
import { fetchUnlessAborted } from "../../core/abort.ts";
import { Failure, isFailure } from "../../core/failure.ts";
import { shown } from "../../core/text/shown.ts";
import type { World } from "../../core/world.ts";
import { readIfThere } from "../../disk/read.ts";
import { describeError, statusFailure } from "../../http/http.ts";
import { again } from "../../http/retry.ts";

/** What a server reports about a version of a file. */
export interface Validators {
  /** As the server writes it. */
  readonly etag?: string;
  /** As the server writes it. */
  readonly modified?: string;
}

/** `absent`: 404 or 410. `unchanged`: the server still has the version of the given validators. */
export type Downloaded =
  | ({ readonly is: "new"; readonly bytes: number } & Validators)
  | { readonly is: "absent" | "unchanged" };

export interface DownloadOptions {
  readonly known?: Validators;
  /** Bytes that may still be fetched in this run. Decreased by what comes. */
  readonly budget: { bytes: number };
  /** ms without a byte after which a request ends. */
  readonly stallAfter?: number;
  /** ms before the second try; twice that before the third, and so on. */
  readonly firstPause?: number;
}

const tries = 5;

/** @throws Failure `unavailable` after several tries, `refused` for another status or where the budget is spent. */
export async function download(url: string, file: string, options: DownloadOptions, world: World): Promise<Downloaded> {
  const { firstPause: first = 1000 } = options;
  return again(() => attempt(url, file, options, world), { tries, first, longest: 60_000 }, world);
}

async function attempt(url: string, file: string, options: DownloadOptions, world: World): Promise<Downloaded> {
  const { known, budget, stallAfter = 60_000 } = options;
  const part = `${file}.part`;
  const tag = (await readIfThere(`${part}.etag`))?.toString();
  const begun = tag === undefined ? 0 : (statSync(part, { throwIfNoEntry: false })?.size ?? 0);
  const conditions = begun > 0 ? { range: `bytes=${begun}-`, "if-range": tag! } : conditionsOf(known);
  const stalled = new AbortController();
  const watch = watchdog(stallAfter, () => stalled.abort());
  const label = shown(url, 300);
  try {
    const signal = AbortSignal.any([world.signal, stalled.signal]);
    const headers = { "accept-encoding": "identity", ...conditions };
    const response = await fetchUnlessAborted(new Request(url, { headers, signal }), world);
    const { status } = response;
    if (status === 304) return { is: "unchanged" };
    if (status === 404 || status === 410) return { is: "absent" };
    if (status === 416) {
      await forget(part);
      throw new Failure("unavailable", `${label} has another length than before`);
    }
    if (!response.ok) throw statusFailure(`${label} answered ${status}`, response);
    const from = status === 206 ? begun : 0;
    if (status === 206 && !response.headers.get("content-range")?.startsWith(`bytes ${begun}-`)) {
      await forget(part);
      throw new Failure("unavailable", `${label} answered another part than it was asked for`);
    }
    const etag = response.headers.get("etag") ?? undefined;
    const modified = response.headers.get("last-modified") ?? undefined;
    // A weak ETag does not promise the same bytes.
    const strong = etag !== undefined && !etag.startsWith("W/") ? etag : undefined;
    if (from === 0) await forget(part);
    if (strong !== undefined) await writeFile(`${part}.etag`, strong);
    const length = await write(response, part, from, { label, budget, beat: watch.beat });
    assertWhole(label, response, length);
    await rename(part, file);
    await rm(`${part}.etag`, { force: true });
    return {
      is: "new",
      bytes: from + length,
      ...(etag !== undefined && { etag }),
      ...(modified !== undefined && { modified }),
    };
  } catch (error) {
    world.signal.throwIfAborted();
    if (stalled.signal.aborted) throw new Failure("unavailable", `${label}: nothing came for ${stallAfter / 1000} s`);
    if (isFailure(error)) throw error;
    throw new Failure("unavailable", `${label}: ${describeError(error)}`, { cause: error });
  } finally {
    watch.end();
  }
}

function conditionsOf(known: Validators | undefined): Record<string, string> {
  if (known?.etag !== undefined) return { "if-none-match": known.etag };
  return known?.modified === undefined ? {} : { "if-modified-since": known.modified };
}

async function forget(part: string): Promise<void> {
  await rm(part, { force: true });
  await rm(`${part}.etag`, { force: true });
}

interface Writing {
  readonly label: string;
  readonly budget: DownloadOptions["budget"];
  readonly beat: () => void;
}

/** Appends the body at `from`. Returns its length in bytes. */
async function write(
  response: Response,
  part: string,
  from: number,
  { label, budget, beat }: Writing,
): Promise<number> {
  const handle = await open(part, from > 0 ? "r+" : "w");
  let length = 0;
  try {
    for await (const chunk of response.body ?? []) {
      beat();
      budget.bytes -= chunk.length;
      if (budget.bytes < 0) {
        const hint = "import fewer sources at once, with --only, or raise limits: {fetch: …} in campaign.yaml";
        throw new Failure("refused", `${label}: more than may be fetched in one run`, { hint });
      }
      await handle.write(chunk, 0, chunk.length, from + length);
      length += chunk.length;
    }
    await handle.sync();
  } finally {
    await handle.close();
  }
  return length;
}

function assertWhole(label: string, response: Response, length: number): void {
  const promised = response.headers.get("content-length");
  if (promised === null || Number(promised) === length || response.headers.has("content-encoding")) return;
  throw new Failure("unavailable", `${label} broke off after ${length} of ${promised} bytes`);
}

function watchdog(ms: number, bark: () => void): { readonly beat: () => void; readonly end: () => void } {
  let timer = setTimeout(bark, ms);
  return {
    beat: () => {
      clearTimeout(timer);
      timer = setTimeout(bark, ms);
    },
    end: () => clearTimeout(timer),
  };
}
