/**
 * How far what was read of a dataset can be trusted, and what it cost: typed, so that the page can show it and tests can count.
 */

export type Trust =
  /** Nothing was read yet. */
  | { readonly kind: "pending" }
  /** Every byte so far is in a block whose hash was checked in this page. */
  | { readonly kind: "verified" }
  /** Bytes are those that the host sent: it gives no blocks to check. `why`: a phrase that the host is the subject of. */
  | { readonly kind: "unverified"; readonly why: string }
  /** A block did not match its CID. Nothing of it was used. */
  | { readonly kind: "refused"; readonly cid: string; readonly message: string };

export interface Status {
  readonly trust: Trust;
  /** Host that served the data: `localhost:8080`. */
  readonly host: string;
  /** Distinct blocks that were fetched and checked. */
  readonly blocks: number;
  readonly requests: number;
  /** Bytes of data received. */
  readonly bytes: number;
}

export interface StatusRecord {
  readonly status: Status;
  update(change: Partial<Omit<Status, "host">>): void;
  add(change: { readonly blocks?: number; readonly requests?: number; readonly bytes?: number }): void;
}

/** @param onChange called after each change, with the whole status. */
export function statusRecord(host: string, onChange: (status: Status) => void): StatusRecord {
  let status: Status = { trust: { kind: "pending" }, host, blocks: 0, requests: 0, bytes: 0 };
  const update = (change: Partial<Status>) => {
    // What was refused stays refused, whatever else is read after it.
    const trust = status.trust.kind === "refused" ? status.trust : (change.trust ?? status.trust);
    status = { ...status, ...change, trust };
    onChange(status);
  };
  return {
    get status() {
      return status;
    },
    update,
    add: ({ blocks = 0, requests = 0, bytes = 0 }) =>
      update({ blocks: status.blocks + blocks, requests: status.requests + requests, bytes: status.bytes + bytes }),
  };
}
