/** The same files give the same CIDs here and in a real Kubo, whatever the files. */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { execa } from "execa";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { blocksOf } from "../../pipeline/dag/build/files.ts";
import { type ProfileName, profiles, shardThreshold } from "../../pipeline/dag/profile.ts";
import { testWorld } from "../fakes/world.ts";
import { kuboBinary } from "../servers/kubo.ts";

const ipfs = await kuboBinary();

/** How a person asks Kubo for each profile. The last also needs the configuration profile of that name. */
const flags: Record<ProfileName, readonly string[]> = {
  "cid-v1": ["--cid-version=1"],
  "unixfs-v0-2015": [],
  "v0-raw-leaves": ["--raw-leaves"],
  "unixfs-v1-2025": [],
};
const names = Object.keys(profiles) as ProfileName[];
const folder = mkdtempSync(join(tmpdir(), "fieldtree-dag-"));

beforeAll(async () => {
  if (!ipfs) return;
  for (const profile of ["test", "test,unixfs-v1-2025"]) {
    await execa(ipfs, ["init", `--profile=${profile}`], { env: { IPFS_PATH: repoFor(profile) } });
  }
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function repoFor(profile: string): string {
  return join(folder, profile.endsWith("unixfs-v1-2025") ? "repo-2025" : "repo");
}

/** CIDs that Kubo gives the cases in a folder, by name, and at "" of the folder. One process, however many cases. */
async function kuboCids(batch: string, profile: ProfileName): Promise<Map<string, string>> {
  const args = ["add", "-r", "-H", "--only-hash", "--progress=false", ...flags[profile], batch];
  const { stdout } = await execa(ipfs!, args, { env: { IPFS_PATH: repoFor(profile) }, maxBuffer: 1e9 });
  const cids = new Map<string, string>();
  for (const line of stdout.split("\n")) {
    const [, cid, path] = /^added (\w+) ([^/]+(?:\/[\w-]+)?)$/.exec(line) ?? [];
    if (cid && path) cids.set(path.slice(basename(batch).length + 1), cid);
  }
  return cids;
}

async function ourCid(path: string, profile: ProfileName): Promise<string> {
  const blocks = blocksOf(path, { profile, symlinks: "keep" }, testWorld());
  for (;;) {
    const { done, value } = await blocks.next();
    if (done) return value.cid.toString();
  }
}

type Spec = number | string | SpecFolder;
/** A number is a file of so many bytes, a string a symlink to it. */
interface SpecFolder {
  readonly [name: string]: Spec;
}

function write(spec: Spec, path: string): void {
  if (typeof spec === "number") writeFileSync(path, Buffer.alloc(spec, `${spec} bytes`));
  else if (typeof spec === "string") symlinkSync(spec, path);
  else {
    mkdirSync(path);
    for (const [name, inner] of Object.entries(spec)) write(inner, join(path, name));
  }
}

const name = fc
  .oneof(
    { weight: 4, arbitrary: fc.string({ unit: "grapheme", minLength: 1, maxLength: 12 }) },
    { weight: 1, arbitrary: fc.string({ unit: "binary", minLength: 1, maxLength: 60 }) },
    {
      weight: 1,
      arbitrary: fc.constantFrom(
        ".zattrs",
        ".zgroup",
        "0.0",
        "__proto__",
        "\u{1f30d}",
        "\ufb00",
        "\uffee",
        "é",
        "e\u0301",
      ),
    },
  )
  .filter((text) => !/[/\0]|^\.\.?$/.test(text) && text.isWellFormed() && Buffer.byteLength(text) <= 255);
const size = fc.oneof(
  { weight: 6, arbitrary: fc.nat({ max: 2_000 }) },
  { weight: 1, arbitrary: fc.constantFrom(262_143, 262_144, 262_145, 524_288, 1_048_575, 1_048_576, 1_048_577) },
);
const { tree } = fc.letrec<{ tree: SpecFolder; spec: Spec }>((tie) => ({
  tree: fc.dictionary(name, tie("spec"), { maxKeys: 6, depthIdentifier: "tree" }),
  spec: fc.oneof(
    { depthSize: "small", withCrossShrink: true, depthIdentifier: "tree" },
    { weight: 4, arbitrary: size },
    {
      weight: 1,
      arbitrary: fc.string({ unit: "grapheme", minLength: 1, maxLength: 30 }).filter((to) => !to.includes("\0")),
    },
    { weight: 3, arbitrary: tie("tree") },
  ),
}));

describe.skipIf(!ipfs)("Kubo 0.43 gives the same CIDs", () => {
  const seed = Number(process.env.FC_SEED ?? Date.now() % 2 ** 31);

  it.each(names)(`for generated trees, %s (FC_SEED=${seed})`, { timeout: 60_000 }, async (profile) => {
    const trees = fc.sample(tree, { seed, numRuns: 60 });
    const batch = mkdtempSync(join(folder, "generated-"));
    for (const [i, spec] of trees.entries()) write(spec, join(batch, `${i}`));

    const theirs = await kuboCids(batch, profile);
    for (const [i, spec] of trees.entries()) {
      expect(await ourCid(join(batch, `${i}`), profile), `tree ${i} of FC_SEED=${seed}: ${JSON.stringify(spec)}`).toBe(
        theirs.get(`${i}`),
      );
    }
  });

  it.each(names)("for files at the edges of chunks and of nodes, %s", { timeout: 60_000 }, async (profile) => {
    const { chunkSize } = profiles[profile];
    // A full node of 1 MiB chunks is a GiB: Kubo's published vectors stand in for it.
    const edges = [1, chunkSize, 2 * chunkSize, ...(chunkSize < 1_000_000 ? [174 * chunkSize] : [])];
    const sizes = edges.flatMap((edge) => [edge - 1, edge, edge + 1]);
    const batch = mkdtempSync(join(folder, "edges-"));
    for (const bytes of sizes) write(bytes, join(batch, `${bytes}`));

    const theirs = await kuboCids(batch, profile);
    for (const bytes of sizes)
      expect(await ourCid(join(batch, `${bytes}`), profile), `${bytes} bytes`).toBe(theirs.get(`${bytes}`));
    expect(await ourCid(batch, profile)).toBe(theirs.get(""));
    rmSync(batch, { recursive: true });
  });

  describe("where directories begin to be sharded", () => {
    // With sub-directories, Kubo takes an entry that it writes again for shorter by its name (boxo 0.42, HAMTDirectory.
    // needsToSwitchToBasicDir), so that up to a name's length above the threshold it shards for an even number of them and
    // not for an odd one, or the other way round. What it does beyond is what the specification says, and what we do.
    const around = [
      ...[-1, 0, 1, 2].map((beyond) => ({ beyond, what: "files", entry: 1 as Spec })),
      ...[0, 256].map((beyond) => ({ beyond, what: "sub-directories", entry: {} as Spec })),
    ];
    it.each(names)("%s", { timeout: 60_000 }, async (profile) => {
      const batch = mkdtempSync(join(folder, "threshold-"));
      for (const { beyond, what, entry } of around) {
        const filled = Object.fromEntries(
          namesFilling(shardThreshold + beyond, entry, profile).map((each) => [each, entry]),
        );
        write(filled, join(batch, `${what}${beyond}`));
      }
      const theirs = await kuboCids(batch, profile);
      for (const { beyond, what } of around) {
        expect(await ourCid(join(batch, `${what}${beyond}`), profile), `threshold ${beyond}, ${what}`).toBe(
          theirs.get(`${what}${beyond}`),
        );
      }
      rmSync(batch, { recursive: true });
    });
  });
});

/** Names such that a directory of `entry` under each is estimated at exactly `bytes`. */
function namesFilling(bytes: number, entry: Spec, profile: ProfileName): string[] {
  const { estimate, cidVersion, rawLeaves } = profiles[profile];
  const cidLength = cidVersion === 1 || (rawLeaves && typeof entry === "number") ? 36 : 34;
  // A PBLink of a name of 128 to 255 bytes and a Tsize below 128: tags, lengths and all.
  const around = estimate === "links" ? cidLength : 3 + (2 + cidLength) + 3 + 2;
  let left = bytes - (estimate === "block" ? 4 : 0);
  const made: string[] = [];
  for (let i = 0; left > 0; i++) {
    const length =
      left >= 2 * (around + 200) ? 200 : left > around + 250 ? Math.floor(left / 2) - around : left - around;
    made.push(`${i}-`.padEnd(length, "x"));
    left -= around + length;
  }
  return made;
}

it("the names at the threshold are what the test above says they are", () => {
  const lengths = namesFilling(shardThreshold, 1, "cid-v1").map((each) => each.length);
  expect(lengths.reduce((sum, length) => sum + length + 36, 0)).toBe(shardThreshold);
  expect(Math.min(...lengths)).toBeGreaterThan(127);
  expect(Math.max(...lengths)).toBeLessThan(256);
});
