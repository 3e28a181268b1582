/** `verify --stac`: the portal's STAC, judged by the published schemas, and what may be asked for them. */
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { getCACertificates, setDefaultCACertificates } from "node:tls";
import type { CID } from "multiformats/cid";
import { describe, expect, it, onTestFinished } from "vitest";
import { isFailure, kinds } from "../../../pipeline/core/failure.ts";
import type { World } from "../../../pipeline/core/world.ts";
import type { Block } from "../../../pipeline/dag/block.ts";
import { makeDirectory } from "../../../pipeline/dag/directory.ts";
import { profiles } from "../../../pipeline/dag/profile.ts";
import type { Parts } from "../../../pipeline/stages/parts.ts";
import { publish } from "../../../pipeline/stages/publish/publish.ts";
import { type Check, verdict } from "../../../pipeline/stages/verify/check.ts";
import { checkStac } from "../../../pipeline/stages/verify/check-stac.ts";
import { schemasFrom } from "../../../pipeline/stages/verify/stac-schemas.ts";
import { aCampaign, fieldtree } from "../../commands/program.ts";
import { expectSchema } from "../../commands/schemas.ts";
import { data } from "../../data.ts";
import { aDataset, aFile, someParts, temporaryFolder } from "../../fakes/parts.ts";
import { testWorld } from "../../fakes/world.ts";
import { canMakeCertificates, startHttps } from "../../servers/https.ts";

const host = "schemas.stacspec.org/v1.1.0";
const itemSchema = `${host}/item-spec/json-schema/item.json`;

/** Of the rules of STAC those that these tests break. */
const ownSchemas = {
  [itemSchema]: JSON.stringify({
    $id: `https://${itemSchema}`,
    type: "object",
    required: ["id", "properties"],
    properties: {
      bbox: { type: "array", items: { type: "number" } },
      properties: { type: "object", required: ["datetime"] },
    },
  }),
};

const item = {
  type: "Feature",
  stac_version: "1.1.0",
  stac_extensions: [],
  id: "radar",
  geometry: { type: "Point", coordinates: [1, 2] },
  bbox: [1, 2, 1, 2],
  properties: { datetime: "2024-08-10T00:00:00Z" },
  links: [],
  assets: {},
};

async function aSchemaFolder(files: Readonly<Record<string, string>> = ownSchemas): Promise<string> {
  const folder = await temporaryFolder();
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
  return folder;
}

/** What the check says of a portal with these documents in `stac/products/`. */
async function judged(
  documents: Readonly<Record<string, unknown>>,
  { folder, world = testWorld(), ...options }: JudgeOptions = {},
): Promise<Check & { readonly exit: number }> {
  const parts = await someParts();
  const links = await Promise.all(
    Object.entries(documents).map(async ([name, document]) => {
      const text = typeof document === "string" ? document : JSON.stringify(document);
      return { name, ...(await aFile(parts.home, text)) };
    }),
  );
  const products = await aDirectory(links, parts);
  const stac = await aDirectory([{ name: "products", ...products }], parts);
  const portal = await aDirectory([{ name: "stac", ...stac }], parts);
  return judgedPortal(portal.cid, parts, folder, world, options);
}

interface JudgeOptions {
  readonly folder?: string;
  readonly world?: World;
  readonly timeoutMs?: number;
}

async function aDirectory(links: Parameters<typeof makeDirectory>[0], { home }: Parts) {
  const blocks: Block[] = [];
  const link = makeDirectory(links, profiles["cid-v1"], (block) => void blocks.push(block));
  await home.put(blocks, testWorld());
  return link;
}

async function judgedPortal(
  portal: CID,
  parts: Parts,
  folder: string | undefined,
  world: World,
  options: Pick<JudgeOptions, "timeoutMs"> = {},
) {
  const head = { cid: portal, release: { number: 3, portal } } as unknown as Parameters<typeof checkStac>[0];
  const checks: Check[] = [];
  for await (const check of checkStac(head, parts, await schemasFrom(folder, world), world, options))
    checks.push(check);
  expect(checks).toHaveLength(1);
  const { kind } = verdict(checks);
  return { ...checks[0]!, exit: kind ? kinds[kind].exit : 0 };
}

