import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Kubo, kuboBinary, startKubo } from "./kubo.ts";

describe.skipIf(!(await kuboBinary()))("a Kubo of ours", () => {
  let kubo: Kubo;
  beforeAll(async () => {
    kubo = await startKubo({ token: "open sesame" });
  });
  afterAll(() => kubo.stop());

  const ask = (authorization?: string) =>
    fetch(`${kubo.api}/api/v0/version`, { method: "POST", headers: authorization ? { authorization } : {} });

  it("is the version that go.mod names", async () => {
    expect(await kubo.ipfs("version", "-n")).toBe("0.43.0");
  });

  it("refuses requests without the token", async () => {
    expect((await ask()).status).toBe(403);
    expect((await ask("Bearer open sesame")).status).toBe(200);
  });

  it("knows no other node", async () => {
    expect(await kubo.ipfs("swarm", "peers")).toBe("");
    expect(await kubo.ipfs("bootstrap", "list")).toBe("");
  });

  it("comes back at the same address, with what it held, after it was killed", async () => {
    await kubo.ipfs("files", "mkdir", "/kept");
    await kubo.ipfs("files", "flush");
    const before = kubo.pid;
    await kubo.kill();
    await expect(ask()).rejects.toThrow();

    await kubo.restart();
    expect(kubo.pid).not.toBe(before);
    expect((await ask("Bearer open sesame")).status).toBe(200);
    expect(await kubo.ipfs("files", "ls", "/")).toBe("kept");
  });
});
