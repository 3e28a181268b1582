/** What others do to the gateway: many at once, slowly, and with a disk that is full. What it acknowledged is there, and nothing else. */
import { mkdir, rm, symlink, writeFile } from "node:fs/promises";
import { request } from "node:http";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { aFolder } from "../commands/program.ts";
import { texts } from "./client.ts";
import { fresh, gateway } from "./gateway.ts";

it("200 clients write and read at once", { timeout: 120_000 }, async () => {
  const { put, get, list } = await fresh();
  const keys = Array.from({ length: 200 }, (_, i) => `client-${i}`);
  const stored = await Promise.all(keys.map((key) => put(key, `${key} `.repeat(500))));
  expect(new Set(stored.map(({ status }) => status))).toEqual(new Set([200]));
  const read = await Promise.all(keys.map(async (key) => (await get(key)).text()));
  expect(read).toEqual(keys.map((key) => `${key} `.repeat(500)));
  expect(texts(await list(), "Key")).toHaveLength(200);
});

it("clients that send their bodies slowly keep no one else waiting, and leave nothing when they go", {
  timeout: 120_000,
}, async () => {
  const { put, get, ask, url } = await fresh();
  // A form needs no signature before its file: its fields are read, and then the file does not come.
  const slow = Array.from({ length: 50 }, (_, i) => {
    const headers = { "content-type": "multipart/form-data; boundary=b", "content-length": "1000000" };
    const sent = request(`${url}/data`, { method: "POST", headers, agent: false });
    sent.on("error", () => undefined);
    sent.write(`--b\r\ncontent-disposition: form-data; name="key"\r\n\r\nslow-${i}\r\n--b\r\n`);
    return sent;
  });
  onTestFinished(() => slow.forEach((each) => void each.destroy()));
  for (let i = 0; i < 10; i++) expect((await put(`quick-${i}`, "x")).status).toBe(200);
  expect(await (await get("quick-9")).text()).toBe("x");
  for (const each of slow) each.destroy();
  expect(texts(await (await ask("data", { "list-type": "2" })).text(), "Key")).toHaveLength(10);
});

it("a full disk refuses what can't be recorded, and what was acknowledged stays", async () => {
  const folder = await aFolder();
  const state = join(folder, ".fieldtree", "s3");
  await mkdir(state, { recursive: true });
  await writeFile(join(state, "buckets.json"), '[{"name":"full","created":0}]');
  // A device on which every write finds no space.
  await symlink("/dev/full", join(state, "full.ledger"));
  const { ask, put, stop } = await gateway(folder);
  await put("before", "1");
  const refused = await ask("full/x", {}, { method: "PUT", body: "2" });
  expect([refused.status, texts(await refused.text(), "Code")]).toEqual([503, ["SlowDown"]]);
  expect((await ask("full/x")).status).toBe(404);
  expect((await put("after", "3")).status).toBe(200);
  await stop();
  await rm(join(state, "full.ledger"));
  const again = await gateway(folder);
  expect(await (await again.get("after")).text()).toBe("3");
  expect(await (await again.get("before")).text()).toBe("1");
});
