/** A process that takes a lock, says so, and keeps it for a moment: `node lock-child.ts PATH MS`. */
import { isFailure } from "../../pipeline/core/failure.ts";
import { lock } from "../../pipeline/disk/lock.ts";

const [, , path, ms] = process.argv;
try {
  const held = await lock(path!, "testing locks");
  console.log("held");
  await new Promise((resolve) => setTimeout(resolve, Number(ms)));
  await held.release();
} catch (error) {
  if (!isFailure(error, "refused")) throw error;
  console.log("refused");
}
