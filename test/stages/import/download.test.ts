/** One file over HTTP: resumed only where it is the same, whole or absent. */
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, expect, it, onTestFinished } from "vitest";
import { download } from "../../../pipeline/stages/import/download.ts";
import { testWorld } from "../../fakes/world.ts";

let file: string;
beforeEach(async () => {
  const folder = await mkdtemp(join(tmpdir(), "fieldtree-download-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  file = join(folder, "file");
});

const text = "0123456789";

/** A server of one version of a file, as far as `download` asks it. */
function serving(etag: string, { body = text, status = 200, headers = {} } = {}) {
  const asked: Record<string, string>[] = [];
  const fetch = async (request: Request) => {
    const sent = Object.fromEntries(request.headers);
    asked.push(sent);
    const from = Number(/bytes=(\d+)-/.exec(sent.range ?? "")?.[1] ?? 0);
    const isSame = sent["if-range"] === undefined || sent["if-range"] === etag;
    if (from > 0 && isSame) {
      const range = { etag, "content-range": `bytes ${from}-9/10`, "content-length": `${text.length - from}` };
      return new Response(body.slice(from), { status: 206, headers: range });
    }
    return new Response(status === 200 ? body : null, {
      status,
      headers: { etag, "content-length": "10", ...headers },
    });
  };
  return { asked, world: testWorld({ fetch }) };
}

const options = () => ({ budget: { bytes: 100 }, firstPause: 1 });
const url = "https://files.example/file";

it("goes on where a run before ended, where the server has the same version", async () => {
  await writeFile(`${file}.part`, text.slice(0, 4));
  await writeFile(`${file}.part.etag`, '"1"');
  const { asked, world } = serving('"1"');
  expect(await download(url, file, options(), world)).toEqual({ is: "new", bytes: 10, etag: '"1"' });
  expect(asked).toMatchObject([{ range: "bytes=4-", "if-range": '"1"' }]);
  expect(await readFile(file, "utf8")).toBe(text);
  expect([existsSync(`${file}.part`), existsSync(`${file}.part.etag`)]).toEqual([false, false]);
});

it("begins anew where it has another", async () => {
  await writeFile(`${file}.part`, "abcd");
  await writeFile(`${file}.part.etag`, '"1"');
  expect(await download(url, file, options(), serving('"2"').world)).toMatchObject({ bytes: 10, etag: '"2"' });
  expect(await readFile(file, "utf8")).toBe(text);
});

it("is unavailable, after several tries, where less comes than was promised", async () => {
  const { asked, world } = serving('W/"weak"', { body: "0123" });
  await expect(download(url, file, options(), world)).rejects.toMatchObject({
    kind: "unavailable",
    message: expect.stringContaining("broke off after 4 of 10 bytes"),
  });
  expect(asked).toHaveLength(5);
  expect(existsSync(file)).toBe(false);
});

it("asks nothing twice that is refused, and ends where the budget does", async () => {
  const refused = serving('"1"', { status: 403 });
  await expect(download(url, file, options(), refused.world)).rejects.toMatchObject({ kind: "refused" });
  expect(refused.asked).toHaveLength(1);
  const spent = download(url, file, { ...options(), budget: { bytes: 9 } }, serving('"1"').world);
  await expect(spent).rejects.toMatchObject({ kind: "refused", message: expect.stringContaining("in one run") });
  expect(existsSync(file)).toBe(false);
});

it.each([
  [304, "unchanged"],
  [404, "absent"],
] as const)("tells %i as %s", async (status, is) => {
  const { asked, world } = serving('"1"', { status });
  expect(await download(url, file, { ...options(), known: { etag: '"1"' } }, world)).toEqual({ is });
  expect(asked).toMatchObject([{ "if-none-match": '"1"' }]);
});
