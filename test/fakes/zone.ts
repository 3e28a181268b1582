/**
 * A domain of the DNS in memory: where its records are kept, and two servers that answer for it, the second of which lags.
 *
 * Reading and writing are those of real names; only the servers are asked without a network.
 */
import { Failure, isFailure } from "../../pipeline/core/failure.ts";
import type { World } from "../../pipeline/core/world.ts";
import { dnslink } from "../../pipeline/names/dnslink/dnslink.ts";
import type { DnsProvider, RRset } from "../../pipeline/names/dnslink/provider.ts";
import { linksIn } from "../../pipeline/names/dnslink/record.ts";
import type { AuthorityAnswer, Name, NameStatus } from "../../pipeline/names/name.ts";
import type { Calls } from "./calls.ts";

export interface Zone {
  readonly domain: string;
  /** What is kept at the provider, and what each server answers. */
  kept: RRset | undefined;
  readonly served: Map<string, RRset | undefined>;
  /** Every value that a write set, in order: those that took effect. */
  readonly writes: string[];
  /** How many times the second server gives its old answer after a write; and will still do so. */
  lag: number;
  behind: number;
  /** Where it points by whoever lies. */
  lie: string | undefined;
}

export function aZone(domain: string): Zone {
  return { domain, kept: undefined, served: new Map(), writes: [], lag: 1, behind: 0, lie: undefined };
}

/** The name in `zone`, everything it is asked passing through `calls`; `onWrite` sees each value that is being set. */
export function nameIn(zone: Zone, calls: Calls, onWrite: (value: string) => Promise<void> = async () => {}): Name {
  const provider: DnsProvider = {
    name: "provider",
    minTtl: 60,
    read: (_, world) => {
      const lie = () => zone.kept && { ...zone.kept, values: [`dnslink=${zone.lie}`] };
      return calls.through(`${zone.domain}: read`, async () => zone.kept, world, lie);
    },
    replace: (_, next, expected, world) => {
      const write = async () => {
        if (`${zone.kept?.values}` !== `${expected?.values}`) throw new Failure("conflict", "somebody else wrote");
        const [value] = linksIn(next.values);
        await onWrite(value!);
        zone.kept = next;
        zone.writes.push(value!);
        zone.behind = zone.lag;
      };
      return calls.through(`${zone.domain}: write`, write, world, () => {});
    },
  };
  const answers: Readonly<Record<string, () => RRset | undefined>> = {
    ns1: () => zone.kept,
    ns2: () => (zone.behind-- > 0 ? zone.served.get("ns2") : zone.kept),
  };
  const ask = async (server: string, world: World): Promise<AuthorityAnswer> => {
    const answer = async () => {
      const rrset = answers[server]!();
      zone.served.set(server, rrset);
      return linksIn(rrset?.values ?? [])[0];
    };
    try {
      const value = await calls.through(`${zone.domain}: ask ${server}`, answer, world, () => zone.lie);
      return { server, ttl: 60, ...(value !== undefined && { value }) };
    } catch (error) {
      if (!isFailure(error, "unavailable")) throw error;
      return { server, problem: "no answer in 2 s" };
    }
  };
  return {
    ...dnslink({ domain: zone.domain, ttl: 60, provider }),
    async probe(world): Promise<NameStatus> {
      const authorities = await Promise.all(Object.keys(answers).map((server) => ask(server, world)));
      const [{ value }] = authorities as [AuthorityAnswer];
      const agrees = authorities.every((answer) => !answer.problem && answer.value === value);
      return { authorities, agrees, ttl: 60, ...(agrees && value !== undefined && { value }) };
    },
  };
}
