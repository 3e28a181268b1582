/**
 * Validates STAC documents in a thread of its own.
 *
 * The validator works through a document without a pause, and through the patterns of schemas that any server may have
 * written: in the main thread, one document of 4 MiB would block everything else, and one pattern could do so for
 * ever. The thread can be ended at any time. It reads nothing itself: it asks for each document and each schema.
 */
import { Worker } from "node:worker_threads";
import { Failure } from "../../core/failure.ts";
import type { World } from "../../core/world.ts";

/** A document or schema as JSON, in UTF-8, or the reason why it is invalid. */
export type Loaded = { readonly text: Uint8Array | string } | { readonly invalid: string };

/** To the thread: the result of a request. */
export interface LoadAnswer {
  readonly address: string;
  readonly loaded: Loaded;
}

/** From the thread: a request for what is at an address, or the end. */
export type Report =
  | { readonly kind: "load"; readonly address: string }
  | { readonly kind: "judged"; readonly invalid: readonly string[] }
  | { readonly kind: "unusable"; readonly message: string };

/**
 * A line for each invalid document, with its address and the reasons.
 *
 * @param load Returns a document or schema; what it throws ends the validation.
 * @param timeoutMs For one document.
 * @throws Failure `unavailable` where a schema can't be used, or where a document takes longer than `timeoutMs`.
 */
export async function invalidAmong(
  documents: readonly string[],
  load: (address: string) => Promise<Loaded>,
  timeoutMs: number,
  world: World,
): Promise<readonly string[]> {
  world.signal.throwIfAborted();
  const { promise, resolve, reject } = Promise.withResolvers<readonly string[]>();
  // The worker's file has the same ending as this one: .ts in a checkout, .js in the published package.
  const ending = import.meta.url.slice(import.meta.url.lastIndexOf("."));
  const worker = new Worker(new URL(`./stac-worker${ending}`, import.meta.url), { workerData: documents });
  const isDocument = new Set(documents);
  let current = "";
  let timer: NodeJS.Timeout | undefined;
  const tooLong = () =>
    reject(new Failure("unavailable", `validating ${current} takes more than ${timeoutMs / 1000} s`));

  const answer = async (address: string): Promise<void> => {
    const loaded = await load(address);
    if (isDocument.has(address)) current = address;
    timer = setTimeout(tooLong, timeoutMs);
    worker.postMessage({ address, loaded } satisfies LoadAnswer);
  };
  worker.on("message", (report: Report) => {
    clearTimeout(timer);
    if (report.kind === "load") answer(report.address).catch(reject);
    else if (report.kind === "judged") resolve(report.invalid);
    else reject(new Failure("unavailable", report.message));
  });
  worker.on("error", reject);
  worker.on("exit", (code) => reject(new Error(`the thread that validates STAC ended (${code})`)));
  const stop = () => reject(world.signal.reason);
  world.signal.addEventListener("abort", stop, { once: true });
  try {
    return await promise;
  } finally {
    world.signal.removeEventListener("abort", stop);
    clearTimeout(timer);
    await worker.terminate();
  }
}
