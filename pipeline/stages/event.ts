/** Events of publishing, as they are printed; the last one is `published`. */
import type { AuthorityAnswer } from "../names/name.ts";

/** A step of a plan in JSON. */
export type StepData =
  | { readonly do: "peer"; readonly node: string; readonly peers: readonly string[] }
  | { readonly do: "hold"; readonly path: string; readonly cid: string; readonly line: number }
  | { readonly do: "keep-tree"; readonly root: string }
  | { readonly do: "keep-portal"; readonly release: number }
  | { readonly do: "release"; readonly number: number; readonly root: string }
  /** `cid` is null for a portal that has not been built yet. */
  | {
      readonly do: "pin";
      readonly service: string;
      readonly path: string;
      readonly cid: string | null;
      readonly required: boolean;
    }
  /** `value` is null while it is not known. */
  | { readonly do: "announce"; readonly name: string; readonly to: string; readonly value: string | null }
  | { readonly do: "read-back"; readonly name: string; readonly value: string | null };

export type PublishEvent =
  | { readonly event: "step"; readonly step: StepData }
  | { readonly event: "failed"; readonly path: string; readonly cid: string; readonly says: string }
  | {
      readonly event: "pin";
      readonly service: string;
      readonly path: string;
      readonly cid: string;
      readonly status: string;
      /** `retrieved`: blocks were read from the service. `says so`: its report was trusted. */
      readonly seen: "retrieved" | "says so" | "no";
      readonly counts: boolean;
      readonly says?: string;
    }
  | {
      readonly event: "announced";
      readonly name: string;
      readonly value: string;
      readonly authorities: readonly AuthorityAnswer[];
    }
  | {
      readonly event: "published";
      readonly release: number;
      readonly root: string;
      readonly portal: string;
      readonly head: string;
      /** False where the name already had the value. */
      readonly changed: boolean;
    };

/** Returns the text of an event for stdout; `undefined` for events that only show progress. */
export function formatEvent(event: PublishEvent): string | undefined {
  switch (event.event) {
    case "step":
    case "failed":
      return undefined;
    case "pin":
      return event.counts ? undefined : `not pinned: ${event.path} at ${event.service}: ${event.says ?? event.status}`;
    case "announced": {
      const servers = event.authorities.map(({ server }) => server).join(", ");
      return `${event.name} → ${event.value}\n  read back from ${servers}`;
    }
    case "published":
      return [
        event.changed
          ? `release ${event.release} is live`
          : `nothing to do: release ${event.release} is live and pinned`,
        `  root    ${event.root}`,
        `  portal  ${event.portal}`,
        `  head    ${event.head}`,
      ].join("\n");
  }
}
