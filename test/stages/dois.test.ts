/** Registering DOIs at a DataCite that refuses what it refuses: every state, outages on both sides of a change, and versions. */
import { describe, expect, it } from "vitest";
import type { Dois } from "../../pipeline/core/datacite/dois.ts";
import { readDois, writeDois } from "../../pipeline/core/datacite/dois.ts";
import { recordOf } from "../../pipeline/core/datacite/record.ts";
import { itemOf } from "../../pipeline/core/stac/item.ts";
import { datacite } from "../../pipeline/dois/datacite.ts";
import { changeDoi } from "../../pipeline/stages/dois/change-doi.ts";
import type { DoiAction, DoiTarget } from "../../pipeline/stages/dois/plan.ts";
import { type FakeDatacite, password, prefix, startFakeDatacite, testPrefix } from "../fakes/datacite.ts";
import { described, dropsondes, facts, nothing } from "../fakes/descriptions.ts";
import { aCid } from "../fakes/release.ts";
import { testWorld } from "../fakes/world.ts";

const path = "products/HALO/radar.zarr";

/** A campaign with a dois.yaml in memory, and DataCite. */
async function aRegistration() {
  const server = await startFakeDatacite();
  let text = "";
  /** Whether dois.yaml can be written. */
  let isWritable = true;
  const registry = (options: { readonly password?: string } = {}) =>
    datacite({ endpoint: server.endpoint, repository: "TIB.SEA", password, variable: "DATACITE_PASSWORD", ...options });
  const dois = (): Dois => readDois(text).dois;
  const save = async (next: Dois) => {
    if (!isWritable) throw new Error("killed");
    text = writeDois(next);
  };
  const act = (action: DoiAction, target: Partial<DoiTarget> = {}, at = { prefix, registry: registry() }) =>
    changeDoi(action, aTarget(target), { ...at, dois: dois(), save }, testWorld());
  return {
    server,
    registry,
    act,
    entry: (at = path) => dois().get(at),
    killBeforeNote() {
      isWritable = false;
    },
    revive() {
      isWritable = true;
    },
    text: () => text,
  };
}

function aTarget(parts: Partial<DoiTarget> & { readonly released?: string } = {}): DoiTarget {
  const cid = parts.cid ?? aCid("first").toString();
  const { item } = itemOf(
    { ...described(path, { ...dropsondes, attributes: { title: "Radar", creator_name: "Ada Lovelace" } }), cid },
    facts,
  );
  return {
    campaign: "sea",
    path,
    cid,
    url: `https://example.org/datasets/${path}/index.html`,
    record: (doi, related) => recordOf(item, cid, facts, { doi, related, released: "2024-09-01T00:00:00Z" }),
    ...parts,
  };
}

const stored = ({ dois }: FakeDatacite) => [...dois].map(([doi, { state }]) => [doi, state]);
const changesIn = ({ requests }: FakeDatacite) => requests.filter((request) => !request.startsWith("GET"));

