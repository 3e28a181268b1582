/**
 * A delegated routing server for IPNS records, on loopback.
 *
 * ```ts
 * const routing = await startRouting();
 * await ipnsName({ name, key, routing: [routing.url], … }).announce("/ipfs/bafy…", undefined, world);
 * routing.records.get(name); // the signed record
 * ```
 *
 * It believes nothing it is sent: a record is taken where its signature is that of the name, it has not ended, and no
 * newer one is held. It judges with `ipns` and `@libp2p/crypto` alone, never with code of ours.
 *
 * @see https://specs.ipfs.tech/routing/http-routing-v1/#ipns-api
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { publicKeyFromMultihash } from "@libp2p/crypto/keys";
import { type IPNSRecord, unmarshalIPNSRecord } from "ipns";
import { base36 } from "multiformats/bases/base36";
import { CID } from "multiformats/cid";
import { closed, listening } from "./loopback.ts";

export interface Routing {
  /** Without slash at its end. */
  readonly url: string;
  /** By name, what is held. Put something in here, and it is given out unseen. */
  readonly records: Map<string, Uint8Array>;
  /** Requests so far, such as `PUT k51…`. */
  readonly asked: string[];
  /** From now on it does this, whatever it is asked; nothing: it is well again. */
  break(fault?: Fault): void;
  close(): Promise<void>;
}

export type Fault =
  | { readonly answers: number; readonly body: string | Uint8Array; readonly type?: string; readonly location?: string }
  /** Takes the request and never answers. */
  | "hangs"
  /** Takes effect, and the answer is lost. */
  | "loses answers"
  /** Says yes and keeps nothing. */
  | "forgets";

const contentType = "application/vnd.ipfs.ipns-record";

/** `now`: what it takes for the time. */
export async function startRouting({ now = () => new Date() }: { now?: () => Date } = {}): Promise<Routing> {
  const records = new Map<string, Uint8Array>();
  const asked: string[] = [];
  let fault: Fault | undefined;

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const [, name = ""] = /^\/routing\/v1\/ipns\/([a-z0-9]+)$/.exec(request.url ?? "") ?? [];
    asked.push(`${request.method} ${name}`);
    const body = await bodyOf(request);
    const say = (status: number, type: string, said: string | Uint8Array = "") =>
      void response.writeHead(status, { "content-type": type }).end(said);
    if (fault === "hangs") return;
    if (typeof fault === "object") {
      if (fault.location) response.setHeader("location", fault.location);
      return say(fault.answers, fault.type ?? "text/plain", fault.body);
    }

    if (request.method === "GET") {
      const record = records.get(name);
      return record ? say(200, contentType, record) : say(404, "text/plain", "no record");
    }
    if (request.method !== "PUT") return say(405, "text/plain");
    if (request.headers["content-type"] !== contentType) return say(406, "text/plain", "not a record by its type");
    const why = await objection(name, body);
    if (why !== undefined) return say(400, "text/plain", why);
    if (fault !== "forgets") records.set(name, body);
    if (fault === "loses answers") return void response.destroy();
    say(200, "text/plain");
  };

  const objection = async (name: string, body: Uint8Array): Promise<string | undefined> => {
    if (body.length > 10_240) return "the record is too large";
    let record: IPNSRecord;
    try {
      record = unmarshalIPNSRecord(body);
    } catch (error) {
      return (error as Error).message;
    }
    const key = publicKeyFromMultihash(CID.parse(name, base36).multihash as never);
    const signed = Buffer.concat([Buffer.from("ipns-signature:"), record.data]);
    if (!(await key.verify(signed, record.signatureV2))) return "the signature is not that of the name";
    if (new Date(record.validity) <= now()) return "the record has ended";
    const held = records.get(name);
    if (held && unmarshalIPNSRecord(held).sequence > record.sequence) return "a newer record is held";
    return undefined;
  };

  const server = createServer((request, response) => void answer(request, response).catch(() => response.destroy()));
  return {
    url: await listening(server),
    records,
    asked,
    break(next) {
      fault = next;
    },
    close: () => closed(server),
  };
}

async function bodyOf(request: IncomingMessage): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
