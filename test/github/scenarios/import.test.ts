/** A catalog is imported, and its lines are proposed: with no line written here. */
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { aCampaign, fieldtree } from "../../commands/program.ts";
import { expectSchema } from "../../commands/schemas.ts";
import { onLoopback } from "../../fakes/loopback.ts";
import { smallSonde } from "../../fakes/netcdf3.ts";
import { openBox } from "../box.ts";

it("import --pull-request proposes all lines in one, and fetches nothing again for the same proposal", {
  timeout: 240_000,
}, async () => {
  const requests: string[] = [];
  const sondes = ["2024-08-18T00:00:00Z", "2024-08-19T00:00:00Z"].map((start) => smallSonde(start, [0, 0]));
  const server = createServer((request, response) => {
    requests.push(request.url!);
    const body = sondes[Number(/(\d)\.nc$/.exec(request.url!)?.[1])];
    if (!body) return void response.writeHead(404).end();
    if (request.headers["if-none-match"] === '"1"') return void response.writeHead(304, { etag: '"1"' }).end();
    response.writeHead(200, { etag: '"1"', "content-length": body.length }).end(body);
  });
  const url = await onLoopback(server);
  const github = await openBox();
  onTestFinished(() => github.close());
  const tree = "products:\n";
  const repo = await github.repo({ files: { "tree.yaml": tree } });
  const source = (i: number) => `  sonde${i}: {driver: netcdf, args: {urlpath: "${url}/${i}.nc"}}\n`;
  const catalog = `sources:\n${source(0)}${source(1)}${source(7)}`;
  const cwd = await aCampaign({ "catalog.yml": catalog });
  const before = await readFile(join(cwd, "tree.yaml"), "utf8");
  const run = () =>
    fieldtree(["import", "catalog.yml", "--at", "in", "--pull-request", "--repo", repo.fullName, "--json"], {
      cwd,
      env: { ...github.env, GITHUB_TOKEN: github.user("visitor").token() },
    });

  const first = await run();
  // One of the sources is not there.
  expect(first.code, first.stderr).toBe(1);
  const [one, other, gone, proposed] = first.json();
  expectSchema("import", [one, other, gone]);
  expectSchema("pull-request", [proposed]);
  expect([one.is, other.is, gone.is, proposed.did]).toEqual(["added", "added", "failed", "opened"]);
  expect(await readFile(join(cwd, "tree.yaml"), "utf8")).toBe(before);
  const pulls = () => [...repo.state.issues.values()].filter(({ pull }) => pull);
  expect(pulls()).toMatchObject([{ title: "Add in/sonde0.nc and 1 more" }]);
  const text = await repo.read("tree.yaml", `refs/pull/${pulls()[0]!.number}/head`);
  expect(text).toContain(`sonde0.nc: ${one.cid}`);
  expect(text).toContain(`sonde1.nc: ${other.cid}`);

  const again = await run();
  expect(again.json().map(({ is, did }) => is ?? did)).toEqual(["unchanged", "unchanged", "failed", "known"]);
  expect(pulls()).toHaveLength(1);
});
