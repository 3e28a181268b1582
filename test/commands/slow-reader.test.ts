/** Whoever reads results slowly makes the verb wait: what is printed must not pile up in memory. */

import { Writable } from "node:stream";
import { setImmediate as nextTurn } from "node:timers/promises";
import { expect, it } from "vitest";
import { plain } from "../../pipeline/cli/print/colour.ts";
import { outputOn } from "../../pipeline/cli/print/output.ts";
import type { Call } from "../../pipeline/cli/verb.ts";
import { ls } from "../../pipeline/commands/ls.ts";
import { directoryBuilder } from "../../pipeline/dag/build/directory-builder.ts";
import { fileOf } from "../../pipeline/dag/build/file.ts";
import { profiles } from "../../pipeline/dag/profile.ts";
import { drained } from "../dag/drained.ts";
import { memory } from "../dag/memory.ts";
import { testWorld } from "../fakes/world.ts";

const profile = profiles["cid-v1"];
const count = 20_000;

it.each([[{}], [{ recursive: true }]])("ls %o waits for its reader", async (flags) => {
  const node = memory();
  const inner = directoryBuilder(profile);
  const file = fileOf(Buffer.from("x"), profile, node.put);
  for (let i = 0; i < count; i++) inner.add(`${i}`, file.cid.bytes, file.tsize);
  const { cid } = await drained(inner.finish(), node.put);

  const pending: (() => void)[] = [];
  let lines = 0;
  const slow = new Writable({
    write(chunk: Buffer, _, done) {
      lines += chunk.toString().split("\n").length - 1;
      pending.push(done);
    },
  });
  const call = {
    args: [`${cid}`],
    flags,
    world: testWorld(),
    out: outputOn(slow, { clear: () => {} }, { json: true, quiet: false, paint: plain }),
    folderAround: () => "",
    store: async () => ({ get: node.get }),
  };
  const running = ls.run(call as unknown as Call);
  let largest = 0;
  let ended = false;
  running.finally(() => {
    ended = true;
  });
  while (!ended || pending.length > 0) {
    for (let turn = 0; turn < 3; turn++) await nextTurn();
    largest = Math.max(largest, slow.writableLength);
    for (const done of pending.splice(0)) done();
  }
  await running;
  expect(lines).toBe(count);
  // All lines are 2 MB; those of one group, which are printed together, 20 kB.
  expect(largest).toBeLessThan(slow.writableHighWaterMark + 20_000);
});
