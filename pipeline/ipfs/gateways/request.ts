/**
 * One request to a gateway: in time, and to that gateway alone.
 *
 * Redirects within the gateway's site are followed. Another host could be a machine that only this network can reach, and the
 * gateway could use the redirect to reach it.
 */
import { fetchUnlessAborted } from "../../core/abort.ts";
import { withoutSlash } from "../../core/campaign/fields.ts";
import { Failure } from "../../core/failure.ts";
import type { World } from "../../core/world.ts";
import { describeError, excerpt, reasonOf } from "../../http/http.ts";
import type { Link } from "./link.ts";

/** Subdomain gateways redirect a path once, load balancers perhaps once more. */
const mostRedirects = 3;

export interface Asking {
  readonly url: URL;
  /** The `accept` header. */
  readonly accept: string;
  /** ms until the answer begins. */
  readonly timeoutMs: number;
}

/**
 * The answer of the gateway at `base`, of which the body is not read yet.
 *
 * @throws Failure `unavailable` where none begins in time, and for a redirect that is not followed.
 */
export async function ask(
  base: string,
  { url, accept, timeoutMs }: Asking,
  link: Link,
  world: World,
): Promise<Response> {
  const name = `gateway ${base}`;
  for (let here = url, redirects = 0; ; redirects++) {
    const silence = new AbortController();
    const timer = setTimeout(() => silence.abort(), timeoutMs);
    const askedAt = performance.now();
    let response: Response;
    try {
      const request = new Request(here, {
        headers: { accept },
        redirect: "manual",
        signal: AbortSignal.any([world.signal, silence.signal]),
      });
      response = await fetchUnlessAborted(request, world).catch((cause: unknown) => {
        // The gateway may have closed a connection that was left open after another request, just as this one was sent.
        if (!["ECONNRESET", "UND_ERR_SOCKET"].includes(reasonOf(cause)) || world.signal.aborted) throw cause;
        return fetchUnlessAborted(request.clone(), world);
      });
      link.answered(performance.now() - askedAt);
    } catch (cause) {
      world.signal.throwIfAborted();
      const why = silence.signal.aborted ? `no answer in ${timeoutMs / 1000} s` : describeError(cause);
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
}

/** `Retry-After` in ms; `undefined` where absent. A date counts as absent: using it requires clocks that agree. */
export function waitAsked(response: Response): number | undefined {
  const value = response.headers.get("retry-after");
  return value !== null && /^\d{1,9}$/.test(value) ? Math.max(100, Number(value) * 1000) : undefined;
}

/**
 * The same host or a subdomain of it (`dweb.link` redirects to `<cid>.ipfs.dweb.link`), over the same scheme or from http to
 * https.
 */
function mayFollow(from: URL, to: URL): boolean {
  const sameSite = to.hostname === from.hostname || to.hostname.endsWith(`.${from.hostname}`);
  const samePort = to.protocol === from.protocol && to.port === from.port;
  const upgrade = from.protocol === "http:" && to.protocol === "https:" && from.port === "" && to.port === "";
  return sameSite && (samePort || upgrade) && to.username === "" && to.password === "";
}

/** The address without `/ipfs` and slashes at its end. @throws Failure `input` where it is not http or https, or has a password. */
export function baseOf(url: string): string {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (!parsed || !["http:", "https:"].includes(parsed.protocol)) {
    throw new Failure("input", `${JSON.stringify(url)} is no address of a gateway`, {
      hint: "gateways in campaign.yaml look like https://ipfs.io",
    });
  }
  if (parsed.username !== "" || parsed.password !== "") {
    throw new Failure(
      "input",
      `the gateway at ${parsed.host} is given with a password, and campaign.yaml contains no secrets`,
    );
  }
  return parsed.origin + withoutSlash(parsed.pathname).replace(/\/ipfs$/, "");
}
