import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { resolveDnslink } from "../../../../pipeline/names/dnslink/query/resolve.ts";
import { fakeDns, fromTable, txt } from "../../../fakes/dns-server.ts";
import { testWorld } from "../../../fakes/world.ts";
import { dnslinkTest, runDnslinkTest } from "../../../servers/dnslink-test.ts";

const world = testWorld();
const cid = "bafybeigdyrzt5sfp7udm7hu76uh7y26nf3efuylqabf3oclgtqy55fbzdi";
const suite = await dnslinkTest();

describe.skipIf(!suite)("in standard mode", () => {
  it("passes the standard's conformance test whole", async () => {
    const command = [process.execPath, join(import.meta.dirname, "resolve-program.ts")];
    expect(await runDnslinkTest(suite!, command)).toEqual({ passed: 74, failed: [] });
    // It starts a program for each of its questions.
  }, 300_000);
});

describe("in strict mode, as Kubo", () => {
  const strictly = async (table: Record<string, readonly string[]>, domain = "a.test") => {
    const server = await fakeDns(fromTable("test", table));
    return resolveDnslink(domain, { mode: "strict", servers: [server.address], timeoutMs: 30_000 }, world);
  };

  it("gives the one link", async () => {
    const { links } = await strictly({ "_dnslink.a.test TXT": [`dnslink=/ipfs/${cid}/data`, "v=spf1 -all"] });
    expect(links).toEqual([{ namespace: "ipfs", identifier: `${cid}/data`, ttl: 300 }]);
  });

  it.each([
    ["a bare CID", cid],
    ["a path without dnslink=", `/ipfs/${cid}`],
    ["a CID behind dnslink=", `dnslink=${cid}`],
  ])("takes %s for a link, as old records are", async (_, value) => {
    const { links } = await strictly({ "_dnslink.a.test TXT": [value] });
    expect(links).toEqual([{ namespace: "ipfs", identifier: cid, ttl: 300 }]);
  });

  it("refuses two links, and shows both", async () => {
    const two = strictly({ "_dnslink.a.test TXT": [`dnslink=/ipfs/${cid}`, "dnslink=/ipns/b.test"] });
    await expect(two).rejects.toMatchObject({
      kind: "refused",
      message: `a.test has two dnslink records, which resolvers refuse: /ipfs/${cid} and /ipns/b.test`,
    });
  });

  it("does not look at the domain itself", async () => {
    const nothing = strictly({ "a.test TXT": [`dnslink=/ipfs/${cid}`] });
    await expect(nothing).rejects.toMatchObject({ kind: "input", message: "a.test has no dnslink record" });
  });

  it("ignores other namespaces", async () => {
    const { links } = await strictly({ "_dnslink.a.test TXT": ["dnslink=/hyper/x", `dnslink=/ipfs/${cid}`] });
    expect(links).toHaveLength(1);
  });

  it("follows domains, keeping the paths and the shortest TTL", async () => {
    const next: Record<string, ReturnType<typeof txt>> = {
      "_dnslink.a.test": txt("_dnslink.a.test", "dnslink=/ipns/b.test/inner", 500),
      "_dnslink.b.test": txt("_dnslink.b.test", `dnslink=/ipfs/${cid}/outer/`, 40),
    };
    const server = await fakeDns(({ question }) => ({ answers: [next[question.name]!] }));
    const resolved = await resolveDnslink("a.test", { mode: "strict", servers: [server.address] }, world);
    expect(resolved.links).toEqual([{ namespace: "ipfs", identifier: `${cid}/outer/inner`, ttl: 40 }]);
  });

  it("stops at a key, which is not the DNS's to follow", async () => {
    const key = "k51qzi5uqu5dgutdk6i1ynyzgkqngpha5xpgia3a5qqp4jsh0u4csozksxel2r";
    const { links } = await strictly({ "_dnslink.a.test TXT": [`dnslink=/ipns/${key}`] });
    expect(links).toEqual([{ namespace: "ipns", identifier: key, ttl: 300 }]);
  });

  it("follows 32 domains and no more", async () => {
    const chain = (length: number) =>
      Object.fromEntries([
        ...Array.from({ length: length - 1 }, (_, i) => [`_dnslink.d${i}.test TXT`, [`dnslink=/ipns/d${i + 1}.test`]]),
        [`_dnslink.d${length - 1}.test TXT`, [`dnslink=/ipfs/${cid}`]],
      ]);
    expect((await strictly(chain(32), "d0.test")).links[0]!.identifier).toBe(cid);
    await expect(strictly(chain(33), "d0.test")).rejects.toMatchObject({ kind: "refused" });
    const circle = strictly({ "_dnslink.a.test TXT": ["dnslink=/ipns/a.test"] });
    await expect(circle).rejects.toThrow("a.test leads from domain to domain, more than 32 of them");
  });

  it("asks the next resolver where one refuses, and reports every answer where none knows", async () => {
    const refusing = await fakeDns(() => ({ flags: 5 }));
    const knowing = await fakeDns(fromTable("test", { "_dnslink.a.test TXT": [`dnslink=/ipfs/${cid}`] }));
    const from = (...servers: string[]) => resolveDnslink("a.test", { mode: "strict", servers }, world);
    expect((await from(refusing.address, knowing.address)).links).toHaveLength(1);
    await expect(from(refusing.address)).rejects.toMatchObject({
      kind: "unavailable",
      message: `can't find out the TXT of _dnslink.a.test: ${refusing.address} answers REFUSED`,
    });
  });

  it.each(["a..test", `${"x".repeat(64)}.test`, `${"x.".repeat(127)}test`])(
    "refuses %s, which is no name",
    async (name) => {
      await expect(strictly({}, name)).rejects.toMatchObject({ kind: "input" });
    },
  );
});
