/**
 * One trustless gateway: blocks over HTTP from a machine of another operator.
 *
 * The gateway is not trusted: blocks are hashed, and their length, their speed and the targets of redirects are bounded. A
 * gateway that does not have a block answers 404; any other response that isn't the block is a failure that names the gateway.
 *
 * ```ts
 * await gateway("https://trustless-gateway.link").get(cid, world);
 * ```
 *
 * @see https://specs.ipfs.tech/http-gateways/trustless-gateway/
 */
import type { CID } from "multiformats/cid";
import { fetchUnlessAborted } from "../core/abort.ts";
import { withoutSlash } from "../core/campaign/fields.ts";
import { Failure } from "../core/failure.ts";
import type { World } from "../core/world.ts";
import { isInline } from "../dag/block.ts";
import { largestBlock } from "../dag/car.ts";
import { describeError, excerpt, kindOfStatus, readBody } from "../http/http.ts";
import type { Node } from "./node.ts";
import { verified } from "./verify.ts";

export interface GatewayTimeouts {
  /** ms until the first byte of an answer. The gateway may search the network meanwhile. */
  readonly answer: number;
  /** ms in which a kilobyte must arrive after the first byte. */
  readonly stall: number;
  /** ms in all that the request for one block waits for a gateway that answers that it is busy. */
  readonly busy: number;
}

const usual: GatewayTimeouts = { answer: 15_000, stall: 5_000, busy: 10_000 };

/** Subdomain gateways redirect a path once, load balancers perhaps once more. */
const mostRedirects = 3;

/**
 * `url`: with its base path, without `/ipfs`.
 *
 * @throws Failure `input` where `url` is not http or https, or contains a password.
 */
export function gateway(url: string, timeouts: GatewayTimeouts = usual): Node {
  const base = baseOf(url);
  const name = `gateway ${base}`;
  // While the gateway is busy all requests wait, not only the one that it refused. On the monotonic clock.
  let busyUntil = 0;

  const ask = async (at: URL, world: World): Promise<Response> => {
    for (let here = at, redirects = 0; ; redirects++) {
      const silence = new AbortController();
      const timer = setTimeout(() => silence.abort(), timeouts.answer);
      let response: Response;
      try {
        const request = new Request(here, {
          headers: { accept: "application/vnd.ipld.raw" },
          redirect: "manual",
          signal: AbortSignal.any([world.signal, silence.signal]),
        });
        response = await fetchUnlessAborted(request, world);
      } catch (cause) {
        world.signal.throwIfAborted();
        const why = silence.signal.aborted ? `no answer in ${timeouts.answer / 1000} s` : describeError(cause);
        throw new Failure("unavailable", `${name}: ${why}`, { cause });
      } finally {
        clearTimeout(timer);
      }
      const to = response.headers.get("location");
      if (response.status < 300 || response.status > 399 || to === null) return response;

      await response.body?.cancel();
      const next = URL.canParse(to, here) ? new URL(to, here) : undefined;
      if (!next || !mayFollow(new URL(base), next)) {
        throw new Failure("unavailable", `${name} redirects to ${excerpt(next?.origin ?? to)}, which is not followed`, {
          hint: "if that is where the gateway lives now, name it in campaign.yaml",
        });
      }
      if (redirects === mostRedirects) throw new Failure("unavailable", `${name} redirects ${redirects + 1} times`);
      here = next;
    }
  };

  return {
    name,

    async get(cid, world) {
      // The empty block is excepted: gateways are probed with it.
      if (isInline(cid) && cid.multihash.digest.length > 0) return cid.multihash.digest;
      const at = new URL(`${base}/ipfs/${cid.toV1()}?format=raw`);
      for (let waited = 0; ; ) {
        const rest = busyUntil - performance.now();
        if (rest > 0) await world.sleep(rest);

        const response = await ask(at, world);
        if (response.status === 200) return blockIn(response, cid, world);

        const limits = { atMost: 64_000, stallAfter: timeouts.stall, signal: world.signal };
        const body = await readBody(`${name}:`, response, limits).catch(() => none);
        world.signal.throwIfAborted();
        if (response.status === 404 || response.status === 410) return undefined;

        const wait = waitAsked(response) ?? 1000;
        if (response.status !== 429 || waited + wait > timeouts.busy) {
          const text = excerpt(new TextDecoder().decode(body));
          const waiting = waited > 0 ? ` after waiting ${waited / 1000} s` : "";
          throw new Failure(kindOfStatus(response.status), `${name} answered ${response.status}${waiting}: ${text}`);
        }
        waited += wait;
        busyUntil = Math.max(busyUntil, performance.now() + wait);
      }
    },
  };

  async function blockIn(response: Response, cid: CID, world: World): Promise<Uint8Array> {
    const claims = Number(response.headers.get("content-length") ?? 0);
    if (claims > largestBlock) {
      await response.body?.cancel();
      throw new Failure("corrupt", `${name} answered ${claims} bytes for ${cid}, more than any block has`);
    }
    try {
      const limits = { atMost: largestBlock, stallAfter: timeouts.stall, signal: world.signal };
      const bytes = await readBody(`${name}: ${cid}`, response, limits);
      const page = response.headers.get("content-type")?.startsWith("text/html");
      return await verified(cid, bytes, page ? `${name}, which answered a web page,` : name);
    } catch (error) {
      world.signal.throwIfAborted();
      throw error;
    }
  }
}

const none = new Uint8Array(0);

/** `Retry-After` in ms; `undefined` where absent. A date counts as absent: using it requires clocks that agree. */
function waitAsked(response: Response): number | undefined {
  const value = response.headers.get("retry-after");
  return value !== null && /^\d{1,9}$/.test(value) ? Math.max(100, Number(value) * 1000) : undefined;
}

/**
 * The same host or a subdomain of it (`dweb.link` redirects to `<cid>.ipfs.dweb.link`), over the same scheme or from http to
 * https.
 *
 * Another host could be a machine that only this network can reach, and the gateway could use the redirect to reach it.
 */
function mayFollow(from: URL, to: URL): boolean {
  const sameSite = to.hostname === from.hostname || to.hostname.endsWith(`.${from.hostname}`);
  const samePort = to.protocol === from.protocol && to.port === from.port;
  const upgrade = from.protocol === "http:" && to.protocol === "https:" && from.port === "" && to.port === "";
  return sameSite && (samePort || upgrade) && to.username === "" && to.password === "";
}

function baseOf(url: string): string {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (!parsed || !["http:", "https:"].includes(parsed.protocol)) {
    throw new Failure("input", `${JSON.stringify(url)} is no address of a gateway`, {
      hint: "gateways in campaign.yaml look like https://ipfs.io",
    });
  }
  if (parsed.username !== "" || parsed.password !== "") {
    throw new Failure(
      "input",
      `the gateway at ${parsed.host} is given with a password, and campaign.yaml holds no secrets`,
    );
  }
  return parsed.origin + withoutSlash(parsed.pathname).replace(/\/ipfs$/, "");
}
