/** How reading an HDF5 file fails: each time with the byte that is wrong, or with the name of what is not read. */
import { Failure } from "../../../core/failure.ts";
import { Unsupported } from "../../unsupported.ts";

/** @param at byte of the file near which `what` (a sentence without its end) is wrong. */
export const damaged = (what: string, at: number, cause?: unknown) =>
  new Failure("input", `the HDF5 file is damaged at byte ${at}: ${what}`, { cause });

/** The content may well be valid: its cause, an {@link Unsupported}, distinguishes it from damage. */
export const unsupported = (what: string) => new Failure("input", what, { cause: new Unsupported(what) });
