/** CIDs that Kubo publishes in its own tests, and CIDs that Kubo 0.43 gave for files too large to make here. */
import { describe, expect, it } from "vitest";
import { assemble } from "../../pipeline/dag/assemble.ts";
import type { Link } from "../../pipeline/dag/block.ts";
import { balance, balancer, type FileLink, fileOf, leafLink, leafOf } from "../../pipeline/dag/build/file.ts";
import { makeDirectory, makeSymlink } from "../../pipeline/dag/directory.ts";
import { type Profile, type ProfileName, profiles } from "../../pipeline/dag/profile.ts";
import { chacha, kuboNames } from "./deterministic.ts";

const drop = () => {};
const v0 = profiles["unixfs-v0-2015"];
const v1 = profiles["unixfs-v1-2025"];
const text = (words: string) => new TextEncoder().encode(words);
const file = (words: string, profile: Profile) => fileOf(text(words), profile, drop);

/** A file whose bytes come in pieces that fill chunks exactly. */
function streamed(pieces: Iterable<Uint8Array>, profile: Profile): FileLink {
  const balancing = balancer(profile, drop);
  for (const piece of pieces) {
    for (let at = 0; at < piece.length; at += profile.chunkSize) {
      balancing.push(leafOf(piece.subarray(at, at + profile.chunkSize), profile, drop));
    }
  }
  return balancing.finish();
}

/** A file of zeros: its full chunks are all one leaf, so that only the tree above them is made. */
function zeros(size: number, profile: Profile): FileLink {
  const full = leafOf(new Uint8Array(profile.chunkSize), profile, drop);
  const rest = size % profile.chunkSize;
  const leaves = Array.from({ length: Math.floor(size / profile.chunkSize) }, () => full);
  if (rest > 0) leaves.push(leafOf(new Uint8Array(rest), profile, drop));
  return balance(leaves, profile, drop);
}

describe("files come to the CIDs of Kubo's cid_profiles_test.go and sharness tests", () => {
  it.each<[ProfileName, string, string]>([
    ["unixfs-v0-2015", "hello world", "Qmf412jQZiuVUtdgnB36FXFX7xg5V6KEbSJ4dpQuhkLyfD"],
    ["unixfs-v0-2015", "hello world\n", "QmT78zSuBmuS4z925WZfrqQ1qHaJ56DQaTfyMUF7F8ff5o"],
    ["unixfs-v0-2015", "", "QmbFMke1KXqnYyBBWxB74N4c5SBnJMVAiMNRcGu6x1AwQH"],
    ["cid-v1", "hello world", "bafkreifzjut3te2nhyekklss27nh3k72ysco7y32koao5eei66wof36n5e"],
    ["cid-v1", "", "bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku"],
    ["unixfs-v1-2025", "hello world", "bafkreifzjut3te2nhyekklss27nh3k72ysco7y32koao5eei66wof36n5e"],
    ["v0-raw-leaves", "hello world", "bafkreifzjut3te2nhyekklss27nh3k72ysco7y32koao5eei66wof36n5e"],
  ])("%s of %j", (profile, words, cid) => {
    expect(file(words, profiles[profile]).cid.toString()).toBe(cid);
  });

  it("CIDv1 without raw leaves, as some campaigns were added", () => {
    const cid = "bafybeihykld7uyxzogax6vgyvag42y7464eywpf55gxi5qpoisibh3c5wa";
    expect(file("hello world", { ...v0, cidVersion: 1 }).cid.toString()).toBe(cid);
  });

  it.each([
    ["one chunk", 262_144, "chunk-v0-seed", "QmWmRj3dFDZdb6ABvbmKhEL6TmPbAfBZ1t5BxsEyJrcZhE"],
    ["one chunk and a byte", 262_145, "chunk-v0-seed", "QmYyLxtzZyW22zpoVAtKANLRHpDjZtNeDjQdJrcQNWoRkJ"],
    ["174 chunks", 174 * 262_144, "v0-seed", "QmUbBALi174SnogsUzLpYbD4xPiBSFANF4iztWCsHbMKh2"],
    ["174 chunks and a byte", 174 * 262_144 + 1, "v0-seed", "QmV81WL765sC8DXsRhE5fJv2rwhS4icHRaf3J9Zk5FdRnW"],
  ])("unixfs-v0-2015 of %s", (_, size, seed, cid) => {
    expect(streamed(chacha(size, seed), v0).cid.toString()).toBe(cid);
  });

  it.each([
    ["one chunk", 1_048_576, "bafkreiacndfy443ter6qr2tmbbdhadvxxheowwf75s6zehscklu6ezxmta"],
    ["one chunk and a byte", 1_048_577, "bafybeigmix7t42i6jacydtquhet7srwvgpizfg7gjbq7627d35mjomtu64"],
  ])("unixfs-v1-2025 of %s", (_, size, cid) => {
    expect(streamed(chacha(size, "chunk-v1-seed"), v1).cid.toString()).toBe(cid);
  });

  // Two GiB of ChaCha20 and sha2-256 take ten seconds: where all is tried, and when asked for.
  describe.runIf(process.env.CI || process.env.FIELDTREE_TEST_LONG)("of a GiB", () => {
    it.each([
      ["1024 chunks", 1024 * 1_048_576, "bafybeihmf37wcuvtx4hpu7he5zl5qaf2ineo2lqlfrapokkm5zzw7zyhvm"],
      ["1024 chunks and a byte", 1024 * 1_048_576 + 1, "bafybeibdsi225ugbkmpbdohnxioyab6jsqrmkts3twhpvfnzp77xtzpyhe"],
    ])("unixfs-v1-2025 of %s", { timeout: 60_000 }, (_, size, cid) => {
      expect(streamed(chacha(size, "v1-2025-seed"), v1).cid.toString()).toBe(cid);
    });
  });
});

