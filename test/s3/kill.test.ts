/** The gateway killed while it writes: what it acknowledged is there afterwards, whole, and it goes on. */
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, it } from "vitest";
import { aCampaign, start } from "../commands/program.ts";
import { accessKey, send, texts } from "./client.ts";

const config = `campaign: test\ns3: { keys: [ { id: ${accessKey.id}, secret: SECRET } ] }\n`;

async function started(cwd: string) {
  const gateway = start(["s3", "--port", "0", "--json"], { cwd, env: { SECRET: accessKey.secret } });
  const [line] = (await once(gateway.stdout!, "data")) as [Buffer];
  return { gateway, url: JSON.parse(line.toString()).url as string };
}

it("has every object that it acknowledged, however often it is killed", { timeout: 180_000 }, async () => {
  const cwd = await aCampaign({ "campaign.yaml": config });
  const acknowledged = new Map<string, string>();
  for (let round = 0; round < 3; round++) {
    const { gateway, url } = await started(cwd);
    await send(url, "data", {}, { method: "PUT" });
    let isOver = false;
    const writer = async (id: number) => {
      for (let i = 0; !isOver; i++) {
        const key = `${round}/${id}/${i}`;
        const body = `${key} `.repeat(1 + ((i * 7919) % 20_000));
        const answer = await send(url, `data/${key}`, {}, { method: "PUT", body }).catch(() => undefined);
        if (answer?.status === 200) acknowledged.set(key, body);
      }
    };
    const writers = [0, 1, 2, 3].map(writer);
    await expect.poll(() => acknowledged.size, { timeout: 60_000 }).toBeGreaterThan(round * 10 + 5);
    await sleep(20 * round);
    gateway.kill("SIGKILL");
    isOver = true;
    await Promise.all([gateway, ...writers]);
  }
  const { gateway, url } = await started(cwd);
  expect(acknowledged.size).toBeGreaterThan(20);
  for (const [key, body] of acknowledged) {
    expect(await (await send(url, `data/${key}`)).text(), key).toBe(body);
  }
  expect(texts(await (await send(url, "data", { "list-type": "2" })).text(), "Key").length).toBeGreaterThanOrEqual(
    acknowledged.size,
  );
  gateway.kill("SIGTERM");
  expect((await gateway).exitCode).toBe(0);
});
