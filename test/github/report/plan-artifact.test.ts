/** Archives as runs leave them, and as somebody leaves them who wants us to choke on one. */
import { randomBytes } from "node:crypto";
import { deflateRawSync } from "node:zlib";
import fc from "fast-check";
import { expect, it, onTestFinished } from "vitest";
import { planIn, readArtifact } from "../../../pipeline/github/report/plan-artifact.ts";
import { openBox } from "../box.ts";
import { plainly } from "../plainly.ts";
import { zip } from "../zip.ts";

const entry = { name: "plan.json", data: '{"state":"ready"}' };
const archive = (...entries: Parameters<typeof zip>[0]) => Buffer.from(zip(entries));
/** The same archive, with a number in the only entry of its directory written over. */
const forged = (at: number, value: number) => {
  const bytes = archive(entry);
  bytes.writeUInt32LE(value, bytes.indexOf("PK\x01\x02") + at);
  return bytes;
};

it("gives the one plan.json", () => {
  expect(planIn(archive(entry))).toEqual({ plan: { state: "ready" } });
});

it.each([
  ["nothing", Buffer.alloc(0), "no ZIP archive"],
  ["a page", Buffer.from("<html>".repeat(100)), "no ZIP archive"],
  ["no file", archive(), "0 files"],
  ["two files", archive(entry, entry), "2 files"],
  ["a file elsewhere", archive({ ...entry, name: "../plan.json" }), "not called plan.json"],
  ["a file at the root", archive({ ...entry, name: "/plan.json" }), "not called plan.json"],
  ["a file with an end in its name", archive({ ...entry, name: "plan.json\0.sh" }), "not called plan.json"],
  ["more bytes than are read", archive({ ...entry, data: " ".repeat(33 * 1024 * 1024) }), "more than the"],
  ["more bytes than it says", forged(24, 3), "does not unpack"],
  ["4 GB, it says", forged(24, 0xffff_ffff), "more than the"],
  ["an entry that lies beyond the end", forged(42, 0x7fff_ffff), "broken"],
  ["a file longer than the archive", forged(20, 0x7fff_ffff), "broken"],
  ["another file than its sum", forged(16, 1), "does not unpack"],
  ["text that is no JSON", archive({ ...entry, data: "state: ready" }), "not JSON"],
])("names what is invalid about %s", (_, bytes, says) => {
  expect(planIn(bytes)).toMatchObject({ invalid: expect.stringContaining(says) });
});

it("survives any bytes, and any change to good ones", () => {
  const good = archive(entry);
  const broken = fc.array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { maxLength: 6 }).map((changes) => {
    const bytes = Buffer.from(good);
    for (const [at, value] of changes) bytes[at] = value;
    return bytes;
  });
  const any = fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes));
  fc.assert(
    fc.property(fc.oneof(broken, any), (bytes) => {
      const said = planIn(bytes);
      expect("invalid" in said || typeof said.plan === "object").toBe(true);
    }),
    { numRuns: 2000 },
  );
});

it("unpacks no more than the expected size", () => {
  const bomb = Buffer.from(zip([entry]));
  const packed = deflateRawSync(Buffer.alloc(200 * 1024 * 1024));
  // The bomb in place of the file, both directories telling of ten bytes.
  const local = Buffer.concat([bomb.subarray(0, 39), packed]);
  const directory = Buffer.from(bomb.subarray(bomb.indexOf("PK\x01\x02")));
  directory.writeUInt32LE(packed.length, 20);
  directory.writeUInt32LE(10, 24);
  directory.writeUInt32LE(local.length, directory.length - 6);
  const before = process.memoryUsage().arrayBuffers;
  expect(planIn(Buffer.concat([local, directory]))).toMatchObject({
    invalid: expect.stringContaining("does not unpack"),
  });
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(50 * 1024 * 1024);
});

/** A repository that has a plan.yml, and its API as a job may use it that reads artifacts. */
async function whereItRuns() {
  const github = await openBox();
  onTestFinished(() => github.close());
  const files = { ".github/workflows/plan.yml": "name: plan\non: pull_request\njobs: {}\n" };
  const repo = await github.repo({ files });
  return { github, repo, api: plainly(github, repo, { actions: "read" }) };
}

it("is the newest one of a run that was run again, whatever else that run left", async () => {
  const { repo, api } = await whereItRuns();
  const plan = (state: string) => [{ name: "plan.json", data: JSON.stringify({ state }) }];
  const run = await repo.run({ workflow: "plan.yml", artifacts: { plan: plan("conflict"), logs: plan("other") } });
  expect(await readArtifact(run.state, api)).toEqual({ plan: { state: "conflict" } });
  run.again({ plan: plan("ready") });
  expect(await readArtifact(run.state, api)).toEqual({ plan: { state: "ready" } });
  const silent = await repo.run({ workflow: "plan.yml" });
  expect(await readArtifact(silent.state, api)).toBeUndefined();
});

it("is not fetched where it is larger than any plan", async () => {
  const { github, repo, api } = await whereItRuns();
  const huge = [{ name: "plan.json", data: randomBytes(9e6) }];
  const { state } = await repo.run({ workflow: "plan.yml", artifacts: { plan: huge } });
  expect(await readArtifact(state, api)).toMatchObject({
    invalid: expect.stringMatching(/^it has \d+ bytes, more than the \d+ that are read$/),
  });
  expect(github.journal.calls().map(({ path }) => path.split("/").at(-1))).toEqual(["artifacts"]);
});
