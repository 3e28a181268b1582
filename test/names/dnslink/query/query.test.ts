import { createServer } from "node:net";
import { type Answer, decode, type OptAnswer, TRUNCATED_RESPONSE } from "dns-packet";
import fc from "fast-check";
import { describe, expect, it, onTestFinished } from "vitest";
import { addressesOf, ask, called, type QueryOptions, textOf } from "../../../../pipeline/names/dnslink/query/query.ts";
import { fakeDns, ipv6, packetFor, txt } from "../../../fakes/dns-server.ts";
import { testWorld } from "../../../fakes/world.ts";
import { freePort } from "../../../servers/ports.ts";

const world = testWorld();
const question = { name: "_dnslink.a.test", type: "TXT" } as const;
const record = txt("_dnslink.a.test", "dnslink=/ipfs/bafy");

const asked = async (address: string, manner: Partial<QueryOptions> = {}) => {
  const [server] = await addressesOf(address);
  return ask(question, server!, { timeoutMs: 30_000, ...manner }, world);
};
const valuesOf = ({ answers }: { readonly answers: readonly Answer[] }) =>
  answers.map((answer) => textOf((answer as { data: unknown }).data));

describe("a question", () => {
  it("requests no recursion by default, and takes answers of 1232 bytes", async () => {
    const server = await fakeDns(() => ({ answers: [record] }));
    await asked(server.address);
    await asked(server.address, { recurse: true });
    const [plain, recursing] = server.asked.map(({ message }) => decode(message));
    expect(plain!.flag_rd).toBe(false);
    expect(recursing!.flag_rd).toBe(true);
    expect((plain!.additionals![0] as OptAnswer).udpPayloadSize).toBe(1232);
  });

  it("is sent again when it was lost, with the same id", async () => {
    let times = 0;
    const server = await fakeDns(() => (++times < 3 ? undefined : { answers: [record] }));
    expect(valuesOf(await asked(server.address))).toEqual(["dnslink=/ipfs/bafy"]);
    expect(new Set(server.asked.map(({ message }) => message.readUInt16BE(0))).size).toBe(1);
  });

  it("goes over TCP where the answer is cut", async () => {
    const long = txt("_dnslink.a.test", "x".repeat(255));
    const server = await fakeDns(({ transport }) =>
      transport === "udp" ? { flags: TRUNCATED_RESPONSE } : { answers: Array.from({ length: 200 }, () => long) },
    );
    expect((await asked(server.address)).answers).toHaveLength(200);
    expect(server.asked.map(({ transport }) => transport)).toEqual(["udp", "tcp"]);
  });

  it.skipIf(!ipv6)("reaches a server over IPv6", async () => {
    const server = await fakeDns(() => ({ answers: [record] }), { ip: "::1" });
    expect(server.address).toMatch(/^\[::1\]:\d+$/);
    expect(valuesOf(await asked(server.address))).toEqual(["dnslink=/ipfs/bafy"]);
  });
});

describe("an answer", () => {
  it("counts only with our id, our question, and as a response", async () => {
    const server = await fakeDns((one) => {
      const good = packetFor(one, { answers: [record] });
      const forged = [txt("_dnslink.a.test", "dnslink=/ipfs/forged")];
      const otherId = packetFor(one, { answers: forged });
      otherId.writeUInt16BE(otherId.readUInt16BE(0) ^ 1, 0);
      const otherQuestion = packetFor(one, { answers: forged, questions: [{ type: "TXT", name: "_dnslink.b.test" }] });
      const noQuestion = packetFor(one, { answers: forged, questions: [] });
      const noResponse = packetFor(one, { answers: forged });
      noResponse.writeUInt16BE(noResponse.readUInt16BE(2) & 0x7fff, 2);
      return [otherId, otherQuestion, noQuestion, noResponse, Buffer.from("x"), good];
    });
    expect(valuesOf(await asked(server.address))).toEqual(["dnslink=/ipfs/bafy"]);
  });

  it("to another question is none over TCP either", async () => {
    const server = await fakeDns(() => ({ questions: [{ type: "TXT", name: "_dnslink.b.test" }] }));
    await expect(asked(server.address, { transport: "tcp" })).rejects.toMatchObject({
      kind: "unavailable",
      message: `${server.address} can't be asked (answers another question)`,
    });
  });

  it("is reported as too late", async () => {
    const server = await fakeDns(() => undefined);
    await expect(asked(server.address, { timeoutMs: 50 })).rejects.toMatchObject({
      kind: "unavailable",
      message: `${server.address} gave no answer in 0.05 s`,
    });
  });

  it("is reported at once where no server listens", async () => {
    const address = `127.0.0.1:${await freePort()}`;
    for (const transport of ["udp", "tcp"] as const) {
      await expect(asked(address, { transport })).rejects.toMatchObject({
        kind: "unavailable",
        message: `${address} does not listen`,
      });
    }
  });

  it("is reported where the system has no route, as without a network", async () => {
    // Nobody may send to all at once unasked: refused before a packet is sent, as an unreachable network is.
    await expect(asked("255.255.255.255:53")).rejects.toMatchObject({
      kind: "unavailable",
      message: expect.stringMatching(/^255\.255\.255\.255:53 can't be asked \(E[A-Z]+\)$/),
    });
  });

  it("is reported as cut off where the server closes the connection", async () => {
    const server = createServer((socket) => socket.end(Buffer.from([0, 99, 1])));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void server.close());
    const { port } = server.address() as { port: number };
    await expect(asked(`127.0.0.1:${port}`, { transport: "tcp" })).rejects.toThrow("can't be asked (hung up)");
  });

  it("may be any bytes: it is read, or called no DNS message", async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 80 }), fc.nat(3), async (noise, records) => {
        const server = await fakeDns((one) => {
          const bytes = Buffer.concat([packetFor(one, {}), noise]);
          bytes.writeUInt16BE(records, 6);
          return bytes;
        });
        const reply = await asked(server.address).catch((error: Error) => error);
        if (reply instanceof Error)
          expect(reply.message).toBe(`${server.address} answers something that is no DNS message`);
      }),
      { numRuns: 50 },
    );
  });

  it("is not waited for when the run is to stop", async () => {
    const server = await fakeDns(() => undefined);
    const stop = new AbortController();
    const [place] = await addressesOf(server.address);
    const waiting = ask(question, place!, { timeoutMs: 600_000 }, testWorld({ signal: stop.signal }));
    stop.abort(new Error("told to stop"));
    await expect(waiting).rejects.toThrow("told to stop");
  });
});

describe("the address of a server", () => {
  it.each([
    ["192.0.2.1", "192.0.2.1:53"],
    ["192.0.2.1:5301", "192.0.2.1:5301"],
    ["[2001:db8::1]", "[2001:db8::1]:53"],
    ["[2001:db8::1]:5301", "[2001:db8::1]:5301"],
    ["2001:db8::1", "[2001:db8::1]:53"],
  ])("%s is %s", async (written, address) => {
    expect((await addressesOf(written)).map(called)).toEqual([address]);
  });

  it("may be a name, which is then part of the answer", async () => {
    expect((await addressesOf("localhost:5301")).map(called)).toContain("127.0.0.1:5301 (localhost)");
  });

  it.each(["", "a b", "a:b", "192.0.2.1:0", "192.0.2.1:70000", "[::1", "[nine]:53"])("is not %j", async (written) => {
    await expect(addressesOf(written)).rejects.toMatchObject({ kind: "input" });
  });
});
