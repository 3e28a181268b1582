/**
 * DNS client: sends one question to one server, over UDP or TCP.
 *
 * Node's own resolver queries the system's servers and does not return the header. Here the caller chooses the server, and
 * the reply includes the AA bit and the response code. A reply is accepted only if it comes from the queried address and
 * repeats the id and the question (RFC 5452 §9.1).
 *
 * ```ts
 * const [server] = await addressesOf("192.0.2.1:53");
 * const reply = await ask({ name: "_dnslink.example.org", type: "TXT" }, server, { timeoutMs: 3000 }, world);
 * ```
 */
import { randomInt } from "node:crypto";
import { createSocket } from "node:dgram";
import { lookup } from "node:dns/promises";
import { connect, isIP, isIPv6 } from "node:net";
import { type Answer, decode, encode, type OptAnswer, RECURSION_DESIRED, type RecordType } from "dns-packet";
import { Failure } from "../../../core/failure.ts";
import { shown } from "../../../core/text/shown.ts";
import type { World } from "../../../core/world.ts";
import { reasonOf } from "../../../http/http.ts";

/** Address of a DNS server. */
export interface Server {
  readonly ip: string;
  readonly port: number;
  /** Host name, if the address was resolved from a name. */
  readonly host?: string;
}

export interface Question {
  readonly name: string;
  readonly type: RecordType;
}

export interface Reply {
  /** `NOERROR`, `NXDOMAIN`, `REFUSED`, …; codes without a name in dns-packet are `RCODE_12`. */
  readonly rcode: string;
  readonly code: number;
  /** The AA bit: the server is authoritative for the zone. */
  readonly authoritative: boolean;
  readonly answers: readonly DnsRecord[];
  readonly authorities: readonly DnsRecord[];
}

/** A record with its name in lower case, and a valid TTL (RFC 2181 §8). */
export type DnsRecord = Exclude<Answer, { type: "OPT" }> & { readonly ttl: number };

export interface QueryOptions {
  /** ms for the whole answer. */
  readonly timeoutMs: number;
  /** Default: UDP, then TCP if the answer was truncated. */
  readonly transport?: "udp" | "tcp";
  /** Whether the server should resolve recursively (RD bit). Default: no. */
  readonly recurse?: boolean;
  /** Signs the message, and verifies the reply. */
  readonly signer?: MessageSigner;
}

export interface MessageSigner {
  sign(message: Buffer): Buffer;
  /** Verifies a reply. @throws Failure if its signature is missing or wrong. */
  verify(reply: Buffer): void;
}

/** Maximum bytes of a UDP reply: the size that is never fragmented (DNS Flag Day 2020). */
const largestDatagram = 1232;

/** Number of times that a datagram is sent while no reply arrives, and ms between. */
const sendings = 3;
const resendAfter = 1000;

/** Bits of the second word of a header (RFC 1035 §4.1.1). */
const bits = { response: 0x8000, opcode: 0x7800, truncated: 0x0200 } as const;

/**
 * The addresses of `host`, `host:port`, `[v6]` or `[v6]:port`; the default port is 53.
 *
 * @throws Failure `input` if it is no address, `unavailable` if the name can't be resolved.
 */
export async function addressesOf(server: string): Promise<Server[]> {
  const parts = /^(?:\[([0-9A-Fa-f:.]+)\]|([^[\]:\s]+))(?::(\d{1,5}))?$/.exec(server);
  // The system's resolvers are bare addresses, also for IPv6.
  const host = isIPv6(server) ? server : (parts?.[1] ?? parts?.[2]);
  const port = isIPv6(server) ? 53 : Number(parts?.[3] ?? 53);
  if (host === undefined || port < 1 || port > 65_535) {
    throw new Failure("input", `"${shown(server)}" is no address of a DNS server`, {
      hint: "write it like 192.0.2.1:53, [2001:db8::1]:53 or ns1.example.org",
    });
  }
  if (isIP(host)) return [{ ip: host, port }];
  try {
    const found = await lookup(host, { all: true });
    return found.map(({ address }) => ({ ip: address, port, host }));
  } catch (error) {
    const says = `the DNS server ${shown(host)} is not known by that name (${reasonOf(error)})`;
    throw new Failure("unavailable", says, { cause: error });
  }
}

/** `192.0.2.1:53 (ns1.example.org)`, `[2001:db8::1]:53` */
export function called({ ip, port, host }: Server): string {
  return `${isIPv6(ip) ? `[${ip}]` : ip}:${port}${host === undefined ? "" : ` (${shown(host)})`}`;
}

