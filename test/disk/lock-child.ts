/** A process that takes a lock, says so, and keeps it for as long as its stdin is open: `node lock-child.ts PATH`. */
import { isFailure } from "../../pipeline/core/failure.ts";
import { lock } from "../../pipeline/disk/lock.ts";

const [, , path] = process.argv;
try {
  const held = await lock(path!, "testing locks");
  console.log("held");
  for await (const _ of process.stdin);
  await held.release();
} catch (error) {
  if (!isFailure(error, "refused")) throw error;
  console.log("refused");
}