describe("sizes that don't fit 32 bits come out as they went in", () => {
  // `truncate -s SIZE zeros; ipfs add -w --only-hash zeros` with each profile's flags, Kubo 0.43.0.
  it.each<[size: number, profile: ProfileName, name: string, cid: string]>([
    [3 * 2 ** 30, "cid-v1", "sparse-3221225472", "bafybeibczty6rbc3iv4qdqybjb2gmaxna5vhxvd5kicusf4g52th3cgunu"],
    [3 * 2 ** 30, "unixfs-v0-2015", "sparse-3221225472", "QmPCJgdpQgdgegxZvtqFkkSc6DpSvDYyWgqKqiPqtqo8fg"],
    [3 * 2 ** 30, "v0-raw-leaves", "sparse-3221225472", "QmWgNTLWHUKtWteKCJJuvfH7yfWS9W4eqrFg2Z37nV6mj5"],
    [3 * 2 ** 30, "unixfs-v1-2025", "sparse-3221225472", "bafybeier73bf4cqltdqwtykzh54clieoqprolf2eaiskz5djrwfwan2kmu"],
    [2 ** 32 + 1, "cid-v1", "sparse-4294967297", "bafybeidapaxr75hqcjty4jped4fip7jrwhwj75p2pu3yy5fuu3qaaozy4a"],
    [2 ** 32 + 1, "unixfs-v0-2015", "sparse-4294967297", "QmYiBL92jNFdH7K7VvLQzwMe1bXxp5NJooxGwB8xjkSBd4"],
    [2 ** 32 + 1, "v0-raw-leaves", "sparse-4294967297", "Qmd6gwQbj5Dixs4KMxRHxXsdmp4sNFpUKoqmuvWunW5j5X"],
    [2 ** 32 + 1, "unixfs-v1-2025", "sparse-4294967297", "bafybeigaxub46s6ztwp4kd2oaxdcijaqmkr44wfywxxilpvhxymf4jlzom"],
    [11 * 2 ** 30, "cid-v1", "sparse-11811160064", "bafybeicfr4h2jsvf7rzhchpex2obyipatxsnf6yfu3jombt3v3qg5k633m"],
    [11 * 2 ** 30, "unixfs-v0-2015", "sparse-11811160064", "QmSDyVy4SW1uHcF2hmuaTCmaRpFx7nM1eL7kzWkVPN6tGm"],
  ])("%d bytes, %s", (size, profile, name, cid) => {
    const made = zeros(size, profiles[profile]);
    expect(made.size).toBe(size);
    expect(makeDirectory([{ name, ...made }], profiles[profile], drop).cid.toString()).toBe(cid);
  });
});

it("a raw leaf hashed elsewhere is the leaf hashed here", () => {
  const here = leafOf(text("hello world"), v1, drop);
  expect(leafLink(here.cid.multihash.digest, here.size)).toEqual(here);
});

