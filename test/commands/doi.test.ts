/** `fieldtree doi` with a campaign that publishes, and a DataCite on this machine. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { doiSettings } from "../../pipeline/campaign/dois.ts";
import { password, startFakeDatacite } from "../fakes/datacite.ts";
import { aCampaign, fieldtree } from "./program.ts";
import { expectSchema } from "./schemas.ts";

const sidecar = "attributes:\n  title: Cloud camera\n  creator_name: Ada Lovelace\n  creator_id: 0000-0002-1825-0097\n";

it("registers a DOI whose landing page is the portal's page of the dataset, and shows it", {
  timeout: 300_000,
}, async () => {
  const server = await startFakeDatacite();
  const doi = `doi: { prefix: "10.83333", repository: TIB.SEA, password: DATACITE_PASSWORD, endpoint: "${server.endpoint}", page: "https://sea.example.org/portal/" }`;
  const cwd = await aCampaign({
    "campaign.yaml": `campaign: sea\n${doi}\n`,
    "camera/dataset_meta.yaml": sidecar,
    "camera/a.mp4": "film",
  });
  const env = { SOURCE_DATE_EPOCH: "1723000000", DATACITE_PASSWORD: password };
  const run = async (...args: string[]) => {
    const ran = await fieldtree([...args, "--json"], { cwd, env });
    return { code: ran.code, last: ran.json().at(-1) };
  };
  await run("add", "camera", "--at", "raw/camera");
  expect(await run("doi", "publish", "raw/camera")).toMatchObject({
    code: 2,
    last: { error: { message: /is not published/ } },
  });
  const { last: drafted } = await run("doi", "draft", "raw/camera");
  expect((await run("publish")).code).toBe(0);

  const { last: dry } = await run("doi", "publish", "raw/camera", "--dry-run");
  expect(dry).toMatchObject({
    dryRun: true,
    doi: drafted.doi,
    objections: [],
    record: { titles: [{ title: "Cloud camera" }], publicationYear: 2024 },
  });
  const changes = () => server.requests.filter((request) => !request.startsWith("GET")).length;
  expect([server.dois.size, changes()]).toEqual([1, 1]);

  const { last: done } = await run("doi", "publish", "raw/camera");
  expect(done).toMatchObject({
    state: "findable",
    changed: true,
    url: "https://sea.example.org/portal/datasets/raw/camera/index.html",
  });
  expect(server.dois.get(done.doi)).toMatchObject({
    state: "findable",
    attributes: { url: done.url, publicationYear: 2024 },
  });
  const noted = await readFile(join(cwd, "dois.yaml"), "utf8");
  const again = await run("doi", "publish", "raw/camera");
  expect([again.code, again.last.changed, changes()]).toEqual([0, false, 2]);
  expect(await readFile(join(cwd, "dois.yaml"), "utf8")).toBe(noted);
  expectSchema("doi", [drafted, dry, done, again.last]);

  const { last: published } = await run("publish");
  expect(published).toMatchObject({ release: 2, changed: true });
  const read = async (path: string) =>
    JSON.parse((await fieldtree(["cat", `${published.portal}/${path}`], { cwd })).stdout);
  const item = await read("stac/raw/camera.json");
  expect(item.properties).toMatchObject({
    "sci:doi": done.doi,
    "sci:citation": expect.stringContaining(`https://doi.org/${done.doi}`),
  });
  expect(item.stac_extensions).toContain("https://stac-extensions.github.io/scientific/v1.0.0/schema.json");
  expect(item.links).toContainEqual({ rel: "cite-as", href: `https://doi.org/${done.doi}` });
  expect((await read("index.json")).datasets[0].doi).toBe(done.doi);
  const { last: cited } = await run("cite", "raw/camera");
  expect(cited.citation).toBe(
    `Lovelace, Ada (2024): Cloud camera. sea. Dataset. https://doi.org/${done.doi} ipfs://${done.cid}\n`,
  );
  const { last: status } = await run("status", "--deadline", "120");
  expect(status.dois).toEqual([{ path: "raw/camera", doi: done.doi, cid: done.cid, state: "findable", current: true }]);
  expectSchema("status", [status]);
});

it.each([
  ["page: https://a.example/b", "", "https://a.example/b/"],
  [
    "",
    'gateways: ["http://127.0.0.1:8080", "https://ipfs.example"]\ndomain: sea.example',
    "https://ipfs.example/ipns/sea.example/",
  ],
  [
    "",
    "gateways: [https://ipfs.example]\ndomain: sea.example\nnames: [{ domain: portal.example, to: portal, provider: { kind: manual } }]",
    "https://ipfs.example/ipns/portal.example/",
  ],
])(
  "takes the portal's address from page:, else from the domain and the first public gateway: %s %s",
  async (page, rest, address) => {
    const doi = `doi: { prefix: "10.83333", repository: TIB.SEA, password: DATACITE_PASSWORD, ${page} }`;
    const cwd = await aCampaign({ "campaign.yaml": `campaign: sea\n${rest}\n${doi}\n` });
    expect((await doiSettings(cwd, {})).portal).toBe(address);
  },
);

it("needs an address of the portal that others can open", async () => {
  const doi = 'doi: { prefix: "10.83333", repository: TIB.SEA, password: DATACITE_PASSWORD }';
  const cwd = await aCampaign({
    "campaign.yaml": `campaign: sea\ngateways: ["http://localhost:8080"]\ndomain: sea.example\n${doi}\n`,
  });
  await expect(doiSettings(cwd, {})).rejects.toMatchObject({ kind: "input", hint: expect.stringContaining("page:") });
});

it("is checked before anything is asked, and names what is missing", async () => {
  const bad = await aCampaign({ "dois.yaml": "a: { doi: 1 }\n" });
  const checked = await fieldtree(["check", "dois.yaml", "--json"], { cwd: bad });
  expect([checked.code, checked.json()[0].findings.length]).toEqual([1, 3]);
  const whole = await fieldtree(["check", "--json"], { cwd: bad });
  expect(whole.json().at(-1).error.message).toMatch(/^dois\.yaml:1:/);

  const cwd = await aCampaign({ "x/dataset_meta.yaml": sidecar });
  const run = async (...args: string[]) => (await fieldtree([...args, "--json"], { cwd })).json().at(-1).error;
  expect(await run("doi", "delete", "x")).toMatchObject({
    message: "doi delete: there is only draft, register, publish, update",
  });
  expect(await run("doi", "draft", "x")).toMatchObject({
    message: "campaign.yaml does not say where DOIs are registered",
  });
});
