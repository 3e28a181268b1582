import {
  chmodSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { writeDurably } from "../../pipeline/disk/write.ts";

it("writes a file, replaces it, and leaves no temporary file", async () => {
  const folder = aFolder();
  await writeDurably(join(folder, "head"), "one");
  await writeDurably(join(folder, "head"), Buffer.from("two"));
  expect(readFileSync(join(folder, "head"), "utf8")).toBe("two");
  expect(readdirSync(folder)).toEqual(["head"]);
});

it("keeps the mode of a file and the link that leads to it", async () => {
  const folder = aFolder();
  writeFileSync(join(folder, "real"), "one");
  // More than any umask leaves of it.
  chmodSync(join(folder, "real"), 0o666);
  symlinkSync("real", join(folder, "link"));
  await writeDurably(join(folder, "link"), "two");
  expect(readFileSync(join(folder, "real"), "utf8")).toBe("two");
  expect(statSync(join(folder, "real")).mode & 0o777).toBe(0o666);
});

it("says where it could not write, and leaves nothing behind", async () => {
  const folder = aFolder();
  await expect(writeDurably(join(folder, "nowhere/head"), "x")).rejects.toMatchObject({ kind: "input" });
  expect(readdirSync(folder)).toEqual([]);
});

it("takes nothing but absence for absence: a link that leads in a circle stays", async () => {
  const link = join(aFolder(), "head");
  symlinkSync("head", link);
  await expect(writeDurably(link, "x")).rejects.toMatchObject({
    kind: "input",
    message: `${link} is not what is needed there (ELOOP) while writing ${link}`,
  });
  expect(readlinkSync(link)).toBe("head");
});

function aFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "fieldtree-write-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}
