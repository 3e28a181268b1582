/** The ways in which people write what stands on IPFS, and what is no address. */
import { describe, expect, it } from "vitest";
import { parseAddress } from "../../../pipeline/cli/address/parse-address.ts";
import { v0, v1 } from "../../core/cids.ts";

const [cid, old] = [v1(1), v0(1)];
const read = (text: string) => {
  const address = parseAddress(text);
  return "cid" in address ? { ...address, cid: `${address.cid}` } : address;
};

describe("content", () => {
  it.each([
    [cid, ""],
    [`${cid}/a//b/`, "a/b"],
    [`/ipfs/${cid}/a`, "a"],
    [`ipfs://${cid}/a`, "a"],
    [`ipfs://ipfs/${cid}/a`, "a"],
    [`dweb:/ipfs/${cid}/a`, "a"],
    [`${cid}/a@3`, "a@3"],
  ])("of %s", (text, path) => expect(read(text)).toEqual({ in: "content", cid, path }));

  it.each([
    [`https://ipfs.io/ipfs/${cid}/a%20b/c?format=raw#x`, "a b/c", "https://ipfs.io"],
    [`http://127.0.0.1:8642/ipfs/${cid}`, "", "http://127.0.0.1:8642"],
    [`HTTPS://IPFS.io/ipfs/${cid}/100%`, "100%", "https://ipfs.io"],
    [`https://${cid}.ipfs.dweb.link/a`, "a", "https://dweb.link"],
    [`http://${cid}.ipfs.localhost:8080/a/`, "a", "http://localhost:8080"],
  ])("of a gateway's address %s", (text, path, gateway) =>
    expect(read(text)).toEqual({ in: "content", cid, path, gateway }),
  );

  it("keeps the version of a CID", () => expect(read(`https://ipfs.io/ipfs/${old}`)).toMatchObject({ cid: old }));
});

describe("names", () => {
  it.each([
    ["ipns://example.org/a@3", "example.org", 3, "a"],
    ["ipns://example.org", "example.org", undefined, ""],
    ["ipns://example.org@2", "example.org", 2, ""],
    ["/ipns/latest.example.org/a/b", "latest.example.org", undefined, "a/b"],
  ])("of %s", (text, name, release, path) => expect(read(text)).toEqual({ in: "name", name, release, path }));

  it.each([
    ["http://127.0.0.1:8642/ipns/test/tree/a%2Bb", "test", "tree/a+b", "http://127.0.0.1:8642"],
    ["https://latest-example--x-org.ipns.dweb.link/a", "latest.example-x.org", "a", "https://dweb.link"],
  ])("of a gateway's address %s", (text, name, path, gateway) =>
    expect(read(text)).toEqual({ in: "name", name, release: undefined, path, gateway }),
  );
});

describe("paths in the tree", () => {
  it.each([
    ["products/HALO@3", "products/HALO", 3],
    ["/products//HALO/", "products/HALO", undefined],
    ["@3", "", 3],
    ["ipfs/x", "ipfs/x", undefined],
    ["bafflegab.txt", "bafflegab.txt", undefined],
  ])("of %s", (text, path, release) => expect(read(text)).toEqual({ in: "tree", path, release }));

  it.each([
    ["bafynonsense/x", /^bafynonsense is not a CID/],
    [`${cid}x/y`, /is not a CID: 60 characters where 59 belong/],
    [cid.slice(0, -1), /58 characters where 59 belong/],
    [`${old.slice(0, -2)}/a`, /44 characters where 46 belong/],
    [`${cid.slice(0, -1)}!`, undefined],
  ])("and of %s what is wrong with it as a CID", (text, unlike) => {
    const address = parseAddress(text);
    if (unlike === undefined) expect(address).not.toHaveProperty("unlike");
    else expect(address).toMatchObject({ in: "tree", unlike: expect.stringMatching(unlike) });
  });
});

it.each([
  ["https://example.org/data", "no address on IPFS"],
  ["https://ipfs.io/ipfs/", "nothing is not a CID"],
  ["ipfs://radar.zarr", "radar.zarr is not a CID"],
  ["/ipfs/bafynonsense", "bafynonsense is not a CID"],
  ["ipns:///a", "has no name"],
  ["https://", "is no address"],
])("%s is refused in words", (text, says) => {
  expect(() => parseAddress(text)).toThrow(says);
});
