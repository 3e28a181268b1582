/**
 * The plan of a run: `plan.json` from its artifact.
 *
 * The author of a pull request can change the workflow that wrote it, so it is untrusted: its size is checked before it is
 * fetched, it is never written to disk, and the archive must have exactly one file of the right name. No decision depends on
 * it; it is only compared with the plan computed here.
 */
import { crc32, inflateRawSync } from "node:zlib";
import type { GitHub } from "../run/client.ts";

/** Bytes of the archive, and of the file in it. A plan of 2 000 leaves is some 1 MiB. */
const limits = { archive: 8 * 1024 * 1024, file: 32 * 1024 * 1024 };

export type Artifact =
  | { readonly plan: unknown }
  /** There is an artifact, which `github plan` can't have written. */
  | { readonly invalid: string };

/** Returns the newest artifact; `undefined` where the run left none, or GitHub has deleted it. */
export async function readArtifact(run: { readonly id: number }, github: GitHub): Promise<Artifact | undefined> {
  const { artifacts } = await github.ask("listing the run's artifacts", (rest, place) =>
    rest.actions.listWorkflowRunArtifacts({ ...place, run_id: run.id, name: "plan", per_page: 100 }),
  );
  // A repeated run still has the artifact of its first attempt, under the same name.
  const [artifact] = artifacts.filter(({ name, expired }) => name === "plan" && !expired).sort((a, b) => b.id - a.id);
  if (!artifact) return undefined;
  if (artifact.size_in_bytes > limits.archive) {
    return { invalid: `it has ${artifact.size_in_bytes} bytes, more than the ${limits.archive} that are read` };
  }
  const archive = await github.find("fetching the artifact", (rest, place) =>
    rest.actions.downloadArtifact({ ...place, artifact_id: artifact.id, archive_format: "zip" }),
  );
  return archive instanceof ArrayBuffer ? planIn(Buffer.from(archive)) : undefined;
}

/** Returns the only file of a ZIP archive. @see PKWARE's APPNOTE.TXT 6.3, 4.3.7, 4.3.12 and 4.3.16 */
export function planIn(zip: Buffer): Artifact {
  const end = zip.length < 22 ? -1 : zip.lastIndexOf("PK\x05\x06", zip.length - 22, "latin1");
  if (end < 0) return { invalid: "it is no ZIP archive" };
  const entries = zip.readUInt16LE(end + 10);
  if (entries !== 1) return { invalid: `it has ${entries} files and not plan.json alone` };
  const at = zip.readUInt32LE(end + 16);
  if (at + 46 > end || zip.toString("latin1", at, at + 4) !== "PK\x01\x02")
    return { invalid: "its directory is broken" };

  const flags = zip.readUInt16LE(at + 8);
  const method = zip.readUInt16LE(at + 10);
  const sum = zip.readUInt32LE(at + 16);
  const [packed, plain] = [zip.readUInt32LE(at + 20), zip.readUInt32LE(at + 24)];
  const name = zip.toString("latin1", at + 46, at + 46 + zip.readUInt16LE(at + 28));
  const local = zip.readUInt32LE(at + 42);
  if (name !== "plan.json") return { invalid: "the file in it is not called plan.json" };
  if (flags & 1 || (method !== 0 && method !== 8))
    return { invalid: "plan.json is packed in a way that GitHub does not use" };
  if (plain > limits.file)
    return { invalid: `plan.json has ${plain} bytes, more than the ${limits.file} that are read` };
  if (local + 30 > at || zip.toString("latin1", local, local + 4) !== "PK\x03\x04")
    return { invalid: "its file is broken" };

  // The local header repeats both lengths, and they may differ from those in the directory.
  const begin = local + 30 + zip.readUInt16LE(local + 26) + zip.readUInt16LE(local + 28);
  if (begin + packed > at) return { invalid: "its file is broken" };
  const bytes = unpacked(zip.subarray(begin, begin + packed), method, plain);
  if (!bytes || bytes.length !== plain || crc32(bytes) !== sum)
    return { invalid: "plan.json does not unpack to what it should be" };
  try {
    return { plan: JSON.parse(bytes.toString()) as unknown };
  } catch {
    return { invalid: "plan.json is not JSON" };
  }
}

function unpacked(bytes: Buffer, method: number, plain: number): Buffer | undefined {
  if (method === 0) return bytes;
  try {
    // One byte more than the declared length, to detect that the declaration is wrong.
    return inflateRawSync(bytes, { maxOutputLength: plain + 1 });
  } catch {
    return undefined;
  }
}
