/** The {@link World} of a command: this machine's network and clock, and a terminal for its log. */
import type { World } from "../core/world.ts";
import type { Terminal } from "./print/terminal.ts";

export function worldOn(terminal: Terminal, signal: AbortSignal): World {
  return {
    fetch: (request) => fetch(request),
    now: () => new Date(),
    sleep: (ms) =>
      new Promise((resolve, reject) => {
        signal.throwIfAborted();
        const stop = () => {
          clearTimeout(timer);
          reject(signal.reason);
        };
        const timer = setTimeout(() => {
          signal.removeEventListener("abort", stop);
          resolve();
        }, ms);
        signal.addEventListener("abort", stop, { once: true });
      }),
    log: (line) => terminal.log(line),
    progress: (progress) => terminal.progress(progress),
    signal,
  };
}