describe("a DOI", () => {
  it.each([
    ["draft", "draft"],
    ["register", "registered"],
    ["publish", "findable"],
  ] as const)("is created by doi %s, and noted as %s; the same again changes nothing", async (action, state) => {
    const { act, server, entry, text } = await aRegistration();
    const { changed } = await act(action);
    const { doi } = entry()!;
    expect([changed, entry()]).toEqual([
      true,
      { doi: expect.stringMatching(/^10\.83333\/ft\.[a-z2-7]{12}$/), cid: aCid("first").toString(), state },
    ]);
    expect(stored(server)).toEqual([[doi, state]]);
    expect(server.dois.get(doi)!.attributes).toMatchObject({
      url: `https://example.org/datasets/${path}/index.html`,
      titles: [{ title: "Radar" }],
      alternateIdentifiers: [{ alternateIdentifier: aCid("first").toString(), alternateIdentifierType: "IPFS CID" }],
    });

    const before = [text(), JSON.stringify([...server.dois])];
    expect((await act(action)).changed).toBe(false);
    expect([text(), JSON.stringify([...server.dois])]).toEqual(before);
    expect(changesIn(server)).toHaveLength(1);
  });

  it("goes from draft to registered to findable, and never back", async () => {
    const { act, server, entry } = await aRegistration();
    for (const action of ["draft", "register", "draft", "publish", "draft"] as const) await act(action);
    expect(entry()!.state).toBe("findable");
    expect(changesIn(server).map((request) => request.split(" ")[0])).toEqual(["POST", "PUT", "PUT"]);
    await expect(act("register")).rejects.toMatchObject({ kind: "input", message: /is findable/ });
  });

  it("has its metadata sent again by update, in whatever state", async () => {
    const { act, server, entry } = await aRegistration();
    await expect(act("update")).rejects.toMatchObject({ kind: "input", message: `${path} has no DOI` });
    await act("publish");
    await act("update", { url: "https://example.org/elsewhere" });
    const { state, attributes } = server.dois.get(entry()!.doi)!;
    expect([state, attributes.url]).toEqual(["findable", "https://example.org/elsewhere"]);
  });

  it("of data that changed is a new one, and the two name each other", async () => {
    const { act, server, entry } = await aRegistration();
    await act("publish");
    const first = entry()!.doi;
    const cid = aCid("second").toString();
    await expect(act("update", { cid })).rejects.toMatchObject({
      message: `${path} changed since ${first} was created for it`,
    });
    await act("publish", { cid, partOf: "10.83333/sea" });

    const second = entry()!.doi;
    expect(entry()).toEqual({
      doi: second,
      cid,
      state: "findable",
      earlier: [{ doi: first, cid: aCid("first").toString(), state: "findable" }],
    });
    const relations = (doi: string) => server.dois.get(doi)!.attributes.relatedIdentifiers;
    const relation = (relatedIdentifier: string, relationType: string) => ({
      relatedIdentifier,
      relatedIdentifierType: "DOI",
      relationType,
    });
    expect(relations(second)).toEqual([relation(first, "IsNewVersionOf"), relation("10.83333/sea", "IsPartOf")]);
    expect(relations(first)).toEqual([relation(second, "IsPreviousVersionOf")]);
    expect((await act("publish", { cid, partOf: "10.83333/sea" })).changed).toBe(false);
    await expect(act("publish")).rejects.toMatchObject({ message: /has the data again/ });
  });

  it("of a draft is not named to others, and of the same data at another path is the one that they have", async () => {
    const { act, server, entry } = await aRegistration();
    await act("draft");
    const cid = aCid("second").toString();
    await act("publish", { cid });
    expect(server.dois.get(entry()!.doi)!.attributes.relatedIdentifiers).toEqual([]);
    await expect(act("draft", { cid, path: "elsewhere" })).rejects.toMatchObject({
      message: `the same data have the DOI ${entry()!.doi} as ${path}`,
    });
  });
});

describe("an outage", () => {
  const cases = (["draft", "register", "publish"] as const).flatMap((action) =>
    (["lost before", "lost after", "killed"] as const).map((outage) => ({ action, outage })),
  );
  it.each(cases)("of doi $action, $outage, is finished by the next run, with one DOI", async ({ action, outage }) => {
    const { act, server, entry, killBeforeNote, revive, text } = await aRegistration();
    if (outage === "killed") killBeforeNote();
    else server.fail = outage;
    await expect(act(action)).rejects.toThrow();
    expect([text(), server.dois.size]).toEqual(["", outage === "lost before" ? 0 : 1]);
    revive();
    await act(action);
    expect(stored(server)).toEqual([[entry()!.doi, entry()!.state]]);
    expect(changesIn(server)).toHaveLength(outage === "lost before" ? 2 : 1);
  });

  it("between a version and the relations of the one before it is finished too", async () => {
    const { act, server, entry, killBeforeNote, revive } = await aRegistration();
    await act("publish");
    const first = entry()!.doi;
    const cid = aCid("second").toString();
    server.dois.get(first)!.attributes.relatedIdentifiers = undefined;
    killBeforeNote();
    await expect(act("publish", { cid })).rejects.toThrow("killed");
    server.dois.get(first)!.attributes.relatedIdentifiers = undefined;
    revive();
    await act("publish", { cid });
    expect(server.dois.get(first)!.attributes.relatedIdentifiers).toMatchObject([
      { relationType: "IsPreviousVersionOf" },
    ]);
  });

  it("that is DataCite's own is waited for where asking again is safe", async () => {
    const { act, server, entry } = await aRegistration();
    await act("draft");
    server.fail = "busy";
    await act("publish");
    expect(entry()!.state).toBe("findable");
  });
});

