/** `kill -9` while publishing: whatever is left behind, running again makes the release that would have been made. */
import { describe, expect, it } from "vitest";
import { aCampaign, fieldtree, start } from "../commands/program.ts";

const env = { SOURCE_DATE_EPOCH: "1723291200" };

/** A campaign of a few datasets with some bytes in them, all added. */
async function aFullCampaign(): Promise<string> {
  const files: Record<string, string | Uint8Array> = {};
  for (const name of ["one", "two", "three"]) {
    files[`${name}/dataset_meta.yaml`] = `attributes: { title: ${name} }\n`;
    files[`${name}/data.bin`] = new Uint8Array(600_000).fill(name.length);
  }
  const cwd = await aCampaign(files);
  for (const name of ["one", "two", "three"]) {
    const { code, stderr } = await fieldtree(["add", name, "--at", `products/${name}`], { cwd });
    expect(code, stderr).toBe(0);
  }
  return cwd;
}

async function finished(cwd: string) {
  const run = await fieldtree(["publish", "--json"], { cwd, env });
  expect(run.code, run.stderr).toBe(0);
  const log = await fieldtree(["log", "--json"], { cwd });
  const fsck = await fieldtree(["fsck", "--json"], { cwd });
  expect(fsck.code, fsck.stdout + fsck.stderr).toBe(0);
  const { changed, ...published } = run.json().at(-1);
  return { published, releases: log.json().map(({ release }) => release) };
}

describe("killed while publishing", { timeout: 240_000 }, () => {
  it("at every step it tells of, it is finished by running again", async () => {
    const wanted = await finished(await aFullCampaign());
    const steps = 6;
    for (let step = 1; step <= steps; step++) {
      const cwd = await aFullCampaign();
      const running = start(["publish", "--json"], { cwd, env });
      let lines = 0;
      running.stdout.on("data", (chunk: Buffer) => {
        lines += chunk.toString().split("\n").length - 1;
        if (lines >= step) running.kill("SIGKILL");
      });
      await running;
      expect(await finished(cwd), `killed at step ${step}`).toEqual(wanted);
    }
  });

  it("at any moment, it is finished by running again", async () => {
    const seed = Math.floor(Math.random() * 2 ** 31);
    const cwd = await aFullCampaign();
    const began = performance.now();
    const wanted = await finished(await aFullCampaign());
    const whole = (performance.now() - began) / 3;
    const moments = Array.from({ length: 8 }, (_, i) => (((seed + i * 2_654_435_761) % 1000) / 1000) * whole);
    for (const moment of moments) {
      const running = start(["publish"], { cwd, env });
      const timer = setTimeout(() => running.kill("SIGKILL"), moment);
      await running;
      clearTimeout(timer);
    }
    expect(await finished(cwd), `seed ${seed}`).toEqual(wanted);
  });
});
