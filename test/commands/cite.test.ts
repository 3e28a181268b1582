import { expect, it } from "vitest";
import { aCampaign, fieldtree } from "./program.ts";
import { expectSchema } from "./schemas.ts";

const sidecar = (title: string) =>
  `attributes:\n  title: ${title}\n  creator_name: Ada Lovelace\n  license: CC-BY-4.0\n`;

it("cites a dataset and a release by what is published, in each format", { timeout: 300_000 }, async () => {
  const cwd = await aCampaign({
    "old/dataset_meta.yaml": sidecar("First"),
    "new/dataset_meta.yaml": sidecar("Second"),
  });
  const run = async (...args: string[]) =>
    fieldtree([...args, "--json"], { cwd, env: { SOURCE_DATE_EPOCH: "1723000000" } });

  await run("add", "old", "--at", "a/data");
  expect((await run("cite", "a/data")).json()).toMatchObject([{ path: "a/data", citation: /Ada: First\. test/ }]);
  await run("publish");
  await run("add", "new", "--at", "a/data");
  await run("publish");

  const [now] = (await run("cite", "a/data")).json();
  expect(now).toMatchObject({ release: 2, format: "text" });
  expect(now.citation).toBe(`Lovelace, Ada (2024): Second. test. Dataset. ipfs://${now.cid}\n`);
  const [then] = (await run("cite", "a/data@1", "--format", "bibtex")).json();
  expect(then).toMatchObject({ release: 1, format: "bibtex", citation: expect.stringContaining("title = {{First}}") });
  const [release] = (await run("cite", "1", "--format", "cff")).json();
  expect(release.citation).toContain('version: "release 1"');
  const lines = [now, then, release];
  expectSchema("cite", lines);

  const [portal] = (await run("log")).json();
  const inPortal = await fieldtree(["cat", `${portal.portal}/cite/citation.ris`], { cwd });
  expect(inPortal.stdout).toBe((await run("cite", "--format", "ris")).json()[0].citation);
});

it("names what can't be cited", async () => {
  const cwd = await aCampaign();
  const failures = [["--format", "apa"], ["3"], ["nowhere"], ["/"]].map(async (args) => {
    const { code, json } = await fieldtree(["cite", ...args, "--json"], { cwd });
    return [code, json().at(-1).error.message];
  });
  expect(await Promise.all(failures)).toEqual([
    [2, "--format apa: there is no such format"],
    [2, "there is no release 3: nothing has been published yet"],
    [2, "nowhere is not in the tree"],
    [2, "/ is no path in the tree"],
  ]);
});