/** A network on which only these addresses answer; `asked` are all that were asked for. */
function network(answers: Readonly<Record<string, () => Response>>) {
  const asked: string[] = [];
  const fetch = async ({ url }: Request) => {
    asked.push(url);
    const answer = answers[url];
    if (!answer) throw new TypeError("fetch failed", { cause: Object.assign(new Error(), { code: "ENOTFOUND" }) });
    return answer();
  };
  return { asked, world: testWorld({ fetch }) };
}

describe("the portal's STAC", () => {
  it("is good where every document is valid", async () => {
    const folder = await aSchemaFolder();
    expect(await judged({ "a.json": item, "b.json": { ...item, id: "b" } }, { folder })).toMatchObject({
      check: "stac",
      subject: "portal of release 3",
      says: "2 documents are valid STAC 1.1",
      exit: 0,
    });
  });

  it.each([
    ["a bbox of strings", { ...item, bbox: ["1", "2", "1", "2"] }, "/bbox/0 must be number"],
    ["no datetime", { ...item, properties: {} }, "/properties must have required property 'datetime'"],
    ["another version", { ...item, stac_version: "1.0.0" }, "has the stac_version 1.0.0"],
    ["a version that is none", { ...item, stac_version: "1.x/../.." }, "has the stac_version 1.x/../.."],
    ["no version", { ...item, stac_version: undefined }, "has no stac_version"],
    ["no type", { ...item, type: "Thing" }, "/type Can't detect type"],
    ["an extension that is no address", { ...item, stac_extensions: [null] }, "stac_extensions has null"],
    ["text that is not JSON", "{", "is not JSON"],
    ["a list", [item], "is no JSON object"],
    ["a line break in a name", { ...item, bbox: ["\n"] }, "/bbox/0 must be number"],
    ["more bytes than allowed", " ".repeat(4 * 1024 * 1024 + 1), "more than the 4194304 allowed"],
  ])("fails by the document's name where one has %s", async (_, wrong, why) => {
    const folder = await aSchemaFolder();
    const check = await judged({ "good.json": item, "wrong.json": wrong }, { folder });
    expect(check).toMatchObject({ ok: false, problem: "drift", exit: 7 });
    const [first, ...lines] = check.says.split("\n");
    expect(first).toBe("1 of 2 documents are not valid STAC 1.1");
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain(`stac/products/wrong.json: `);
    expect(lines[0]).toContain(why);
  });

  it("names as many invalid documents as a person reads, and counts the rest", async () => {
    const wrong = Array.from({ length: 130 }, (_, i) => [`${i}.json`, { ...item, bbox: "none" }]);
    const { says } = await judged(Object.fromEntries(wrong), { folder: await aSchemaFolder() });
    expect(says.split("\n")).toHaveLength(102);
    expect(says).toMatch(/and 30 more$/);
  });

  it("fails where there is none", async () => {
    const parts = await someParts();
    const { cid } = await aDirectory([], parts);
    const check = await judgedPortal(cid, parts, await aSchemaFolder(), testWorld());
    expect(check).toMatchObject({ ok: false, says: "the portal has no stac/", exit: 7 });
  });
});

