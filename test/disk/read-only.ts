/** A folder as a read-only medium gives it: whoever runs the tests, root included, may not write there. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";

/** Where `folder` can be read and not written, until the test is over; `undefined`, and said, where this process may not mount. */
export function readOnly(folder: string): string | undefined {
  const at = mkdtempSync(join(tmpdir(), "fieldtree-read-only-"));
  try {
    execFileSync("mount", ["--bind", folder, at], { stdio: "pipe" });
    execFileSync("mount", ["-o", "remount,ro,bind", at], { stdio: "pipe" });
  } catch (error) {
    rmSync(at, { recursive: true });
    console.warn(
      `skipped: a read-only medium needs the right to mount one (${(error as Error).message.split("\n")[0]})`,
    );
    return undefined;
  }
  onTestFinished(() => {
    execFileSync("umount", ["-l", at]);
    rmSync(at, { recursive: true });
  });
  return at;
}
