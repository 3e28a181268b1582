/** What the DNS providers that are asked over HTTP have in common. */
import * as v from "valibot";
import { Failure } from "../../../core/failure.ts";

export interface VendorOptions {
  readonly token: string;
  /** Environment variable that the token comes from, for messages. */
  readonly variable: string;
  /** Address of the API, without a slash at its end, in place of the vendor's own. */
  readonly api?: string;
}

/**
 * The zone that holds `name`: of those at hand, the longest that it ends in.
 *
 * @throws Failure `input` where none does; it names those there are.
 */
export function zoneOf<Zone extends { readonly name: string }>(
  provider: string,
  name: string,
  zones: readonly Zone[],
): Zone {
  const holding = zones.filter((zone) => name === zone.name || name.endsWith(`.${zone.name}`));
  if (holding.length > 0) return holding.reduce((a, b) => (b.name.length > a.name.length ? b : a));
  const names = zones.map((zone) => zone.name);
  const few = names.length > 5 ? `${names.slice(0, 5).join(", ")} and ${names.length - 5} more` : names.join(", ");
  throw new Failure("input", `${provider}: no zone of this account holds ${name}; it has ${few || "none at all"}`, {
    hint: "correct domain: or provider: in campaign.yaml, or use a token that may see the zone",
  });
}

/** `name` as seen from its zone: `_dnslink.latest`, and `@` for the zone itself. */
export function withinZone(name: string, zone: string): string {
  return name === zone ? "@" : name.slice(0, -zone.length - 1);
}

/**
 * What every page of a listing holds, asked one after another.
 *
 * @throws Failure `unavailable` where it has no end.
 */
export async function everyPage<Item>(
  ask: (page: number) => Promise<{ readonly items: readonly Item[]; readonly more: boolean }>,
): Promise<Item[]> {
  const all: Item[] = [];
  for (let page = 1; page <= mostPages; page++) {
    const { items, more } = await ask(page);
    all.push(...items);
    if (!more) return all;
  }
  throw new Failure("unavailable", `a listing did not end after ${mostPages} pages`);
}

const mostPages = 1000;

/**
 * An answer as its API says it looks, without what we do not read.
 *
 * @throws Failure `unavailable` where it looks otherwise, saying where.
 */
export function shaped<Shape extends v.GenericSchema>(said: string, shape: Shape, body: unknown): v.InferOutput<Shape> {
  const parsed = v.safeParse(shape, body);
  if (parsed.success) return parsed.output;
  const [{ path, message }] = parsed.issues;
  const at = path?.map(({ key }) => String(key)).join(".");
  throw new Failure(
    "unavailable",
    `${said} answered in another shape than its API is known for: ${at || "it"}: ${message}`,
  );
}

/** What a TXT record may hold in an answer: 64 KiB (RFC 1035 §3.2.1), each byte written as `\DDD`, and the quotes. */
export const txtContent = v.pipe(v.string(), v.maxLength(300_000));