describe("a schema", () => {
  const address = `https://${itemSchema}`;
  const good = () => new Response(ownSchemas[itemSchema]);

  it("is fetched once, where no folder is named", async () => {
    const { asked, world } = network({ [address]: good });
    expect(await judged({ "a.json": item, "b.json": item }, { world })).toMatchObject({ ok: true });
    expect(asked).toEqual([address]);
  });

  it.each<[string, Record<string, () => Response>, string]>([
    ["does not answer", {}, "there is no host of that name (ENOTFOUND)"],
    ["answers 503", { [address]: () => new Response("", { status: 503 }) }, "answered 503"],
    ["answers a page", { [address]: () => new Response("<html>") }, "is not JSON"],
    ["answers without end", { [address]: () => new Response(new Uint8Array(3 << 20)) }, "more than the 2097152 bytes"],
    ["answers what is no schema", { [address]: () => new Response('{"type": "nothing"}') }, "could not be judged"],
  ])("that %s leaves STAC unchecked: exit code 4", async (_, answers, why) => {
    const check = await judged({ "a.json": item }, { world: network(answers).world });
    expect(check).toMatchObject({ ok: false, problem: "unchecked", exit: 4 });
    expect(check.says).toContain(why);
  });

  it("is asked for over https only", async () => {
    const { asked, world } = network({ [address]: good });
    const check = await judged({ "a.json": { ...item, stac_extensions: ["http://10.0.0.1/x.json"] } }, { world });
    expect(check).toMatchObject({ problem: "unchecked", exit: 4 });
    expect(check.says).toContain("the schema http://10.0.0.1/x.json is out of reach");
    expect(asked).toEqual([address]);
  });

  it("that a folder lacks is not fetched", async () => {
    const { asked, world } = network({ [address]: good });
    const folder = await aSchemaFolder({ "other/x.json": "{}" });
    const check = await judged({ "a.json": item }, { folder, world });
    expect(check).toMatchObject({ problem: "unchecked", exit: 4 });
    expect(check.says).toBe(`the schema ${address} is out of reach: it is not in ${folder}`);
    expect(asked).toEqual([]);
  });

  it("is one of 200 at most", async () => {
    const many = Array.from({ length: 200 }, (_, i) => `https://example.test/${i}.json`);
    const answers = Object.fromEntries(many.map((url) => [url, () => new Response("{}")]));
    const { asked, world } = network({ [address]: good, ...answers });
    const check = await judged({ "a.json": { ...item, stac_extensions: many } }, { world });
    expect(check).toMatchObject({ problem: "unchecked", exit: 4 });
    expect(asked).toHaveLength(200);
  });

  it("ends with the command that asks for it", async () => {
    const stop = new AbortController();
    const fetch = () => {
      stop.abort(new Error("stopped"));
      return new Promise<never>(() => {});
    };
    const world = testWorld({ fetch, signal: stop.signal });
    await expect(judged({ "a.json": item }, { world })).rejects.toThrow("stopped");
  });

  it.each(["gone", "file"])("folder that is a %s is an input error", async (name) => {
    const folder = join(await aSchemaFolder({ file: "" }), name);
    await expect(schemasFrom(folder, testWorld())).rejects.toSatisfy((error) => isFailure(error, "input"));
  });
});

describe("a document that takes long to validate", () => {
  // Each letter doubles the time, so this one would take longer than anyone waits.
  const endless = { ...ownSchemas, "example.test/endless.json": '{"properties": {"id": {"pattern": "^(a+)+$"}}}' };
  const slow = { ...item, id: `${"a".repeat(100)}!`, stac_extensions: ["https://example.test/endless.json"] };

  it("does not outlast the command", async () => {
    const stop = new AbortController();
    const world = testWorld({ signal: stop.signal });
    const judging = judged({ "a.json": slow }, { folder: await aSchemaFolder(endless), world });
    setTimeout(() => stop.abort(new Error("stopped")), 1000);
    await expect(judging).rejects.toThrow("stopped");
  });

  it("is named as unchecked where its time is over", async () => {
    const check = await judged({ "a.json": slow }, { folder: await aSchemaFolder(endless), timeoutMs: 1000 });
    expect(check).toMatchObject({ ok: false, problem: "unchecked", exit: 4 });
    expect(check.says).toBe("validating stac/products/a.json takes more than 1 s");
  });

  it("leaves the event loop to others, though it has 4 MiB", async () => {
    const links = Array.from({ length: 80_000 }, (_, i) => ({ rel: "item", href: `https://example.test/${i}` }));
    const schema = JSON.parse(ownSchemas[itemSchema]);
    // Compares each link with each other one: quadratic, and some seconds in all.
    const properties = { ...schema.properties, links: { type: "array", uniqueItems: true } };
    const folder = await aSchemaFolder({ [itemSchema]: JSON.stringify({ ...schema, properties }) });
    let turns = 0;
    const counting = setInterval(() => turns++, 10);
    const document = { ...item, links };
    expect(JSON.stringify(document).length).toBeGreaterThan(3.5 * 1024 * 1024);
    const check = await judged({ "a.json": document }, { folder, timeoutMs: 2000 });
    clearInterval(counting);
    expect(check.problem).toBe("unchecked");
    expect(turns).toBeGreaterThan(20);
  });
});

