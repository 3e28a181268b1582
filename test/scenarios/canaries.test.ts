/** Secrets stay where they belong: no verb that uses them prints one, writes one, or passes one on a command line. */
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { describe, expect, it, onTestFinished } from "vitest";
import { privateKeyOf, publicName } from "../../pipeline/core/key.ts";
import { startFakeCluster } from "../fakes/cluster.ts";
import { fakeDns, txt } from "../fakes/dns-server.ts";
import { ionosVendor } from "../fakes/dns-vendors/ionos.ts";
import { startFakeVendor } from "../fakes/dns-vendors/vendor.ts";
import { startFakePinata } from "../fakes/pinata.ts";
import { dnsServers, startBind } from "../servers/dns.ts";
import { startGitHost } from "../servers/git-http.ts";
import { kuboBinary, startKubo } from "../servers/kubo.ts";
import { startPsa } from "../servers/psa.ts";
import { startRouting } from "../servers/routing.ts";
import { canariesIn, keys, listenedTo, secretsAsSet, text } from "./canaries.ts";

describe.skipIf(!(await kuboBinary()) || !dnsServers())("secrets", { timeout: 240_000 }, () => {
  it("are found by the search below however they are written, and whatever is around them", () => {
    const { psa } = text;
    for (const around of ["", "a", "ab", "abc"]) {
      const inside = Buffer.from(`${around}${psa}${around}`);
      for (const encoding of ["utf8", "hex", "base64", "base64url"] as const) {
        expect(canariesIn(Buffer.from(inside.toString(encoding))), `${around} ${encoding}`).not.toEqual([]);
      }
    }
    expect(canariesIn(Buffer.from(encodeURIComponent(psa)))).toEqual(["psa, in a URL"]);
    expect(canariesIn(Buffer.from("nothing of the kind"))).toEqual([]);
  });

  it("are nowhere to be found after any verb that uses them", async () => {
    const env = await secretsAsSet();
    const [kubo, cluster, pinata, routing, bind, git, vendor] = await Promise.all([
      startKubo({ token: text.kubo }),
      startFakeCluster({ authorization: `Basic ${Buffer.from(env.CLUSTER_LOGIN!).toString("base64")}` }),
      startFakePinata(text.pinata),
      startRouting(),
      startBind({ zones: { "latest.test": "" }, key: env.DNS_KEY! }),
      startGitHost({ user: "anna", password: text.git }),
      startFakeVendor(ionosVendor, text.vendor),
    ]);
    const psa = await startPsa({ from: kubo.gateway, token: text.psa });
    onTestFinished(async () => {
      await Promise.all([
        kubo.stop(),
        cluster.close(),
        pinata.stop(),
        routing.close(),
        bind.stop(),
        git.stop(),
        psa.stop(),
      ]);
    });
    // What the vendor's own servers would say.
    const served = await fakeDns(({ question: { name } }) => {
      const records = vendor.state.zones.flatMap(({ records }) => records);
      const here = records.filter((record) => record.name === name.toLowerCase() && record.type === "TXT");
      return { answers: here.map(({ value }) => txt(name, value)) };
    });
    const ipns = publicName((await privateKeyOf(keys.ipns)).publicKey);
    const { cwd, run, found, trace } = await listenedTo(
      `campaign: canaries
node: { kind: kubo, api: "${kubo.api}", token: KUBO_TOKEN }
log: { kind: git, remote: origin, key: LOG_KEY }
pins:
  services:
    - { name: mirror, kind: kubo, api: "${kubo.api}", token: KUBO_TOKEN }
    - { name: dkrz, kind: cluster, api: "${cluster.api}", token: CLUSTER_LOGIN, trust: word }
    - { name: shop, kind: psa, endpoint: "${psa.endpoint}", token: SHOP_TOKEN, gateway: "${psa.gateway}" }
    - { name: pinata, kind: pinata, endpoint: "${pinata.endpoint}", token: PINATA_JWT, trust: word }
names:
  - { domain: latest.test, to: tree, provider: { kind: rfc2136, server: "${bind.address}", key: DNS_KEY }, authorities: ["${bind.address}"] }
  - { domain: example.test, to: portal, provider: { kind: ionos, token: VENDOR_TOKEN, api: "${vendor.api}" }, authorities: ["${served.address}"] }
  - { ipns: CAMPAIGN_KEY, key: ${ipns}, to: portal, routing: ["${routing.url}"] }
`,
      env,
    );
    const repository = new URL(await git.repository("campaign.git"));
    repository.username = "anna";
    repository.password = encodeURIComponent(text.git);
    for (const args of [
      ["init", "--quiet"],
      ["remote", "add", "origin", repository.href],
    ])
      await execa("git", args, { cwd });

    const fine = async (...args: string[]) => {
      const ran = await run(...args);
      expect(ran.code, `${args.join(" ")}: ${ran.stdout}${ran.stderr}`).toBe(0);
      return ran;
    };
    await fine("add", "camera", "--at", "products/camera");
    await fine("publish", "--json");
    await fine("add", "note.txt", "--at", "note.txt", "--json");
    await fine("publish");
    await fine("publish", "--json");
    for (const verb of [
      ["status", "--deadline", "60"],
      ["verify", "--deep"],
    ]) {
      await fine(...verb);
      await fine(...verb, "--json");
    }
    for (const verb of [["republish"], ["plan", "--json"], ["pins", "export"], ["log"], ["lease", "show", "--json"]]) {
      await fine(...verb);
    }
    await fine("repin");
    await fine("rollback", "1", "--why", "to see what it says", "--json");
    await fine("car", "export", "--scope", "log", "-o", join(cwd, "log.car"));

    // The search finds what is there: git's own settings, where its user put it.
    const settings = join(cwd, ".git", "config");
    expect(await found(git.folder)).toEqual([`${settings}: git, in a URL`]);
    expect(await readFile(trace, "utf8")).toContain('"push"');
    await rm(settings);
    expect(await found(git.folder)).toEqual([]);
  });
});
