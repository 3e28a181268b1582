/** States of views as files of one folder, each replaced atomically. */
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { readIfThere } from "../disk/read.ts";
import { syncFolder, writeDurably } from "../disk/write.ts";
import type { ViewStore } from "./folded-view.ts";

/** `folder` is created when something is put there. Losing it costs time only: views fold again. */
export function fileStore(folder: string): ViewStore {
  const file = (name: string) => join(folder, `${name}.json`);
  return {
    get: (name) => readIfThere(file(name)),
    async put(name, bytes) {
      await mkdir(folder, { recursive: true });
      await writeDurably(file(name), bytes);
    },
    async delete(name) {
      await rm(file(name), { force: true });
      await syncFolder(folder).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== "ENOENT") throw error;
      });
    },
  };
}