describe.skipIf(!(await canMakeCertificates()))("schemas over real https", () => {
  /** A world in which the servers of all schemas are at `url`. */
  const leadingTo = (url: string): World =>
    testWorld({ fetch: (request) => fetch(new Request(request.url.replace(/^https:\/\/[^/]+/, url), request)) });
  const trust = (certificate: string): void => {
    const before = getCACertificates("default");
    setDefaultCACertificates([...before, certificate]);
    onTestFinished(() => setDefaultCACertificates(before));
  };

  it("judge a document", async () => {
    const asked: (string | undefined)[] = [];
    const server = await startHttps((request, response) => {
      asked.push(request.url);
      response.end(ownSchemas[itemSchema]);
    });
    trust(server.certificate);
    const world = leadingTo(server.url);
    expect(await judged({ "a.json": item }, { world })).toMatchObject({ ok: true, exit: 0 });
    expect(await judged({ "a.json": { ...item, bbox: "none" } }, { world })).toMatchObject({ ok: false, exit: 7 });
    const path = `/${itemSchema.slice(itemSchema.indexOf("/") + 1)}`;
    expect(asked).toEqual([path, path]);
  });

  it("are not taken from a server whose certificate is not trusted", async () => {
    const server = await startHttps((_, response) => void response.end(ownSchemas[itemSchema]));
    const check = await judged({ "a.json": item }, { world: leadingTo(server.url) });
    expect(check).toMatchObject({ ok: false, problem: "unchecked", exit: 4 });
    expect(check.says).toContain("DEPTH_ZERO_SELF_SIGNED_CERT");
  });

  it("are not followed elsewhere", async () => {
    const server = await startHttps((_, response) => void response.writeHead(302, { location: "/other" }).end());
    trust(server.certificate);
    const check = await judged({ "a.json": item }, { world: leadingTo(server.url) });
    expect(check).toMatchObject({ ok: false, problem: "unchecked", exit: 4 });
  });
});

describe("the command", () => {
  it.each([
    ["--schemas without --stac", ["--schemas", "."]],
    ["a folder that isn't there", ["--stac", "--schemas", "gone"]],
    ["--stac of a file", ["--stac", "--offline", "log.car"]],
  ])("refuses %s as input", async (_, flags) => {
    const { code, stderr, stdout } = await fieldtree(["verify", ...flags], { cwd: await aCampaign() });
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toContain("  → ");
  });

  it("tells in JSON, by its schema, what is out of reach", async () => {
    const cwd = await aCampaign({ "schemas/x.json": "{}" });
    expect((await fieldtree(["publish"], { cwd })).code).toBe(0);
    const ran = await fieldtree(["verify", "--stac", "--schemas", "schemas", "--json"], { cwd });
    expect(ran.code).toBe(4);
    expectSchema("verify", ran.json());
    expect(ran.json()).toContainEqual(expect.objectContaining({ check: "stac", ok: false, problem: "unchecked" }));
  });
});

const published = data("stac-schemas");

describe.skipIf(!published)("by the schemas that the STAC project publishes", () => {
  it("what fieldtree publishes is valid", async () => {
    const parts = await someParts();
    const { cid } = await aDataset(parts.home, "radar");
    const tree = new TextEncoder().encode(`products:\n  HALO:\n    radar: ${cid}\n`);
    for await (const _ of publish(tree, parts, { strict: true }, testWorld()));
    const head = (await parts.log.head(testWorld()))!;
    const check = await judgedPortal(head.release.portal, parts, published, testWorld());
    expect([check.ok, check.says]).toEqual([true, "4 documents are valid STAC 1.1"]);
  });

  it.each([
    ["a bbox of strings", { ...item, bbox: ["1", "2", "1", "2"] }, "/bbox"],
    ["no datetime", { ...item, properties: {} }, "datetime"],
  ])("an item with %s is not", async (_, wrong, why) => {
    const check = await judged({ "good.json": item, "wrong.json": wrong }, { folder: published! });
    expect(check).toMatchObject({ ok: false, exit: 7 });
    expect(check.says).toContain("1 of 2 documents");
    expect(check.says).toContain("stac/products/wrong.json: ");
    expect(check.says).toContain(why);
  });
});
