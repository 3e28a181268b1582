import { appendFile, mkdtemp, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { memory } from "../../pipeline/disk/cache.ts";

async function aFile() {
  const folder = await mkdtemp(join(tmpdir(), "fieldtree-memory-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  return join(folder, "remembered", "sizes");
}

describe("memory", () => {
  it("knows in the next run what was saved in this one", async () => {
    const file = await aFile();
    const first = await memory(file);
    first.set("a", 1);
    first.set("b", { nested: ["__proto__", null] });
    await first.save();
    const next = await memory(file);
    expect([next.get("a"), next.get("b"), next.get("c")]).toEqual([1, { nested: ["__proto__", null] }, undefined]);
  });

  it("forgets only the line that a crash cut short, and writes on after it", async () => {
    const file = await aFile();
    const first = await memory(file);
    first.set("a", 1);
    first.set("b", "a long value");
    await first.save();
    await truncate(file, (await readFile(file)).length - 5);
    const second = await memory(file);
    expect([second.get("a"), second.get("b")]).toEqual([1, undefined]);
    second.set("b", "a long value");
    second.set("c", 3);
    await second.save();
    const third = await memory(file);
    expect([third.get("a"), third.get("b"), third.get("c")]).toEqual([1, "a long value", 3]);
  });

  it("takes lines it can't read for lines it doesn't know", async () => {
    const file = await aFile();
    const first = await memory(file);
    first.set("a", 1);
    await first.save();
    await appendFile(file, "no tab\nb\t{broken\n\0\0\0\n");
    const next = await memory(file);
    expect([next.get("a"), next.get("b"), next.get("no tab")]).toEqual([1, undefined, undefined]);
  });

  it("has every value of very many, though they are appended in several parts", async () => {
    const file = await aFile();
    const many = await memory(file);
    const value = "x".repeat(1_500_000);
    for (let i = 0; i < 7; i++) many.set(`key ${i}`, `${i} ${value}`);
    await many.save();
    many.set("one more", 1);
    await many.save();
    const again = await memory(file);
    for (let i = 0; i < 7; i++) expect(again.get(`key ${i}`)).toBe(`${i} ${value}`);
    expect(again.get("one more")).toBe(1);
  });

  it("appends nothing where nothing is new", async () => {
    const file = await aFile();
    const first = await memory(file);
    first.set("a", 1);
    await first.save();
    await first.save();
    const again = await memory(file);
    again.set("a", 1);
    await again.save();
    expect(await readFile(file, "utf8")).toBe("a\t1\n");
  });

  it("has no value in memory once it is saved: it is read from the file, and unknown where that is gone", async () => {
    const file = await aFile();
    const first = await memory(file);
    for (let i = 0; i < 3000; i++) first.set(`key ${i}`, `value ${i} ${"x".repeat(i % 97)}`);
    await first.save();
    for (const i of [2999, 0, 1500, 1501]) expect(first.get(`key ${i}`)).toBe(`value ${i} ${"x".repeat(i % 97)}`);
    await rm(file);
    expect(first.get("key 700")).toBe(undefined);
  });

  it("takes no value of another key, where another process wrote the file anew", async () => {
    const file = await aFile();
    const first = await memory(file);
    first.set("a", 1);
    await first.save();
    await writeFile(file, "b\t2\n");
    expect(first.get("a")).toBe(undefined);
    first.set("a", 1);
    await first.save();
    expect((await memory(file)).get("a")).toBe(1);
  });

  it("saves a value again whose line can't be read", async () => {
    const file = await aFile();
    const first = await memory(file);
    first.set("a", 1);
    await first.save();
    await appendFile(file, "b\t{broken\n");
    const second = await memory(file);
    expect(second.get("b")).toBe(undefined);
    second.set("b", 2);
    await second.save();
    expect((await memory(file)).get("b")).toBe(2);
  });
});
