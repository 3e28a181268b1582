/** The settings of a bucket, as its ledger records them: each replaces the one before. */
import type { CannedAcl } from "./object.ts";

export interface Settings {
  /** Absent: never enabled. */
  readonly versioning?: "Enabled" | "Suspended";
  /** Name of the account that created the bucket. */
  readonly owner?: string;
  readonly acl?: CannedAcl;
  readonly tags?: Readonly<Record<string, string>>;
  readonly cors?: readonly CorsRule[];
  /** The bucket policy's JSON, as the client wrote it. */
  readonly policy?: string;
  readonly lifecycle?: readonly LifecycleRule[];
}

/** A change of settings: `null` removes one. */
export type SettingsChange = { readonly [Name in keyof Settings]?: Settings[Name] | null };

export interface CorsRule {
  readonly id?: string;
  readonly origins: readonly string[];
  readonly methods: readonly string[];
  readonly headers: readonly string[];
  readonly exposed: readonly string[];
  /** Seconds. */
  readonly maxAge?: number;
}

export interface LifecycleRule {
  readonly id: string;
  readonly enabled: boolean;
  readonly prefix: string;
  readonly tags: Readonly<Record<string, string>>;
  /** Bytes: only objects larger, smaller than that. */
  readonly larger?: number;
  readonly smaller?: number;
  /** Days until the newest version expires, or ms since 1970 from which on it is expired. */
  readonly days?: number;
  readonly date?: number;
  /** Whether a delete marker is removed that has no older version. */
  readonly markers?: boolean;
  /** Days after which a version that is not the newest expires, and how many of those are left in any case. */
  readonly noncurrentDays?: number;
  readonly newerNoncurrent?: number;
  /** Days after which an unfinished upload is aborted. */
  readonly uploadDays?: number;
  /** Whether the client wrote the prefix in the rule itself, as before filters, so that it is answered alike. */
  readonly oldPrefix?: boolean;
}

export function changed(settings: Settings, change: SettingsChange): Settings {
  const entries = Object.entries({ ...settings, ...change }).filter(
    ([, value]) => value !== null && value !== undefined,
  );
  return Object.fromEntries(entries);
}
