/** Schemas that several parts of campaign.yaml share. */
import * as v from "valibot";
import { publicKeyOf } from "../key.ts";

/** A key that may be missing or left empty, as when everything below it is commented out. Editors show `description`. */
export function optional<const Schema extends v.GenericSchema>(description: string, schema: Schema) {
  return v.pipe(v.nullish(schema), v.description(description));
}

export const text = v.pipe(
  v.string("must be text"),
  v.regex(/\S/, "is blank"),
  v.maxLength(10_000, "is longer than 10000 characters"),
);

export const url = String.raw`https?:\/\/(?:[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?(?:\/[^\s?#@]*)?`;
export const httpUrl = v.pipe(
  v.string("must be the address of an HTTP server"),
  v.regex(new RegExp(`^${url}$`), "must be an address like https://example.org, without user, query or fragment"),
);

export const globs = v.array(text, "must be a list of patterns");

/** Variables that a runner or npm sets are no secrets of the campaign: a proposal that names one would send it to a server. */
export const environmentVariable = v.pipe(
  v.string("must be the name of an environment variable"),
  v.regex(
    /^(?!GITHUB_TOKEN$|ACTIONS_|NPM_)[A-Z][A-Z0-9_]{0,63}$/,
    "must be the NAME of an environment variable (capitals, digits, _; not GITHUB_TOKEN, ACTIONS_… or NPM_…, which are for others), never the secret itself: this file is public",
  ),
);

const keyWords = "must be the name of an ed25519 key, like k51qzi5uqu5d…";
/** The public name of a key, as `fieldtree key new` prints it. */
export const publicKeyName = v.pipe(
  v.string(keyWords),
  v.regex(/^(?:k51|12D3Koo)[0-9A-Za-z]{30,90}$/, keyWords),
  v.check((name) => publicKeyOf(name) !== undefined, keyWords),
);

export const size = v.pipe(
  v.string("must be a size like 10 GiB"),
  v.regex(/^\d{1,6}(?:\.\d{1,3})? ?(?:[kKMGT]i?)?B$/, "must be a size like 10 GiB or 500 MB"),
);

export const duration = v.pipe(
  v.string("must be a time like 10 min"),
  v.regex(/^\d{1,5} ?(?:s|min|h|d)$/, "must be a time like 90 s, 10 min, 2 h or 30 d"),
);

/** ms. Longer waits overflow a timer's 32 bits, and it fires at once. */
export const longestWait = 24 * 86_400_000;

/** How long something is waited for. */
export const wait = v.pipe(
  duration,
  v.check((time) => !(v.is(duration, time) && msIn(time) > longestWait), "must be at most 24 d"),
);

export function wholeNumber(least: number, most: number) {
  const message = `must be a whole number, ${least} to ${most}`;
  return v.pipe(v.number(message), v.integer(message), v.minValue(least, message), v.maxValue(most, message));
}

/** One of a campaign's services, as messages, flags and `require:` call it. */
export const serviceName = v.pipe(
  v.string("must be a short name"),
  v.regex(/^[a-z0-9][a-z0-9-]{0,39}$/, "must be at most 40 small letters, digits and -"),
);

export const dnsName = v.pipe(
  v.string("must be a DNS name"),
  v.regex(
    /^(?=.{1,253}$)(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?$/,
    "must be a DNS name in lower case, like example.org",
  ),
);

/** `url` without the slashes at its end, found from there: a pattern would try each slash inside it. */
export function withoutSlash(url: string): string {
  let end = url.length;
  while (url[end - 1] === "/") end--;
  return url.slice(0, end);
}

/** `10 GiB` is 10 × 1024³, `10 GB` 10 × 1000³. */
export function bytesIn(size: string): number {
  const [, amount, prefix, binary] = /^([\d.]+) ?(?:([kKMGT])(i?))?B$/.exec(size)!;
  return Math.round(Number(amount) * (binary ? 1024 : 1000) ** " KMGT".indexOf(prefix?.toUpperCase() ?? " "));
}

/** ms in `10 min`. */
export function msIn(duration: string): number {
  const [, amount, unit] = /^(\d+) ?(s|min|h|d)$/.exec(duration)!;
  return Number(amount) * { s: 1000, min: 60_000, h: 3_600_000, d: 86_400_000 }[unit as "s" | "min" | "h" | "d"];
}
