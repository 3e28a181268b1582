/** Patterns over paths, as campaign.yaml writes them. */
import { posix } from "node:path";

export const matches = (path: string, globs: readonly string[]) => globs.some((glob) => posix.matchesGlob(path, glob));
