/** Many readers at once, slow and vanishing ones among them: counted in blocks and answers, not in seconds. */
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { expect, it, onTestFinished } from "vitest";
import { codecs } from "../../pipeline/dag/block.ts";
import type { Node } from "../../pipeline/ipfs/node.ts";
import { ask, gateway, memory } from "./gateway.ts";

/** A node that counts the blocks that are being read, and bytes of raw blocks handed out. */
function counted(inner: Node) {
  const state = { now: 0, most: 0, bytes: 0 };
  const node: Node = {
    name: "counted",
    async get(cid, world) {
      state.most = Math.max(state.most, ++state.now);
      try {
        await new Promise((resolve) => setImmediate(resolve));
        const bytes = await inner.get(cid, world);
        if (cid.code === codecs.raw) state.bytes += bytes?.length ?? 0;
        return bytes;
      } finally {
        state.now--;
      }
    },
  };
  return { node, state };
}

function stalled(url: string, path: string): Socket {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname, () => socket.write(`GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`));
  socket.on("error", () => {});
  socket.pause();
  onTestFinished(() => void socket.destroy());
  return socket;
}

const megabyte = (seed: number) =>
  Buffer.from(Uint32Array.from({ length: 262_144 }, (_, i) => i * 2_654_435_761 + seed).buffer);

it("200 readers of files of 1 MiB and of listings get all of it, while others stall or leave", {
  timeout: 120_000,
}, async () => {
  const { node: inner, add } = memory();
  const { node, state } = counted(inner);
  const files = [1, 2, 3].map(megabyte);
  const huge = add(Buffer.concat(Array.from({ length: 24 }, (_, i) => megabyte(100 + i))));
  const names = Object.fromEntries(Array.from({ length: 1200 }, (_, i) => [`sonde-${i}`, "x"]));
  const root = add({ ...Object.fromEntries(files.map((bytes, i) => [`${i}.nc`, bytes])), names });
  const { url } = await gateway(node, { limits: { stall: 300, place: 60_000 } });

  // As many as there are slots, and all of them take nothing.
  const slow = Array.from({ length: 64 }, () => stalled(url, `/ipfs/${huge}`));
  const vanishing = Array.from({ length: 40 }, async () => {
    const socket = stalled(url, `/ipfs/${huge}`);
    await once(socket, "connect");
    socket.destroy();
  });
  const answers = await Promise.all(
    Array.from({ length: 200 }, (_, i) =>
      i % 4 === 3
        ? ask(url, `/ipfs/${root}/names/`, { headers: { accept: "*/*" } })
        : ask(url, `/ipfs/${root}/${i % 3}.nc`),
    ),
  );
  await Promise.all(vanishing);
  for (const [i, { status, whole, body, text }] of answers.entries()) {
    expect({ i, status, whole }).toEqual({ i, status: 200, whole: true });
    if (i % 4 === 3) expect(text.match(/<tr><td><a /g)?.length).toBe(1200);
    else expect(body.equals(files[i % 3]!), `reader ${i}`).toBe(true);
  }
  // Nobody reads on: what a slow reader has not taken was not loaded.
  const before = state.bytes;
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect(state.bytes).toBe(before);
  expect(state.now).toBe(0);
  // 64 at once, each with the blocks that are read ahead.
  expect(state.most).toBeLessThanOrEqual(64 * 9);
  for (const socket of slow) socket.destroy();
});

it("readers that stall keep their slots as long as nobody else needs one", async () => {
  const { node, add } = memory();
  const huge = add(Buffer.concat(Array.from({ length: 12 }, (_, i) => megabyte(i))));
  const { url, ask } = await gateway(node, { limits: { stall: 100 } });
  const slow = Array.from({ length: 30 }, () => stalled(url, `/ipfs/${huge}`));
  await new Promise((resolve) => setTimeout(resolve, 600));
  expect((await ask(`/ipfs/${add("x")}`)).status).toBe(200);
  expect(slow.every((socket) => !socket.destroyed)).toBe(true);
  const [first] = slow;
  let taken = 0;
  first!.on("data", (chunk) => {
    taken += chunk.length;
  });
  first!.resume();
  await expect.poll(() => taken, { timeout: 20_000 }).toBeGreaterThan(12 * 2 ** 20);
});
