import { describe, expect, it } from "vitest";
import { history } from "../../pipeline/views/history.ts";
import { releases } from "../../pipeline/views/releases.ts";
import { byPath } from "../fakes/portal-files.ts";
import { aChain, aRelease } from "../fakes/release.ts";
import { filesOf, statesAfter } from "../fakes/views.ts";

const content = (draft: ReturnType<typeof aRelease>) => ({ draft }) as never;
const rendered = (changes: Parameters<typeof aChain>[0]) => {
  const chain = aChain(changes);
  const before = statesAfter(history, chain.slice(0, -1));
  const files = byPath(filesOf(history, before, content(chain.at(-1)!.release as never)));
  return JSON.parse(files.get("history.json") as string);
};

describe("history.json", () => {
  it("puts the newest release first and counts its changes", () => {
    const { releases } = rendered([
      [{ op: "add", path: "a", to: "A" }],
      [
        { op: "add", path: "b", to: "B" },
        { op: "add", path: "c", to: "C" },
        { op: "update", path: "a", from: "A", to: "A2" },
      ],
    ]);
    expect(releases.map(({ number, changes }: never) => [number, changes])).toEqual([
      [2, { add: 2, update: 1 }],
      [1, { add: 1 }],
    ]);
  });

  it("lists the CID at a path in each release, and when it was removed", () => {
    const { paths } = rendered([
      [{ op: "add", path: "a", to: "A" }],
      [{ op: "update", path: "a", from: "A", to: "A2" }],
      [{ op: "remove", path: "a", from: "A2" }],
    ]);
    expect(paths.a).toEqual([
      [3, null],
      [2, "A2"],
      [1, "A"],
    ]);
  });

  it("follows a move: gone from the old path, present at the new", () => {
    const { paths } = rendered([
      [{ op: "add", path: "old", to: "A" }],
      [{ op: "move", path: "new", from: "old", to: "A" }],
    ]);
    expect(paths.old).toEqual([
      [2, null],
      [1, "A"],
    ]);
    expect(paths.new).toEqual([[2, "A"]]);
  });

  it("takes a path named __proto__ for a path", () => {
    const { paths } = rendered([[{ op: "add", path: "__proto__", to: "A" }], []]);
    expect(Object.getOwnPropertyDescriptor(paths, "__proto__")?.value).toEqual([[1, "A"]]);
  });
});

describe("releases/", () => {
  it("links the block of every earlier release, under its number and its own hash", () => {
    const chain = aChain([[], [], []]);
    const files = byPath(filesOf(releases, statesAfter(releases, chain), content(aRelease(4))));
    expect([...files.keys()]).toEqual(["releases/1", "releases/2", "releases/3"]);
    const second = files.get("releases/2") as {
      cid: { multihash: { digest: Uint8Array }; code: number };
      tsize: number;
    };
    expect(Buffer.compare(second.cid.multihash.digest, chain[1]!.cid.multihash.digest)).toBe(0);
    expect([second.cid.code, second.tsize]).toEqual([0x55, chain[1]!.size]);
  });
});