describe("DataCite refuses, in its words,", () => {
  it("a wrong password, without showing it", async () => {
    const { act, registry } = await aRegistration();
    const at = { prefix, registry: registry({ password: "wrong horse battery" }) };
    const failure = await act("publish", {}, at).catch((error) => error);
    expect(failure).toMatchObject({ kind: "refused", hint: expect.stringContaining("DATACITE_PASSWORD") });
    expect(failure.message).toMatch(/answered 401: Bad credentials\.$/);
  });

  it("a prefix of others", async () => {
    const { act, registry } = await aRegistration();
    await expect(act("draft", {}, { prefix: "10.9999", registry: registry() })).rejects.toMatchObject({
      kind: "refused",
      message: expect.stringContaining("You are not authorized"),
    });
  });

  it("what lacks a field, and we before it", async () => {
    const { act, server, registry } = await aRegistration();
    const cid = aCid("first").toString();
    const { item } = itemOf({ ...described(path, nothing), cid }, facts);
    const record: DoiTarget["record"] = (doi, related) => recordOf(item, cid, facts, { doi, related });
    await act("draft", { record });
    await expect(act("publish", { record })).rejects.toMatchObject({ kind: "input", message: /publicationYear/ });
    expect(stored(server)[0]![1]).toBe("draft");
    const change = { doi: `${prefix}/x`, record: { relatedIdentifiers: [] }, event: "publish" as const };
    await expect(registry().create({ ...change, url: "https://example.org" }, testWorld())).rejects.toMatchObject({
      kind: "refused",
      message: expect.stringContaining("creators: Missing child element(s)"),
    });
    await expect(registry().create(change, testWorld())).rejects.toMatchObject({ message: /url: Can't be blank/ });
  });

  it("an event that is not possible, or ignores it", async () => {
    const { act, server, registry, entry } = await aRegistration();
    await act("publish");
    const change = { doi: entry()!.doi, record: { relatedIdentifiers: [] }, event: "register" as const };
    expect((await registry().update(change, testWorld())).state).toBe("findable");
    server.ignoresEvents = false;
    await expect(registry().update(change, testWorld())).rejects.toMatchObject({
      message: /cannot transition from 'findable'/,
    });
    const removed = await fetch(`${server.endpoint}/dois/${encodeURIComponent(entry()!.doi)}`, {
      method: "DELETE",
      headers: { authorization: `Basic ${btoa(`TIB.SEA:${password}`)}` },
    });
    expect(removed.status).toBe(405);
  });

  it("to make DOIs of the prefix for trials resolve: they stay drafts, and the failure names that prefix", async () => {
    const { act, server, registry, entry } = await aRegistration();
    const at = { prefix: testPrefix, registry: registry() };
    await expect(act("publish", {}, at)).rejects.toMatchObject({
      kind: "refused",
      message: expect.stringMatching(/left 10\.5072\/ft\.\w+ draft$/),
      hint: expect.stringContaining("trials"),
    });
    await act("draft", {}, at);
    expect([server.dois.size, entry()!.state]).toEqual([1, "draft"]);
  });

  it("nothing of a DOI that is not for these data: that is not touched", async () => {
    const { act, server, entry } = await aRegistration();
    await act("draft");
    server.dois.get(entry()!.doi)!.attributes.alternateIdentifiers = [];
    await expect(act("publish")).rejects.toMatchObject({ kind: "conflict", message: /is not for/ });
    server.dois.clear();
    await expect(act("update")).rejects.toMatchObject({ kind: "conflict", message: /the registry does not/ });
  });
});
