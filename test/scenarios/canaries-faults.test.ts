/** Secrets stay where they belong also when things go wrong, and those who go wrong repeat what they were sent. */
import { rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { describe, expect, it, onTestFinished } from "vitest";
import { fakeDns } from "../fakes/dns-server.ts";
import { onLoopback } from "../fakes/loopback.ts";
import { dnsServers, startBind } from "../servers/dns.ts";
import { startGitHost } from "../servers/git-http.ts";
import { kuboBinary, startKubo } from "../servers/kubo.ts";
import { listenedTo, secretsAsSet, text } from "./canaries.ts";

describe.skipIf(!(await kuboBinary()) || !dnsServers())("secrets, when things go wrong,", { timeout: 240_000 }, () => {
  const services = (at: string) => `
    - { name: mirror, kind: kubo, api: "${at}", token: KUBO_TOKEN }
    - { name: dkrz, kind: cluster, api: "${at}", token: CLUSTER_LOGIN, trust: word }
    - { name: shop, kind: psa, endpoint: "${at}", token: SHOP_TOKEN, gateway: "${at}" }
    - { name: pinata, kind: pinata, endpoint: "${at}", token: PINATA_JWT, trust: word }
`;

  it("are not repeated where a service repeats what it was sent", async () => {
    const [refusing, page] = [await startEcho(401, "JSON"), await startEcho(403, "HTML")];
    const silent = await fakeDns(() => ({ answers: [] }));
    const { cwd, run, found } = await listenedTo("campaign: canaries\n", await secretsAsSet());
    const using = (more: string) => writeFile(join(cwd, "campaign.yaml"), `campaign: canaries\n${more}`);
    await run("add", "camera", "--at", "products/camera");
    expect((await run("publish")).code).toBe(0);

    for (const echo of [page, refusing]) {
      await using(`node: { kind: kubo, api: "${echo}", token: KUBO_TOKEN }\n`);
      expect((await run("publish")).code).not.toBe(0);
      await using(`pins:\n  services:${services(echo)}`);
      expect((await run("publish", "--json")).code).not.toBe(0);
    }
    for (const verb of ["repin", "verify"]) expect((await run(verb)).code, verb).not.toBe(0);
    await run("status", "--deadline", "60");
    await using(`names: [{ ipns: CAMPAIGN_KEY, to: tree, routing: ["${refusing}"] }]\n`);
    for (const verb of ["publish", "republish"]) expect((await run(verb)).code).not.toBe(0);
    for (const [i, kind] of ["ionos", "cloudflare", "desec", "gandi", "digitalocean", "powerdns"].entries()) {
      const provider = `{ kind: ${kind}, token: VENDOR_TOKEN, api: "${i % 2 === 0 ? refusing : page}" }`;
      await using(
        `names: [{ domain: example.test, to: tree, provider: ${provider}, authorities: ["${silent.address}"] }]\n`,
      );
      const ran = await run("publish");
      expect(ran.code, ran.stderr).toBe(3);
    }
    expect(await found()).toEqual([]);
  });

  it("are not repeated where they are wrong, no secrets at all, or meet a server that doesn't speak TLS", async () => {
    const [kubo, bind, git] = await Promise.all([
      startKubo({ token: "another" }),
      startBind({ zones: { "latest.test": "" }, key: `hmac-sha256:fieldtree:${Buffer.alloc(32).toString("base64")}` }),
      startGitHost({ user: "anna", password: "another" }),
    ]);
    onTestFinished(async () => void (await Promise.all([kubo.stop(), bind.stop(), git.stop()])));
    const right = await secretsAsSet();
    const env = { ...right };
    const { cwd, run, found } = await listenedTo("campaign: canaries\n", env);
    await run("add", "camera", "--at", "products/camera");
    const dns = `names: [{ domain: latest.test, to: tree, provider: { kind: rfc2136, server: "${bind.address}", key: DNS_KEY }, authorities: ["${bind.address}"] }]\n`;
    const repository = new URL(await git.repository("campaign.git"));
    const password = encodeURIComponent(text.git);
    const odd = text.psa;

    for (const [what, config, given] of [
      ["a signing key that is none", "log: { kind: local, key: LOG_KEY }\n", { LOG_KEY: odd }],
      ["a token that Kubo refuses", `node: { kind: kubo, api: "${kubo.api}", token: KUBO_TOKEN }\n`, {}],
      ["a key that BIND does not know", dns, {}],
      ["a key that is none", dns, { DNS_KEY: odd }],
      [
        "a password that git's server refuses",
        `log: { kind: git, remote: "http://anna:${password}@${repository.host}${repository.pathname}" }\n`,
        {},
      ],
      ["an IPNS key that is none", `names: [{ ipns: CAMPAIGN_KEY, to: tree }]\n`, { CAMPAIGN_KEY: odd }],
      [
        "tokens that no header can hold",
        `pins:\n  services:${services("http://127.0.0.1:9")}`,
        { SHOP_TOKEN: `${odd}\u2028`, PINATA_JWT: `${odd}\nx`, KUBO_TOKEN: `${odd}\nx` },
      ],
      [
        "a server that doesn't speak TLS",
        `pins:\n  deadline: 1 s\n  services:${services(kubo.api.replace("http:", "https:"))}`,
        {},
      ],
    ] as const) {
      Object.assign(env, right, given);
      await writeFile(join(cwd, "campaign.yaml"), `campaign: canaries\n${config}`);
      const ran = await run("publish", "--json");
      expect(ran.code, `${what}: ${ran.stdout}${ran.stderr}`).toBeOneOf([2, 3, 4]);
    }
    await rm(join(cwd, "campaign.yaml"));
    expect(await found(git.folder)).toEqual([]);
  });
});

/** Answers everything with what it was asked, the secrets among it; resolves to its address. */
async function startEcho(status: number, as: "JSON" | "HTML"): Promise<string> {
  const server = createServer(async (request, response) => {
    const { authorization = "" } = request.headers;
    const login = Buffer.from(authorization.replace(/^Basic /, ""), "base64");
    const headers = request.rawHeaders.join(" ");
    const all = `${authorization.startsWith("Basic") ? login : authorization} ${headers} ${await buffer(request)}`;
    const words = { message: all, Message: all, details: all, detail: all, reason: all };
    const answer = as === "JSON" ? { ...words, error: words, errors: [words] } : undefined;
    response.writeHead(status, { "content-type": as === "JSON" ? "application/json" : "text/html" });
    response.end(answer ? JSON.stringify(answer) : `<html><title>${all}</title>${all}</html>`);
  });
  return onLoopback(server);
}
