import { mkdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { localFolder } from "../../pipeline/disk/folder.ts";
import { temporaryFolder } from "../fakes/parts.ts";
import { testWorld } from "../fakes/world.ts";

const world = testWorld();

async function aFolder() {
  const path = await temporaryFolder();
  await mkdir(join(path, "inner"));
  await writeFile(join(path, "inner", "digits"), "0123456789");
  await symlink(join(path, "inner"), join(path, "elsewhere"));
  await symlink(join(path, "inner", "digits"), join(path, "link"));
  return (await localFolder(path))!;
}

describe("a local folder", () => {
  it("reads files whole and in part, at any depth", async () => {
    const folder = await aFolder();
    const read = async (range?: Parameters<typeof folder.read>[2]) =>
      Buffer.from((await folder.read("inner/digits", world, range))!).toString();
    expect(await read()).toBe("0123456789");
    expect(await read({ offset: 2, length: 3 })).toBe("234");
    expect(await read({ offset: 8, length: 30 })).toBe("89");
    expect(await read({ suffixLength: 4 })).toBe("6789");
  });

  it("lists symbolic links and follows none, as adding it would not", async () => {
    const folder = await aFolder();
    expect([...folder.entries.keys()].sort()).toEqual(["elsewhere", "inner", "link"]);
    expect(await folder.folder("elsewhere", world)).toBeUndefined();
    expect(await folder.read("elsewhere/digits", world)).toBeUndefined();
    expect(await folder.read("link", world)).toBeUndefined();
  });

  it("has nothing where nothing exists, or a file", async () => {
    const folder = await aFolder();
    expect(await folder.read("inner/none", world)).toBeUndefined();
    expect(await folder.folder("inner/digits", world)).toBeUndefined();
    expect(await localFolder("/nowhere/at/all")).toBeUndefined();
  });
});
