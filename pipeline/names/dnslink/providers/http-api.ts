/** Functions shared by the DNS providers with an HTTP API. */
import * as v from "valibot";
import { Failure } from "../../../core/failure.ts";

export interface VendorOptions {
  readonly token: string;
  /** Environment variable that contains the token, for messages. */
  readonly variable: string;
  /** URL of the API, without a trailing slash. Default: the vendor's. */
  readonly api?: string;
}

/**
 * The zone that contains `name`: of `zones`, the longest suffix of it.
 *
 * @throws Failure `input` if there is none; the message lists the zones.
 */
export function zoneOf<Zone extends { readonly name: string }>(
  provider: string,
  name: string,
  zones: readonly Zone[],
): Zone {
  const matching = zones.filter((zone) => name === zone.name || name.endsWith(`.${zone.name}`));
  if (matching.length > 0) return matching.reduce((a, b) => (b.name.length > a.name.length ? b : a));
  const names = zones.map((zone) => zone.name);
  const few = names.length > 5 ? `${names.slice(0, 5).join(", ")} and ${names.length - 5} more` : names.join(", ");
  throw new Failure("input", `${provider}: no zone of this account contains ${name}; it has ${few || "none at all"}`, {
    hint: "correct domain: or provider: in campaign.yaml, or use a token that may see the zone",
  });
}

/** `name` relative to its zone: `_dnslink.latest`, and `@` for the zone itself. */
export function withinZone(name: string, zone: string): string {
  return name === zone ? "@" : name.slice(0, -zone.length - 1);
}

/**
 * The items of all pages of a listing, requested one after another.
 *
 * @throws Failure `unavailable` if the listing has too many pages.
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
 * An answer parsed by its schema, without other fields.
 *
 * @throws Failure `unavailable` if it does not match; the message names the field.
 */
export function shaped<Shape extends v.GenericSchema>(
  label: string,
  shape: Shape,
  body: unknown,
): v.InferOutput<Shape> {
  const parsed = v.safeParse(shape, body);
  if (parsed.success) return parsed.output;
  const [{ path, message }] = parsed.issues;
  const at = path?.map(({ key }) => String(key)).join(".");
  throw new Failure(
    "unavailable",
    `${label} answered in another shape than its API is known for: ${at || "it"}: ${message}`,
  );
}

/** Content of a TXT record in an answer: at most 64 KiB (RFC 1035 §3.2.1), each byte escaped as `\DDD`, and the quotes. */
export const txtContent = v.pipe(v.string(), v.maxLength(300_000));
