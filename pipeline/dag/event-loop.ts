/**
 * Long work in slices, so that a process that has others to serve goes on serving them.
 *
 * Blocks that are at hand are read without waiting for disk or network, and promises alone never let the event loop go
 * on: during one walk through a few such blocks nothing else ran, SIGTERM included. Code that works through many
 * items awaits {@link pause} between them. All who do share one slice a turn of the loop, in the order they came: sixteen
 * long requests delay a short one as much as one does.
 *
 * ```ts
 * for (const block of blocks) {
 *   read(block);
 *   await pause();
 * }
 * ```
 */

/** ms of long work in one turn of the event loop. */
const slice = 2;

/** When the present slice began; `undefined` while no long work goes on. */
let began: number | undefined;

const waiting: (() => void)[] = [];

/** Resolves at once while the present slice lasts, and in a later turn of the event loop when it is over. */
export async function pause(): Promise<void> {
  if (began === undefined) {
    began = performance.now();
    afterOthers(next);
  } else if (performance.now() - began > slice) {
    await new Promise<void>((resolve) => waiting.push(resolve));
  }
}

/** A new slice, for the caller that has waited longest. */
function next(): void {
  const first = waiting.shift();
  if (!first) {
    began = undefined;
    return;
  }
  began = performance.now();
  afterOthers(next);
  first();
}

/** Runs `act` in a later turn of the event loop, after the events that wait for this one. */
const afterOthers: (act: () => void) => void =
  (globalThis as { readonly setImmediate?: (act: () => void) => unknown }).setImmediate ?? throughMessages();

/** For browsers, which lack `setImmediate`. They delay a repeated `setTimeout(act, 0)` by 4 ms, twice a slice; messages they do not. */
function throughMessages(): (act: () => void) => void {
  const { port1, port2 } = new MessageChannel();
  const acts: (() => void)[] = [];
  port1.onmessage = () => acts.shift()?.();
  return (act) => {
    acts.push(act);
    port2.postMessage(undefined);
  };
}
