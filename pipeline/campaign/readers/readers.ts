/** The readers of all formats, as Node runs them. */
import { readersUsing } from "../../formats/readers.ts";
import { decompressors } from "./decompressors.ts";
import { inTwoThreads } from "./thread/second-thread.ts";

export const readers = inTwoThreads(readersUsing(decompressors));
