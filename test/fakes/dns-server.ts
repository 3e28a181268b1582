/**
 * A DNS server that answers as a test wants: wrongly, late, or not at all.
 *
 * Real servers answer well; this one is for the answers that they never give to us.
 *
 * ```ts
 * const lame = await fakeDns(({ question }) => ({ flags: 0, answers: [txt(question.name, "dnslink=/ipfs/bafy…")] }));
 * ```
 */
import { createSocket } from "node:dgram";
import { createServer, type Socket } from "node:net";
import { networkInterfaces } from "node:os";
import { type Answer, AUTHORITATIVE_ANSWER, decode, encode, type Packet, type Question } from "dns-packet";
import { onTestFinished } from "vitest";
import { hostPort } from "../servers/dns-daemon.ts";
import { freePort } from "../servers/ports.ts";

/** Whether this machine has a loopback of IPv6; some containers have none. */
export const ipv6 = Object.values(networkInterfaces()).some((those) => those?.some(({ address }) => address === "::1"));

export interface Asked {
  readonly question: Question;
  readonly transport: "udp" | "tcp";
  readonly message: Buffer;
}

/** Parts of a packet that are not as in every answer; bytes as they are; nothing, for no answer. */
export type Response = Packet | Buffer | undefined | readonly Buffer[];

export interface FakeDns {
  readonly address: string;
  readonly port: number;
  readonly asked: readonly Asked[];
}

export async function fakeDns(
  answer: (asked: Asked) => Response | Promise<Response>,
  listening: { readonly ip?: string; readonly port?: number } = {},
): Promise<FakeDns> {
  const { ip = "127.0.0.1" } = listening;
  const port = listening.port ?? (await freePort([ip]));
  const asked: Asked[] = [];
  let ended = false;
  const respond = async (message: Buffer, transport: "udp" | "tcp", send: (bytes: Buffer) => void) => {
    const one = { question: decode(message).questions![0]!, transport, message };
    asked.push(one);
    const response = await answer(one);
    if (response === undefined || ended) return;
    if (Buffer.isBuffer(response)) return send(response);
    if (Array.isArray(response)) return response.forEach(send);
    send(packetFor(one, response as Packet));
  };

  const udp = createSocket(ip.includes(":") ? "udp6" : "udp4");
  udp.on("message", (message, from) => respond(message, "udp", (bytes) => udp.send(bytes, from.port, from.address)));
  const open = new Set<Socket>();
  const tcp = createServer((socket) => {
    open.add(socket);
    socket.on("error", () => {});
    socket.on("data", (bytes) =>
      respond(bytes.subarray(2), "tcp", (reply) => {
        const length = Buffer.alloc(2);
        length.writeUInt16BE(reply.length);
        socket.write(Buffer.concat([length, reply]));
      }),
    );
  });
  await Promise.all([
    new Promise<void>((resolve) => udp.bind(port, ip, resolve)),
    new Promise<void>((resolve) => tcp.listen(port, ip, resolve)),
  ]);
  onTestFinished(() => {
    ended = true;
    udp.close();
    tcp.close();
    for (const socket of open) socket.destroy();
  });
  return { address: hostPort(ip, port), port, asked };
}

/** The bytes of an authoritative answer to what was asked, with these parts. */
export function packetFor({ question, message }: Asked, parts: Packet): Buffer {
  const opcode = message.readUInt16BE(2) & 0x7800;
  return encode({
    type: "response",
    id: message.readUInt16BE(0),
    questions: [question],
    ...parts,
    flags: opcode | (parts.flags ?? AUTHORITATIVE_ANSWER),
  });
}

export function txt(name: string, value: string, ttl = 300): Answer {
  return { type: "TXT", name, ttl, data: [Buffer.from(value)] };
}

/** What a resolver or a server says to a question, from a table of `NAME TYPE` → data. Names it knows nothing of: SOA of `zone`. */
export function fromTable(zone: string, table: Readonly<Record<string, readonly string[]>>) {
  return ({ question: { name, type } }: Asked): Packet => {
    const found = table[`${name.toLowerCase()} ${type}`] ?? [];
    const data = (each: string) => (type === "TXT" ? [Buffer.from(each)] : each);
    const answers = found.map((each) => ({ type, name, ttl: 300, data: data(each) }) as Answer);
    return answers.length > 0 ? { answers } : { authorities: [soa(zone)] };
  };
}

export function soa(zone: string, { ttl = 300, minimum = 60, serial = 7 } = {}): Answer {
  const data = { mname: `ns1.${zone}`, rname: `hostmaster.${zone}`, serial, minimum };
  return { type: "SOA", name: zone, ttl, data };
}
