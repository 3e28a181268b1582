/** The versions of datasets, folded from changes alone. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { changesBetween } from "../../../pipeline/core/tree/changes.ts";
import { dataLeaves, readTree } from "../../../pipeline/core/tree/tree.ts";
import {
  isLive,
  type LoggedRelease,
  mostEvents,
  noVersions,
  predecessorOf,
  type Versions,
  versionLines,
  versionsAt,
  withRelease,
} from "../../../pipeline/core/versions/versions.ts";
import { v0, v1 } from "../cids.ts";

type Changes = LoggedRelease["changes"];

const releasesOf = (...changes: readonly Changes[]): LoggedRelease[] =>
  changes.map((each, i) => ({
    number: i + 1,
    made: `2024-08-${String(i + 1).padStart(2, "0")}T00:00:00Z`,
    changes: each,
    before: i === 0 ? null : { portal: `portal-${i}` },
  }));
const fold = (...changes: readonly Changes[]) => releasesOf(...changes).reduce(withRelease, noVersions);
const shortly = (versions: Versions, path: string) =>
  versionLines(versionsAt(versions, path)!).map(({ release, op, path, cid }) => `${release} ${op} ${path} ${cid}`);

const add = (path: string, to: string) => ({ op: "add", path, to }) as const;
const update = (path: string, from: string, to: string) => ({ op: "update", path, from, to }) as const;
const move = (from: string, path: string, to: string) => ({ op: "move", path, from, to }) as const;
const remove = (path: string, from: string) => ({ op: "remove", path, from }) as const;

describe("the versions of a dataset", () => {
  it("are its changes, newest first, and moves are followed from either path", () => {
    const versions = fold([add("old", "A")], [update("old", "A", "B")], [move("old", "new", "B")]);
    const expected = ["3 moved new B", "2 updated old B", "1 added old A"];
    expect(shortly(versions, "new")).toEqual(expected);
    expect(shortly(versions, "old")).toEqual(expected);
  });

  it("go on where removed data comes back, at its path or at another", () => {
    const there = fold([add("a", "A")], [remove("a", "A")], [add("a", "B")]);
    expect(shortly(there, "a")).toEqual(["3 added a B", "2 removed a A", "1 added a A"]);
    const elsewhere = fold([add("a", "A")], [remove("a", "A")], [add("b", "A")]);
    expect(shortly(elsewhere, "b")).toEqual(["3 moved b A", "2 removed a A", "1 added a A"]);
    expect(versionsAt(elsewhere, "a")?.path).toBe("b");
  });

  it("go on at the own path first, where the same data comes back at two", () => {
    const both = fold([add("b", "A")], [remove("b", "A")], [add("a", "A"), add("b", "A")]);
    expect(shortly(both, "a")).toEqual(["3 added a A"]);
    expect(shortly(both, "b")).toEqual(["3 added b A", "2 removed b A", "1 added b A"]);
  });

  it("begin anew where other data takes the path of what was moved", () => {
    const versions = fold([add("a", "A")], [move("a", "b", "A")], [add("a", "C")]);
    expect(shortly(versions, "a")).toEqual(["3 added a C"]);
    expect(shortly(versions, "b")).toEqual(["2 moved b A", "1 added a A"]);
  });

  it("name the release that had the same data already, as after a rollback", () => {
    const lines = versionLines(
      versionsAt(fold([add("a", "A")], [update("a", "A", "B")], [update("a", "B", "A")]), "a")!,
    );
    expect(lines.map(({ sameAs }) => sameAs)).toEqual([1, undefined, undefined]);
  });

  it("keep another spelling of a CID apart from other data", () => {
    const [old, now] = [v0(1), v1(1)];
    const versions = fold([add("a", old)], [{ op: "respell", path: "a", from: old, to: now }]);
    expect(shortly(versions, "a")).toEqual([`2 respelt a ${now}`, `1 added a ${old}`]);
    expect(predecessorOf(versionsAt(versions, "a")!)).toBeUndefined();
    const again = withRelease(versions, { ...releasesOf([])[0]!, number: 3, changes: [remove("a", now)] });
    expect(shortly(withRelease(again, { ...releasesOf([])[0]!, number: 4, changes: [add("b", old)] }), "b")[0]).toBe(
      `4 moved b ${old}`,
    );
  });

  it("tell no dataset from an empty folder", () => {
    const empty = "bafybeiczsscdsbs7ffqz55asqdf3smv6klcw3gofszvwlyarci47bgf354";
    expect(fold([add("a", empty)], [remove("a", empty)])).toEqual(fold([], []));
  });

  it("take paths as they are", () => {
    const versions = fold([add("__proto__", "A"), add("constructor", "B")], [update("__proto__", "A", "C")]);
    expect(shortly(versions, "__proto__")).toEqual(["2 updated __proto__ C", "1 added __proto__ A"]);
    expect(versionsAt(versions, "toString")).toBeUndefined();
  });

  it("leave out the oldest, counted, beyond a bound", () => {
    const many = Array.from({ length: mostEvents + 10 }, (_, i) => [update("a", `${i}`, `${i + 1}`)]);
    const { events, dropped } = versionsAt(fold([add("a", "0")], ...many), "a")!;
    expect([events.length, dropped, events[0]!.release]).toEqual([mostEvents, 11, mostEvents + 11]);
  });

  it("are the same for changes that a merged release brought before", () => {
    expect(fold([add("a", "A")], [add("a", "A")])).toEqual(fold([add("a", "A")], []));
  });
});

describe("the predecessor", () => {
  it("is the version with other data, in the last portal that had it", () => {
    const versions = fold([add("a", "A")], [update("a", "A", "B")], [], [move("a", "b", "B")], []);
    expect(predecessorOf(versionsAt(versions, "b")!)).toEqual({ release: 1, path: "a", cid: "A", portal: "portal-1" });
  });

  it("is looked up before the removal where other data came after it", () => {
    const versions = fold([add("a", "A")], [], [remove("a", "A")], [], [add("a", "B")]);
    expect(predecessorOf(versionsAt(versions, "a")!)).toMatchObject({ cid: "A", portal: "portal-2" });
  });
});

it("has every leaf of the tree at its path with its CID, after any releases", () => {
  const trees = fc.array(
    fc.dictionary(
      fc.constantFrom("a", "b", "c/d", "c/e", "f"),
      fc.constantFrom(...[1, 2, 3].flatMap((seed) => [v0(seed), v1(seed)])),
    ),
    { minLength: 1, maxLength: 6 },
  );
  fc.assert(
    fc.property(trees, (all) => {
      const read = all.map(
        (leaves) =>
          readTree(
            Object.entries(leaves)
              .map(([path, cid]) => `${path}: ${cid}\n`)
              .join(""),
          ).tree,
      );
      const changes = read.map((tree, i) => changesBetween(read[i - 1] ?? new Map(), tree));
      const versions = fold(...changes);
      const live = Object.entries(versions.datasets).filter(([, dataset]) => isLive(dataset));
      expect(new Map(live.map(([path, { events }]) => [path, events[0]!.cid]))).toEqual(
        new Map(dataLeaves(read.at(-1)!).map(({ path, written }) => [path, written])),
      );
      for (const [path, { events }] of live) expect(events[0]!.path).toBe(path);
    }),
  );
});
