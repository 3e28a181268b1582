import { describe, expect, it } from "vitest";
import { linkOf, linksIn, pointedAt, problemOf } from "../../../pipeline/names/dnslink/record.ts";

const cid = "bafybeigdyrzt5sfp7udm7hu76uh7y26nf3efuylqabf3oclgtqy55fbzdi";

it.each([
  [`dnslink=/ipfs/${cid}`, `/ipfs/${cid}`],
  [`dnslink=/ipfs/${cid}/a b`, `/ipfs/${cid}/a b`],
  ["dnslink=/ipns/example.org", "/ipns/example.org"],
  [`/ipfs/${cid}`, `/ipfs/${cid}`],
  [cid, `/ipfs/${cid}`],
  [`dnslink=${cid}`, `/ipfs/${cid}`],
  ["dnslink=QmUNLLsPACCz1vLxQVkXqqLX5R1X345qqfHbsf67hvA3Nn", "/ipfs/QmUNLLsPACCz1vLxQVkXqqLX5R1X345qqfHbsf67hvA3Nn"],
])("%s is a link", (value, link) => {
  expect(linkOf(value)).toBe(link);
});

it.each([
  "",
  "v=spf1 -all",
  "dnslink=",
  "dnslink=/ipfs/",
  "dnslink=/hyper/x",
  ` dnslink=/ipfs/${cid}`,
  `DNSLINK=/ipfs/${cid}`,
  "b".repeat(59),
  "x".repeat(60_000),
])("%j is none", (value) => {
  expect(linkOf(value)).toBeUndefined();
});

it("counts every link, in whichever spelling", () => {
  const values = [`dnslink=/ipfs/${cid}`, "dnslink=/ipns/example.org", cid, "a note"];
  expect(linksIn(values)).toHaveLength(3);
  expect(problemOf(linksIn(values))).toMatch(/^3 dnslink records, which resolvers refuse: /);
  expect(problemOf(linksIn(values.slice(0, 1)))).toBeUndefined();
});

describe("the next records", () => {
  it("hold one link, whatever there was, and other people's values", () => {
    const current = { values: ["a note", cid, "dnslink=/ipns/example.org", "v=spf1 -all", "dnslink=/hyper/x"], ttl: 5 };
    const next = pointedAt(`/ipfs/${cid}`, current, 300);
    expect(next).toEqual({ values: ["a note", "dnslink=/hyper/x", `dnslink=/ipfs/${cid}`, "v=spf1 -all"], ttl: 300 });
  });

  it.each(["", cid, "/ipfs/", "/hyper/x", `/ipfs/${cid}/Köln`, `/ipfs/${cid}\n`, `/ipfs/${"x".repeat(1000)}`])(
    "do not point to %j",
    (value) => {
      expect(() => pointedAt(value, undefined, 300)).toThrow("a DNSLink can't point to");
    },
  );
});
