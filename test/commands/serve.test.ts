import { once } from "node:events";
import { createInterface } from "node:readline";
import { expect, it, onTestFinished } from "vitest";
import { aCampaign, fieldtree, start } from "./program.ts";

const camera = {
  "camera/dataset_meta.yaml": "attributes: { title: Cloud camera, license: CC-BY-4.0 }\n",
  "camera/20240810.mp4": "not really a video",
};

/** The verb, running; its first line of JSON read. */
async function serving(cwd: string, ...flags: string[]) {
  const running = start(["--json", "serve", "--port", "0", ...flags], { cwd });
  onTestFinished(() => void running.kill("SIGKILL"));
  const [line] = (await once(createInterface(running.stdout), "line")) as [string];
  const said = JSON.parse(line) as { event: string; url: string; portal: string };
  return { running, ...said };
}

it("says its address once it answers, and shows a publish beside it at once", async () => {
  const cwd = await aCampaign(camera);
  const { event, url, portal } = await serving(cwd);
  expect({ event, portal }).toEqual({ event: "serving", portal: `${url}/ipns/test/` });
  expect((await fetch(portal)).status).toBe(404);

  const added = await fieldtree(["add", "camera", "--at", "products/camera", "--json"], { cwd });
  expect(added.code, added.stderr).toBe(0);
  expect((await fieldtree(["publish"], { cwd })).code).toBe(0);

  const page = await fetch(`${url}/`);
  expect({ url: page.url, type: page.headers.get("content-type") }).toEqual({
    url: portal,
    type: "text/html; charset=utf-8",
  });
  const video = "products/camera/20240810.mp4";
  for (const address of [`${portal}tree/${video}`, `${url}/ipns/latest.test/${video}`]) {
    expect(await (await fetch(address)).text()).toBe("not really a video");
  }
});

it("runs until it is interrupted, which is how it is meant to end", async () => {
  const { running } = await serving(await aCampaign());
  running.kill("SIGINT");
  expect((await running).exitCode).toBe(0);
});

it("refuses a port that is taken, and names it", async () => {
  const cwd = await aCampaign();
  const { url } = await serving(cwd);
  const { port } = new URL(url);
  const second = await fieldtree(["--json", "serve", "--port", port], { cwd });
  expect(second.code).toBe(3);
  expect(second.json().at(-1)).toMatchObject({
    error: { kind: "refused", message: `port ${port} on 127.0.0.1 is taken` },
  });
  expect((await fieldtree(["serve", "--port", "many"], { cwd })).code).toBe(2);
});