describe("directories come to the CIDs of Kubo's tests", () => {
  it.each<[name: string, profile: Profile, planets: string, mars: string, venus: string]>([
    [
      "unixfs-v0-2015",
      v0,
      "QmWSgS32xQEcXMeqd3YPJLrNBLSdsfYCep2U7CFkyrjXwY",
      "QmPrrHqJzto9m7SyiRzarwkqPcCSsKR2EB1AyqJfe8L8tN",
      "QmU5kp3BH3B8tnWUU2Pikdb2maksBNkb92FHRr56hyghh4",
    ],
    [
      "v0-raw-leaves",
      profiles["v0-raw-leaves"],
      "QmfWfQfKCY5Ukv9peBbxM5vqWM9BzmqUSXvdCgjT2wsiBT",
      "bafkreibmlvvgdyihetgocpof6xk64kjjzdeq2e4c7hqs3krdheosk4tgj4",
      "bafkreihfsphazrk2ilejpekyltjeh5k4yvwgjuwg26ueafohqioeo3sdca",
    ],
    [
      "cid-v1",
      profiles["cid-v1"],
      "bafybeih7e5dmkyk25up5vxug4q3hrg2fxbzf23dfrac2fns5h7z4aa7ioi",
      "bafkreibmlvvgdyihetgocpof6xk64kjjzdeq2e4c7hqs3krdheosk4tgj4",
      "bafkreihfsphazrk2ilejpekyltjeh5k4yvwgjuwg26ueafohqioeo3sdca",
    ],
    [
      "CIDv1 without raw leaves",
      { ...v0, cidVersion: 1 },
      "bafybeif5tuep5ap2d7zyhbktucey75aoacxufgt6i3v4gebmixyipnyp7y",
      "bafybeiawta2ntdmsy24aro35w3homzl4ak7svr3si7l7gesvq4erglyye4",
      "bafybeicvkvhs2fr75ynebtdjqpgm4g2fc63abqbmysupwpmcjl4gx7mzrm",
    ],
  ])("planets, %s", (_, profile, planets, mars, venus) => {
    const entries = [
      { name: "venus.txt", ...file("Hello Venus!\n", profile) },
      { name: "mars.txt", ...file("Hello Mars!\n", profile) },
    ];
    expect(entries.map(({ cid }) => cid.toString())).toEqual([venus, mars]);
    expect(makeDirectory(entries, profile, drop).cid.toString()).toBe(planets);
  });

  it.each<[name: ProfileName, cid: string]>([
    ["unixfs-v0-2015", "QmWdiHKoeSW8G1u7ATCgpx4yMoUhYaJBQGkyPLkS9goYZ8"],
    ["cid-v1", "bafybeibyhlx64cklod6isy3h7tsmr4qvam3ae3b74n3hfes5bythjrwyua"],
  ])("symlinks, %s (t0044)", (name, cid) => {
    const profile = profiles[name];
    const leaves = [
      { path: "foo/baz", ...file("some text\n", profile) },
      { path: "bar/baz", ...makeSymlink("files/foo/baz", profile, drop) },
      { path: "bad", ...makeSymlink("files/does/not/exist", profile, drop) },
    ];
    expect(assemble(leaves, profile, drop).cid.toString()).toBe(cid);
  });

  it.each([
    [
      "at the threshold",
      v0,
      kuboNames(4096, 30, 30, "hamt-unixfs-v0-2015"),
      "QmX5GtRk3TSSEHtdrykgqm4eqMEn3n2XhfkFAis5fjyZmN",
    ],
    [
      "a byte above it",
      v0,
      kuboNames(4033, 31, 31, "hamt-unixfs-v0-2015"),
      "QmeMiJzmhpJAUgynAcxTQYek5PPKgdv3qEvFsdV3XpVnvP",
    ],
    [
      "at the threshold",
      v1,
      kuboNames(4766, 11, 21, "hamt-unixfs-v1-2025"),
      "bafybeic3h7rwruealwxkacabdy45jivq2crwz6bufb5ljwupn36gicplx4",
    ],
    [
      "a byte above it",
      v1,
      kuboNames(4766, 11, 22, "hamt-unixfs-v1-2025"),
      "bafybeiegvuterwurhdtkikfhbxcldohmxp566vpjdofhzmnhv6o4freidu",
    ],
  ])("thousands of names, %s", (_, profile, names, cid) => {
    const x = file("x", profile);
    expect(
      makeDirectory(
        names.map((name) => ({ name, ...x })),
        profile,
        drop,
      ).cid.toString(),
    ).toBe(cid);
  });

  it.each<[ProfileName, string]>([
    ["unixfs-v0-2015", "QmUNLLsPACCz1vLxQVkXqqLX5R1X345qqfHbsf67hvA3Nn"],
    ["cid-v1", "bafybeiczsscdsbs7ffqz55asqdf3smv6klcw3gofszvwlyarci47bgf354"],
  ])("the empty directory, %s", (profile, cid) => {
    expect(makeDirectory([], profiles[profile], drop).cid.toString()).toBe(cid);
  });

  it("2000 files that are not sharded (t0260)", () => {
    const entries = Array.from({ length: 2000 }, (_, i) => ({ name: `file${i + 1}`, ...file(`${i + 1}\n`, v0) }));
    const testdata: Link = makeDirectory(entries, v0, drop);
    expect(testdata.cid.toString()).toBe("QmavrTrQG4VhoJmantURAYuw3bowq3E2WcvP36NRQDAC1N");
  });
});
