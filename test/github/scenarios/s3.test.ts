/** A bucket of the S3 gateway becomes the line of a pull request, without a clone. */
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { aCampaign, fieldtree, start } from "../../commands/program.ts";
import { accessKey, send } from "../../s3/client.ts";
import { type Box, openBox } from "../box.ts";

let github: Box;
beforeEach(async () => {
  github = await openBox();
});
afterEach(() => github.close());

it("a bucket is proposed on GitHub by one command, and tree.yaml here stays as it is", {
  timeout: 120_000,
}, async () => {
  const repo = await github.repo({ files: { "tree.yaml": "" } });
  const token = github.user("visitor").token();
  const config = `campaign: test\ns3: { keys: [ { id: ${accessKey.id}, secret: SECRET } ] }\n`;
  const cwd = await aCampaign({ "campaign.yaml": config });
  const gateway = start(["s3", "--port", "0", "--json"], { cwd, env: { SECRET: accessKey.secret } });
  const [line] = (await once(gateway.stdout!, "data")) as [Buffer];
  const { url } = JSON.parse(line.toString()) as { url: string };
  await send(url, "radar", {}, { method: "PUT" });
  await send(url, "radar/.zgroup", {}, { method: "PUT", body: "{}" });
  gateway.kill("SIGTERM");
  await gateway;
  const snapshot = (...args: string[]) =>
    fieldtree(["s3", "snapshot", "radar", "--pull-request", ...args], {
      cwd,
      env: { ...github.env, GITHUB_TOKEN: token },
    });
  const refused = await snapshot();
  expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining("--at PATH")]);
  const ran = await snapshot("--at", "products/radar.zarr", "--repo", repo.fullName, "--json");
  expect(ran.code, ran.stderr).toBe(0);
  const [{ cid, path }, { did }] = ran.json();
  expect([path, did]).toEqual(["products/radar.zarr", "opened"]);
  const [opened] = [...repo.state.issues.values()].filter(({ pull }) => pull);
  const proposed = await repo.read("tree.yaml", `refs/pull/${opened!.number}/head`);
  expect(proposed).toBe(`products:\n  radar.zarr: ${cid}\n`);
  expect(await readFile(join(cwd, "tree.yaml"), "utf8")).toBe("");
});
