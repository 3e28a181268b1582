/**
 * Changes that a proposed campaign.yaml makes to the destinations of data, secrets and announcements.
 *
 * A reviewer reads one line of YAML that changes; once it is merged, a job with secrets sends blocks and tokens to the address in
 * it. Settled configurations are compared, so that a default written out, another order of a list or another spelling is no
 * change. The name of an environment variable is one: it chooses which secret is sent.
 *
 * ```ts
 * endpointChanges(base, proposal); // [{ key: "pins.services.dkrz.api", from: "https://a.example", to: "https://b.example" }]
 * ```
 */
import { byBytes } from "../text/order.ts";
import type { CampaignConfig } from "./campaign.ts";

/** The keys of campaign.yaml that count, whole. */
const endpointKeys = ["node", "log", "names", "pins", "gateways", "doi"] as const;

export type EndpointConfig = Pick<CampaignConfig, (typeof endpointKeys)[number]>;

export interface EndpointChange {
  /** Path in campaign.yaml, entries of lists by name: `pins.services.dkrz.token`; of plain values the list: `gateways`. */
  readonly key: string;
  /** Settled values as text, cut at {@link longestValue} characters; `null` where there was none, or is none any more. */
  readonly from: string | null;
  readonly to: string | null;
}

/** The label of a pull request that may change them. Not campaign.yaml's to choose. */
export const endpointsLabel = "fieldtree:endpoints";

/** Characters. */
const longestValue = 500;

/** In the order of {@link endpointKeys}, below each in byte order of the paths. */
export function endpointChanges(base: EndpointConfig, proposal: EndpointConfig): EndpointChange[] {
  return endpointKeys.flatMap((key) => changesBetween(entriesOf(base[key], key), entriesOf(proposal[key], key)));
}

/** Paths of the entries (`pins.services.dkrz`, else `""`) → paths of their settings → values. */
type Entries = ReadonlyMap<string, ReadonlyMap<string, readonly string[]>>;

function changesBetween(before: Entries, after: Entries): EndpointChange[] {
  const entries = [...new Set([...before.keys(), ...after.keys()])].sort(byBytes);
  return entries.flatMap((entry) => {
    const [was, is] = [before.get(entry), after.get(entry)];
    // A service that comes or goes is one change, not one for each of its settings.
    if (entry !== "" && !(was && is)) {
      return [{ key: entry, from: was ? summaryOf(was, entry) : null, to: is ? summaryOf(is, entry) : null }];
    }
    const keys = [...new Set([...(was?.keys() ?? []), ...(is?.keys() ?? [])])].sort(byBytes);
    return keys.flatMap((key) => valueChanges(key, was?.get(key) ?? [], is?.get(key) ?? []));
  });
}

/** Of a list of plain values, those that are in one of both alone; where one is in place of one, that is a change. */
function valueChanges(key: string, was: readonly string[], is: readonly string[]): EndpointChange[] {
  const [gone, come] = [without(was, is), without(is, was)];
  if (gone.length === 1 && come.length === 1) return [{ key, from: cut(gone[0]!), to: cut(come[0]!) }];
  return [
    ...gone.map((value) => ({ key, from: cut(value), to: null })),
    ...come.map((value) => ({ key, from: null, to: cut(value) })),
  ];
}

function without(values: readonly string[], others: readonly string[]): string[] {
  const known = new Set(others);
  return [...new Set(values)].filter((value) => !known.has(value)).sort(byBytes);
}

function entriesOf(value: unknown, top: string): Entries {
  const entries = new Map<string, Map<string, string[]>>();
  const collect = (value: unknown, path: string, entry: string): void => {
    if (value === undefined) return;
    if (Array.isArray(value)) {
      for (const item of value) {
        const name = nameOf(item);
        const below = name === undefined ? path : `${path}.${name}`;
        collect(item, below, name === undefined ? entry : below);
      }
    } else if (typeof value === "object" && value !== null) {
      for (const [key, below] of Object.entries(value)) collect(below, `${path}.${key}`, entry);
    } else {
      const settings = entries.get(entry) ?? new Map<string, string[]>();
      entries.set(entry, settings.set(path, [...(settings.get(path) ?? []), String(value)]));
    }
  };
  collect(value, top, "");
  return entries;
}

/** Services and pinned extras have a `name`, announced names a `domain` or the variable of an IPNS key. */
function nameOf(item: unknown): string | undefined {
  if (typeof item !== "object" || item === null) return undefined;
  const { name, domain, ipns } = item as Readonly<Record<string, unknown>>;
  return [name, domain, ipns].find((each) => typeof each === "string") as string | undefined;
}

/** `kind: psa, endpoint: https://…, token: PSA_TOKEN`: addresses and secrets first, as the rest may be cut. */
function summaryOf(settings: ReadonlyMap<string, readonly string[]>, entry: string): string {
  const short = [...settings].map(([key, values]) => [key.slice(entry.length + 1), values.join(", ")] as const);
  const weight = (key: string) =>
    Number(!/(?:^|\.)(?:kind|api|endpoint|server|token|password|key|ipns|to|cid)$/.test(key));
  const ordered = short.toSorted(([a], [b]) => weight(a) - weight(b));
  return cut(ordered.map(([key, value]) => `${key}: ${value}`).join(", "));
}

const cut = (text: string): string =>
  text.length > longestValue ? `${text.slice(0, longestValue).toWellFormed()}…` : text;
