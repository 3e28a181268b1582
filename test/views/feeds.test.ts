/** Atom feeds, read by a maintained reader of feeds. */
import { describe, expect, it } from "vitest";
import type { Facts } from "../../pipeline/core/campaign/campaign.ts";
import type { Release } from "../../pipeline/log/release.ts";
import { feeds } from "../../pipeline/views/feeds.ts";
import type { Content } from "../../pipeline/views/view.ts";
import { facts } from "../fakes/descriptions.ts";
import { byPath } from "../fakes/portal-files.ts";
import { aChain, aRelease } from "../fakes/release.ts";
import { filesOf, statesAfter } from "../fakes/views.ts";
import { pythonWith, runPython } from "../servers/python.ts";

const hostile = `</title><script>alert(1)</script> & "]]>" \u0007\ud800 ${"é".repeat(3)}`;
const changes: readonly Release["changes"][] = [
  [
    { op: "add", path: `products/HALO/${hostile}`, to: "A" },
    { op: "add", path: "products/Meteor/ctd", to: "B" },
  ],
  [{ op: "move", path: "products/Meteor/radar", from: `products/HALO/${hostile}`, to: "A" }],
];

function rendered(campaign: Facts = { ...facts, title: hostile, domain: "orcestra.example" }) {
  const before = statesAfter(feeds, aChain(changes));
  const draft = aRelease(3, { rollbackOf: 1, why: hostile });
  return byPath(filesOf(feeds, before, { draft, campaign } as unknown as Content)) as ReadonlyMap<string, string>;
}

describe("the feeds", () => {
  const files = rendered();

  it("are one of all releases, and one of each collection", () => {
    expect([...files.keys()]).toEqual([
      "feed.atom",
      "feeds/products/HALO/feed.atom",
      "feeds/products/Meteor/feed.atom",
    ]);
  });

  it("have the dates of the releases, and the same bytes each time", () => {
    expect(rendered()).toEqual(files);
    expect(
      files
        .get("feed.atom")!
        .match(/<updated>[^<]*/g)!
        .slice(0, 2),
    ).toEqual(["<updated>2024-08-03T12:00:00Z", "<updated>2024-08-03T12:00:00Z"]);
  });

  it("are bounded, however many releases there are, and whatever they change", () => {
    const many = Array.from({ length: 1000 }, (_, i) => ({ op: "add", path: `a/b/${i}`, to: "A" }) as const);
    const before = statesAfter(feeds, aChain(Array.from({ length: 80 }, () => many)));
    const made = byPath(filesOf(feeds, before, { draft: aRelease(81), campaign: facts } as unknown as Content));
    expect(String(made.get("feed.atom")).match(/<entry>/g)).toHaveLength(50);
    expect(String(made.get("feed.atom"))).toContain("and 980 more");
    expect(JSON.stringify(before).length).toBeLessThan(300_000);
  });
});

const read = `
import feedparser, json, sys
out = []
for text in json.load(sys.stdin):
    feed = feedparser.parse(text)
    assert not feed.bozo, feed.bozo_exception
    for thing in [feed.feed, *feed.entries]: assert thing.id and thing.title and thing.updated_parsed
    out.append([feed.version, feed.feed.title, [[e.title, e.id, e.link, e.updated, e.content[0].value.split("\\n")] for e in feed.entries]])
print(json.dumps(out))
`;

const catalogs = await pythonWith("catalogs");

it.skipIf(!catalogs)("are read by feedparser, and no title becomes markup", async () => {
  const files = rendered();
  const out = JSON.parse(await runPython(read, [], catalogs, JSON.stringify([...files.values()])));
  const [[version, title, entries], [, , ofHalo]] = out;
  expect(version).toBe("atom10");
  expect(title).toBe(`</title><script>alert(1)</script> & "]]>" \ufffd\ufffd ééé`);
  expect(entries.map(([title]: string[]) => title)).toEqual([
    `Release 3: nothing changed; rolls back to release 1: </title><script>alert(1)</script> & "]]>" \ufffd ééé`,
    "Release 2: 1 moved",
    "Release 1: 2 added",
  ]);
  expect(ofHalo.map(([title]: string[]) => title)).toEqual(["Release 2: 1 moved", "Release 1: 1 added"]);
  expect(new Set(out.flatMap(([, , entries]: [string, string, string[][]]) => entries.map(([, id]) => id))).size).toBe(
    7,
  );
  expect(entries[2][2]).toMatch(/^ipfs:\/\/b/);
});