/**
 * The reply of `server` to a question.
 *
 * @throws Failure `unavailable` if no readable reply arrived in time; `input` for an invalid name.
 */
export async function ask(question: Question, server: Server, options: QueryOptions, world: World): Promise<Reply> {
  checkName(question.name);
  const plain = encode({
    type: "query",
    id: randomInt(65_536),
    flags: options.recurse ? RECURSION_DESIRED : 0,
    questions: [{ ...question, class: "IN" }],
    additionals: [opt],
  });
  return send(plain, server, { ...options, sendings }, world);
}

/**
 * Sends a message as it is: an update, which is sent only one time. A copy would fail, because the first changed what its
 * prerequisite requires.
 *
 * @throws Failure `unavailable` if no readable reply arrived in time. The server may still have applied the update.
 */
export async function send(
  message: Buffer,
  server: Server,
  options: QueryOptions & { readonly sendings?: number },
  world: World,
): Promise<Reply> {
  const reply = await exchange(options.signer?.sign(message) ?? message, server, options, world);
  try {
    options.signer?.verify(reply);
    return readReply(reply);
  } catch (error) {
    if (error instanceof Failure) throw error;
    throw new Failure("unavailable", `${called(server)} answers something that is no DNS message`, { cause: error });
  }
}

/** The bytes of the reply to this id and this question, with any response code. */
async function exchange(
  message: Buffer,
  server: Server,
  { timeoutMs, transport = "udp", sendings = 1 }: QueryOptions & { readonly sendings?: number },
  world: World,
): Promise<Buffer> {
  world.signal.throwIfAborted();
  const late = AbortSignal.timeout(timeoutMs);
  const signal = AbortSignal.any([world.signal, late]);
  try {
    if (transport === "udp" && message.length <= largestDatagram) {
      const reply = await overUdp(message, server, {
        signal,
        sendings,
        resendAfter: Math.min(resendAfter, timeoutMs / sendings),
      });
      const isCut = (reply.readUInt16BE(2) & bits.truncated) !== 0;
      // The response code of a truncated reply to an update is enough, and an update must not be sent twice.
      if (!isCut || isUpdate(message)) return reply;
    }
    return await overTcp(message, server, signal);
  } catch (error) {
    world.signal.throwIfAborted();
    if (error instanceof Failure) throw error;
    const reason = late.aborted ? `gave no answer in ${timeoutMs / 1000} s` : noReplyReason(error);
    throw new Failure("unavailable", `${called(server)} ${reason}`, { cause: error });
  }
}

/** @throws Error if `reply` is no DNS message. */
function readReply(reply: Buffer): Reply {
  const packet = decode(reply);
  // dns-packet 5 sets `rcode`, but its types lack it.
  const { rcode } = packet as unknown as { readonly rcode: string };
  return {
    rcode,
    code: reply.readUInt16BE(2) & 0xf,
    authoritative: packet.flag_aa,
    answers: (packet.answers ?? []).filter(isRecord).map(tidied),
    authorities: (packet.authorities ?? []).filter(isRecord).map(tidied),
  };
}

/**
 * Checks the length of a name and its labels (RFC 1035 §2.3.4): dns-packet would encode a longer one as another name.
 *
 * @throws Failure `input`
 */
export function checkName(name: string): void {
  const labels = plainName(name).split(".");
  const fits = labels.every((label) => label !== "" && Buffer.byteLength(label) <= 63);
  if (fits && Buffer.byteLength(name) <= 253) return;
  throw new Failure(
    "input",
    `${shown(name)} is no name of the DNS: at most 63 bytes a part, 253 in all, no part empty`,
  );
}

/** A name in the form for comparison: lower case, because DNS ignores case (RFC 4343). */
export function plainName(name: string): string {
  return name.replace(/\.$/, "").toLowerCase();
}

/** The text of a TXT record, its strings joined. */
export function textOf(data: unknown): string {
  return Buffer.concat(stringsOf(data)).toString("utf8");
}

/** The strings of a TXT record, as encoded. */
export function stringsOf(data: unknown): Buffer[] {
  return [data].flat().map((part) => (Buffer.isBuffer(part) ? part : Buffer.from(String(part))));
}

/** EDNS (RFC 6891), so that an answer may be larger than 512 bytes. */
const opt: OptAnswer = {
  type: "OPT",
  name: ".",
  udpPayloadSize: largestDatagram,
  extendedRcode: 0,
  ednsVersion: 0,
  flags: 0,
  flag_do: false,
  options: [],
};

