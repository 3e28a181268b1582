import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { applyEdit, type ExistingRecord, editOf } from "../../../../pipeline/names/dnslink/providers/by-record.ts";

const links = ["dnslink=/ipfs/bafkqaaa", "dnslink=/ipfs/bafkqabtimvwgy3yk", "/ipfs/bafkqaaa"];
const notes = ["v=spf1 -all", "a note", "another"];

describe("changing an RRset record by record", () => {
  it("comes to what is wanted by at most one change, and always shows a link where there was one and is to be one", async () => {
    const anyHeld = fc.array(fc.constantFrom(...links, ...notes), { maxLength: 5 });
    const anyNext = fc.tuple(fc.constantFrom(...links), fc.uniqueArray(fc.constantFrom(...notes)));
    await fc.assert(
      fc.asyncProperty(anyHeld, anyNext, async (values, [link, others]) => {
        const held = values.map((value, i): ExistingRecord => ({ id: `${i}`, value, ttl: 300 }));
        const next = [link, ...others];
        fc.pre(others.every((other) => values.includes(other)));
        const edit = editOf("it", "_dnslink.example.test", held, { values: next, ttl: 300 });

        expect(edit.change === undefined || edit.create === undefined).toBe(true);
        let there = new Map(held.map(({ id, value }) => [id, value]));
        const hadLink = linksAmong(there) > 0;
        const step = async (then: typeof there) => {
          there = then;
          if (hadLink) expect(linksAmong(there)).toBeGreaterThan(0);
        };
        await applyEdit(edit, {
          remove: (id) => step(new Map([...there].filter(([other]) => other !== id))),
          change: (id, value) => step(new Map(there).set(id, value)),
          create: (value) => step(new Map(there).set("new", value)),
        });
        expect([...there.values()].sort()).toEqual(next.toSorted());
      }),
    );
  });

  it("never shows two links where there was one", () => {
    const [from, to, note] = [links[0]!, links[1]!, notes[0]!];
    const held = [note, from].map((value, i) => ({ id: `${i}`, value, ttl: 300 }));
    expect(editOf("it", "x", held, { values: [note, to], ttl: 300 })).toEqual({
      remove: [],
      change: { id: "1", value: to },
    });
  });

  it("comes from two links to one before that one is changed", async () => {
    const held = links.slice(0, 2).map((value, i) => ({ id: `${i}`, value, ttl: 300 }));
    const operations: string[] = [];
    await applyEdit(editOf("it", "x", held, { values: [links[2]!], ttl: 300 }), {
      remove: async (id) => operations.push(`remove ${id}`),
      change: async (id) => operations.push(`change ${id}`),
      create: async () => operations.push("create"),
    });
    expect(operations).toEqual(["remove 1", "change 0"]);
  });

  it("changes a TTL alone, and nothing where all is as wanted", () => {
    const held = [{ id: "7", value: links[0]!, ttl: 300 }];
    const values = [links[0]!];
    expect(editOf("it", "x", held, { values, ttl: 60 })).toEqual({ remove: [], change: { id: "7", value: values[0] } });
    expect(editOf("it", "x", held, { values, ttl: 300 })).toEqual({ remove: [] });
  });

  it("refuses to change two records", () => {
    expect(() => editOf("it", "x.test", [], { values: [links[0]!, notes[0]!], ttl: 300 })).toThrow(
      "it changes one record at a time, and 2 at x.test would change",
    );
  });
});

function linksAmong(records: ReadonlyMap<string, string>): number {
  return [...records.values()].filter((value) => links.includes(value)).length;
}
