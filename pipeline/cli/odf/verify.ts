/** `verify` of an Open Data Fabric dataset: every block, slice of data and checkpoint is hashed. */
import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from "node:zlib";
import type { Compressors } from "hyparquet";
import { kinds } from "../../core/failure.ts";
import { plural } from "../../core/text/plural.ts";
import { type OdfCheck, verifyOdf } from "../../formats/odf/verify.ts";
import { verdict } from "../../stages/verify/check.ts";
import { printable } from "../print/terminal.ts";
import type { Call } from "../verb.ts";
import { openDataset } from "./dataset.ts";
import { sha3 } from "./sha3.ts";

/** Prints a line for what is wrong, and the verdict. Returns the exit code, as `verify` has them. */
export async function verifyDataset(given: string, call: Call): Promise<number> {
  const { out, world } = call;
  const { files, chain } = await openDataset(given, call);
  const checks: OdfCheck[] = [];
  for await (const check of verifyOdf(chain, files, { sha3, compressors }, world)) {
    checks.push(check);
    const { part, hash, says, problem } = check;
    const line = problem && `${problem === "corrupt" ? "FAIL" : "??"}  ${part} ${hash}\n        ${printable(says)}`;
    out.result({ check: part, subject: hash, ok: !problem, says, ...(problem && { problem }) }, line, line);
  }
  const { kind, ...result } = verdict(checks.map(({ problem }) => ({ ok: !problem, ...(problem && { problem }) })));
  const text = verdictLine(checks, result.ok);
  out.result({ event: "verified", ...result }, text, result.ok ? undefined : text);
  return kind ? kinds[kind].exit : 0;
}

function verdictLine(checks: readonly OdfCheck[], ok: boolean): string {
  const count = (part: OdfCheck["part"]) => checks.filter((check) => check.part === part).length;
  const bad = checks.filter(({ problem }) => problem !== undefined).length;
  if (!ok) return `${bad} of ${checks.length} checks did not pass`;
  const chain = checks.find(({ part }) => part === "chain")!;
  const data = [plural(count("slice"), "slice of data", "slices of data"), plural(count("checkpoint"), "checkpoint")];
  return `verified: ${chain.says}, ${data.join(" and ")} match ${chain.hash}`;
}

/** Those of Parquet that hyparquet has not itself. None makes more bytes than the page declares. */
const compressors: Compressors = {
  GZIP: (input, length) => gunzipSync(input, { maxOutputLength: Math.max(1, length) }),
  BROTLI: (input, length) => brotliDecompressSync(input, { maxOutputLength: Math.max(1, length) }),
  ZSTD: (input, length) => zstdDecompressSync(input, { maxOutputLength: Math.max(1, length) }),
};