function overUdp(
  message: Buffer,
  { ip, port }: Server,
  { signal, resendAfter, sendings }: { signal: AbortSignal; resendAfter: number; sendings: number },
): Promise<Buffer> {
  const socket = createSocket(isIPv6(ip) ? "udp6" : "udp4");
  let again: NodeJS.Timeout | undefined;
  const answered = new Promise<Buffer>((resolve, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
    socket.on("error", reject);
    // Other datagrams are ignored: they may be forged, and the reply may still arrive.
    socket.on("message", (reply) => {
      if (answers(reply, message)) resolve(reply);
    });
    let sent = 0;
    const send = () => {
      socket.send(message);
      if (++sent < sendings) again = setTimeout(send, resendAfter);
    };
    // With a connected socket, the system drops datagrams from other addresses and reports closed ports. A missing network
    // is reported by this call only.
    socket.connect(port, ip, (error?: Error) => (error ? reject(error) : send()));
  });
  return answered.finally(() => {
    clearTimeout(again);
    socket.close();
  });
}

function overTcp(message: Buffer, { ip, port }: Server, signal: AbortSignal): Promise<Buffer> {
  const socket = connect({ host: ip, port, noDelay: true });
  const answered = new Promise<Buffer>((resolve, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
    socket.on("error", reject);
    socket.on("close", () => reject(new Error("hung up")));
    const length = Buffer.alloc(2);
    length.writeUInt16BE(message.length);
    socket.write(Buffer.concat([length, message]));
    let got = Buffer.alloc(0);
    socket.on("data", (part) => {
      got = Buffer.concat([got, part]);
      // The length prefix has two bytes, which limits the reply to 64 KiB.
      if (got.length < 2 || got.length < 2 + got.readUInt16BE(0)) return;
      const reply = got.subarray(2, 2 + got.readUInt16BE(0));
      if (answers(reply, message)) resolve(reply);
      else reject(new Error("answers another question"));
    });
  });
  return answered.finally(() => socket.destroy());
}

/** Whether `reply` answers `message`: same id, same opcode, same question. */
function answers(reply: Buffer, message: Buffer): boolean {
  if (reply.length < 12 || reply.readUInt16BE(0) !== message.readUInt16BE(0)) return false;
  const [flags, ours] = [reply.readUInt16BE(2), message.readUInt16BE(2)];
  if ((flags & bits.response) === 0 || (flags & bits.opcode) !== (ours & bits.opcode)) return false;
  // An error, or the reply to an UPDATE, need not repeat the question.
  const questions = reply.readUInt16BE(4);
  if (questions === 0) return (flags & 0xf) !== 0 || isUpdate(message);
  const end = endOfQuestion(message);
  if (questions !== 1 || reply.length < end) return false;
  return sameLetters(reply.subarray(12, end), message.subarray(12, end));
}

function isUpdate(message: Buffer): boolean {
  return (message.readUInt16BE(2) & bits.opcode) !== 0;
}

/** Offset after the only question of a message created here: name, type, class. */
function endOfQuestion(message: Buffer): number {
  return endOfName(message, 12) + 4;
}

/** A name, encoded in lower case and without pointers: the canonical form for signatures (RFC 4034 §6.2). */
export function nameBytes(name: string): Buffer {
  const labels = plainName(name)
    .split(".")
    .map((label) => Buffer.from(label));
  return Buffer.concat([...labels.flatMap((label) => [Buffer.from([label.length]), label]), Buffer.from([0])]);
}

/** Offset after the name at `at`. */
export function endOfName(message: Buffer, at: number): number {
  let here = at;
  for (;;) {
    const length = message.readUInt8(here);
    if (length >= 0xc0) return here + 2;
    here += 1 + length;
    if (length === 0) return here;
  }
}

function sameLetters(one: Buffer, other: Buffer): boolean {
  return one.equals(other) || one.toString("latin1").toLowerCase() === other.toString("latin1").toLowerCase();
}

function isRecord(record: Answer): record is DnsRecord {
  return record.type !== "OPT";
}

function tidied(record: DnsRecord): DnsRecord {
  return { ...record, name: plainName(record.name), ttl: record.ttl > 0x7fffffff ? 0 : record.ttl };
}

/** Why no reply arrived, for a message that begins with the server. */
function noReplyReason(error: unknown): string {
  const reason = reasonOf(error);
  return reason === "ECONNREFUSED" ? "does not listen" : `can't be asked (${reason})`;
}
