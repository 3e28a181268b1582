/** States of views as files of one folder, each replaced atomically. */
import { mkdir, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { readIfThere } from "../disk/read.ts";
import { syncFolder, writeDurably } from "../disk/write.ts";
import type { ViewStore } from "./folded-view.ts";

/** `folder` is created when something is put there. Losing it costs time only: views fold again. */
export function fileStore(folder: string): ViewStore {
  // Pieces of a large state, which are named after their view and a ~, have a folder of their own.
  const file = (name: string) => {
    const [view, piece] = name.split("~");
    return piece === undefined ? join(folder, `${name}.json`) : join(folder, `${view}.pieces`, piece);
  };
  return {
    get: (name) => readIfThere(file(name)),
    async put(name, bytes) {
      await mkdir(dirname(file(name)), { recursive: true });
      await writeDurably(file(name), bytes);
    },
    async delete(name) {
      await rm(file(name), { force: true });
      await syncFolder(dirname(file(name))).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== "ENOENT") throw error;
      });
    },
  };
}
