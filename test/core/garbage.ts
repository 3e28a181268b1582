/** Garbage collected again and again, as on a busy machine: what only a weak reference leads to is soon gone. */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** What `work` comes to, while everything that can be collected is. */
export async function collectingGarbage<T>(work: () => Promise<T>): Promise<T> {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  const clock = setInterval(collect, 20);
  try {
    return await work();
  } finally {
    clearInterval(clock);
  }
}
