/**
 * Endpoints that store IPNS records: delegated routing endpoints, and a Kubo.
 *
 * An endpoint stores and returns bytes; the caller verifies records. No endpoint needs the key.
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
  /** The record of `name`, if there is one. @throws Failure `unavailable`, `refused`, `corrupt`. */
  get(name: string, world: World): Promise<Uint8Array | undefined>;
  /** Stores a record; idempotent. @throws Failure `refused` with the endpoint's message, `unavailable`. */
  put(name: string, record: Uint8Array, world: World): Promise<void>;
  /** False if the endpoint accepts records without storing them. Throws if unknown. Absent: the endpoint stores records. */
  takesPart?(world: World): Promise<boolean>;
  /** Present where it has private keys of its own: their names there, by public name. */
  keys?(world: World): Promise<ReadonlyMap<string, string>>;
  /** Present with {@link RecordEndpoint.keys}: signs and puts a record with the key called `key`. `lifetime` in ms, `ttl` in s. */
  publish?(
    key: string,
    value: string,
    options: { readonly lifetime: number; readonly ttl: number },
    world: World,
  ): Promise<void>;
  close?(): void;
}

const contentType = "application/vnd.ipfs.ipns-record";

/** ms for one request. Kubo walks its DHT before it confirms a put. */
const timeoutMs = { asking: 10_000, putting: 90_000 };

/**
 * A delegated routing endpoint, such as `https://delegated-ipfs.dev`.
 *
 * @see https://specs.ipfs.tech/routing/http-routing-v1/#ipns-api
 */
export function endpoint(base: string): RecordEndpoint {
  const call = async (method: "GET" | "PUT", name: string, world: World, body?: Uint8Array) => {
    const label = `${base}: ${method === "GET" ? "asking for" : "putting"} the record`;
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
      // The body of an error is text, of which messages quote only the beginning.
      const atMost = response.ok ? largestRecord : 256 * 1024;
      const answer = await readBody(label, response, { atMost, stallAfter: ms, signal: request.signal });
      return { label, status: response.status, type: response.headers.get("content-type") ?? "", answer };
    } catch (error) {
      world.signal.throwIfAborted();
      if (late.aborted) throw new Failure("unavailable", `${label}: no answer in ${ms / 1000} s`);
      if (error instanceof Failure) throw error;
      throw new Failure("unavailable", `${label}: ${describeError(error)}`, { cause: error });
    }
  };
  const refusal = ({ label, status, answer }: Awaited<ReturnType<typeof call>>) => {
    const words = excerpt(new TextDecoder().decode(answer));
    return new Failure(kindOfStatus(status), `${label} answered ${status}${words && `: ${words}`}`);
  };

  return {
    name: base,

    async get(name, world) {
      const answered = await call("GET", name, world);
      const { status, type, answer } = answered;
      if (status === 404) return undefined;
      if (status !== 200 || type.startsWith("text/html")) throw refusal(answered);
      // Newer servers answer "no record found" with status 200 and another content type: IPIP-513.
      return type.startsWith(contentType) ? answer : undefined;
    },

    async put(name, record, world) {
      const answered = await call("PUT", name, world, record);
      if (answered.status !== 200) throw refusal(answered);
    },
  };
}

/**
 * A gateway, which gives the record of a key as it finds it, and takes none.
 *
 * @see https://specs.ipfs.tech/http-gateways/trustless-gateway/#ipns-records
 */
export function gatewayEndpoint(base: string): RecordEndpoint {
  return {
    name: `gateway ${base}`,
    async get(name, world) {
      const label = `gateway ${base}: asking for the record`;
      const signal = AbortSignal.any([world.signal, AbortSignal.timeout(timeoutMs.asking)]);
      const request = new Request(`${base}/ipns/${name}?format=ipns-record`, {
        headers: { accept: contentType },
        redirect: "manual",
        signal,
      });
      try {
        const response = await fetchUnlessAborted(request, world);
        const atMost = response.ok ? largestRecord : 256 * 1024;
        const answer = await readBody(label, response, { atMost, stallAfter: timeoutMs.asking, signal });
        if (response.status === 404) return undefined;
        const isRecord = response.headers.get("content-type")?.startsWith(contentType) === true;
        if (response.status === 200 && isRecord) return answer;
        const words = excerpt(new TextDecoder().decode(answer));
        throw new Failure(
          kindOfStatus(response.status),
          `${label} answered ${response.status}${words && `: ${words}`}`,
        );
      } catch (error) {
        world.signal.throwIfAborted();
        if (error instanceof Failure) throw error;
        throw new Failure("unavailable", `${label}: ${describeError(error)}`, { cause: error });
      }
    },
    put: async () => {
      throw new Failure("input", `gateway ${base} takes no records`);
    },
  };
}

/**
 * A Kubo, by its RPC: puts records to its peers, and returns the record that it has itself, or with `search` that of the network,
 * where it has peers.
 */
export function kuboEndpoint(
  kubo: { readonly api: string; readonly token?: string },
  { search = false }: { readonly search?: boolean } = {},
): RecordEndpoint {
  const node = rpc({ ...kubo, timeoutMs: search ? timeoutMs.putting : timeoutMs.asking });
  const offline = async (world: World) => {
    if (!search) return true;
    const { Peers } = (await node.ask("swarm/peers", {}, world)) as { Peers?: unknown };
    return !Array.isArray(Peers) || Peers.length === 0;
  };
  const slowCalls = rpc({ ...kubo, timeoutMs: timeoutMs.putting });
  return {
    name: node.name,

    async get(name, world) {
      let answer: unknown;
      try {
        // Unless asked to search, offline: a network lookup takes up to a minute, and would not show what this node has.
        const args = { arg: `/ipns/${name}`, ...((await offline(world)) && { offline: true }) };
        answer = await node.ask("routing/get", args, world);
      } catch (error) {
        if (isFailure(error) && /routing: not found/.test(error.message)) return undefined;
        throw error;
      }
      const record = (answer as { Extra?: unknown } | undefined)?.Extra;
      if (typeof record === "string") return Buffer.from(record, "base64");
      throw new Failure("unavailable", `${node.name}: routing/get answered no record`);
    },

    async put(name, record, world) {
      // A node without peers stores the record, and sends it to the network at the next put.
      const args = { arg: name, "allow-offline": true };
      for await (const _ of slowCalls.lines("name/put", args, world, singleChunk(record)));
    },

    async keys(world) {
      const args = { l: true, "ipns-base": "base36" };
      const { Keys } = (await node.ask("key/list", args, world)) as { Keys?: readonly { Id: string; Name: string }[] };
      return new Map((Keys ?? []).map(({ Id, Name }) => [Id, Name]));
    },

    async publish(key, value, { lifetime, ttl }, world) {
      const times = { lifetime: `${Math.floor(lifetime / 1000)}s`, ttl: `${ttl}s` };
      await slowCalls.ask("name/publish", { arg: value, key, ...times, resolve: false, "allow-offline": true }, world);
    },

    async takesPart(world) {
      return (await node.call("config", (kubo, by) => kubo.config.get("Routing.Type", by), world)) !== "none";
    },

    close() {
      node.close();
      slowCalls.close();
    },
  };
}

async function* singleChunk(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
