/**
 * Where IPNS records are put and asked for: endpoints of delegated routing, and a Kubo.
 *
 * A place gives bytes and takes bytes; what they are worth is judged by whoever asked. Neither needs the key.
 */
import { fetchUnlessAborted } from "../../core/abort.ts";
import { Failure, isFailure } from "../../core/failure.ts";
import type { World } from "../../core/world.ts";
import { describeError, excerpt, kindOfStatus, readBody } from "../../http/http.ts";
import { rpc } from "../../http/kubo-rpc.ts";
import { largestRecord } from "./record.ts";

export interface RecordEndpoint {
  /** For messages. */
  readonly name: string;
  /** The record under `name`; `undefined` where there is none. @throws Failure `unavailable`, `refused`, `corrupt`. */
  get(name: string, world: World): Promise<Uint8Array | undefined>;
  /** Put it there. The same again changes nothing. @throws Failure `refused` with the place's words, `unavailable`. */
  put(name: string, record: Uint8Array, world: World): Promise<void>;
  /** False where records are taken and forgotten; fails where that can't be found out. Absent: they are kept. */
  takesPart?(world: World): Promise<boolean>;
  close?(): void;
}

const contentType = "application/vnd.ipfs.ipns-record";

/** ms for one answer. Kubo walks its DHT before it says that a record was put. */
const timeoutMs = { asking: 10_000, putting: 90_000 };

/**
 * An endpoint of delegated routing, such as `https://delegated-ipfs.dev`.
 *
 * @see https://specs.ipfs.tech/routing/http-routing-v1/#ipns-api
 */
export function endpoint(base: string): RecordEndpoint {
  const call = async (method: "GET" | "PUT", name: string, world: World, body?: Uint8Array) => {
    const said = `${base}: ${method === "GET" ? "asking for" : "putting"} the record`;
    const ms = method === "GET" ? timeoutMs.asking : timeoutMs.putting;
    const late = AbortSignal.timeout(ms);
    const request = new Request(`${base}/routing/v1/ipns/${name}`, {
      method,
      headers: method === "GET" ? { accept: contentType } : { "content-type": contentType },
      ...(body && { body: new Uint8Array(body) }),
      redirect: "manual",
      signal: AbortSignal.any([world.signal, late]),
    });
    try {
      const response = await fetchUnlessAborted(request, world);
      // What is not a record is words, and only their beginning is read to anybody.
      const atMost = response.ok ? largestRecord : 256 * 1024;
      const answer = await readBody(said, response, { atMost, stallAfter: ms, signal: request.signal });
      return { said, status: response.status, type: response.headers.get("content-type") ?? "", answer };
    } catch (error) {
      world.signal.throwIfAborted();
      if (late.aborted) throw new Failure("unavailable", `${said}: no answer in ${ms / 1000} s`);
      if (error instanceof Failure) throw error;
      throw new Failure("unavailable", `${said}: ${describeError(error)}`, { cause: error });
    }
  };
  const refusal = ({ said, status, answer }: Awaited<ReturnType<typeof call>>) => {
    const words = excerpt(new TextDecoder().decode(answer));
    return new Failure(kindOfStatus(status), `${said} answered ${status}${words && `: ${words}`}`);
  };

  return {
    name: base,

    async get(name, world) {
      const answered = await call("GET", name, world);
      const { status, type, answer } = answered;
      if (status === 404) return undefined;
      if (status !== 200 || type.startsWith("text/html")) throw refusal(answered);
      // "No record found" is said with 200 and some other type, by newer servers: IPIP-513.
      return type.startsWith(contentType) ? answer : undefined;
    },

    async put(name, record, world) {
      const answered = await call("PUT", name, world, record);
      if (answered.status !== 200) throw refusal(answered);
    },
  };
}

/** A Kubo, by its RPC: what it holds itself and puts to its peers. */
export function kuboEndpoint(kubo: { readonly api: string; readonly token?: string }): RecordEndpoint {
  const node = rpc({ ...kubo, timeoutMs: timeoutMs.asking });
  const patient = rpc({ ...kubo, timeoutMs: timeoutMs.putting });
  return {
    name: node.name,

    async get(name, world) {
      let answer: unknown;
      try {
        // Not by asking the network, which takes up to a minute and says nothing about this node.
        answer = await node.ask("routing/get", { arg: `/ipns/${name}`, offline: true }, world);
      } catch (error) {
        if (isFailure(error) && /routing: not found/.test(error.message)) return undefined;
        throw error;
      }
      const record = (answer as { Extra?: unknown } | undefined)?.Extra;
      if (typeof record === "string") return Buffer.from(record, "base64");
      throw new Failure("unavailable", `${node.name}: routing/get answered no record`);
    },

    async put(name, record, world) {
      // Without peers it is kept there, and goes out when it is put again.
      const args = { arg: name, "allow-offline": true };
      for await (const _ of patient.lines("name/put", args, world, once(record)));
    },

    async takesPart(world) {
      return (await node.call("config", (kubo, by) => kubo.config.get("Routing.Type", by), world)) !== "none";
    },

    close() {
      node.close();
      patient.close();
    },
  };
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
