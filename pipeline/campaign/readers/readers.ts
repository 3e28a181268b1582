/** The readers of all formats, as Node runs them. */
import { readersUsing } from "../../formats/readers.ts";
import { decompressors } from "./decompressors.ts";

export const readers = readersUsing(decompressors);
