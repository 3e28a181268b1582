/** `s3:` in campaign.yaml: who may use the S3 gateway, and how. */
import * as v from "valibot";
import { environmentVariable, optional, text } from "./fields.ts";

export interface S3Config {
  readonly region: string;
  readonly keys: readonly S3Key[];
}

export interface S3Key {
  /** The access key ID that clients give. */
  readonly id: string;
  /** Name of the environment variable with the secret. */
  readonly secret: string;
  /** Names of buckets, with `*` for any characters. */
  readonly buckets: readonly string[];
  readonly access: "read" | "write";
  /** Shown as the owner of what it lists. */
  readonly owner: string;
}

export const s3Schema = v.strictObject(
  {
    region: optional(
      "The region that clients sign for. Default: us-east-1",
      v.pipe(v.string("must be a region"), v.regex(/^[a-z0-9-]{1,40}$/, "must be a region, like us-east-1")),
    ),
    keys: optional(
      "Who may read and write",
      v.pipe(
        v.array(
          v.strictObject(
            {
              id: v.pipe(
                v.string("must be an access key ID"),
                v.regex(/^[A-Za-z0-9_.-]{3,128}$/, "must be 3 to 128 letters, digits, dots, - and _"),
                v.description("The access key ID that clients give"),
              ),
              secret: v.pipe(
                environmentVariable,
                v.description("Name of the environment variable with the secret key"),
              ),
              buckets: optional(
                "Buckets that it may use, * for any characters. Default: all",
                v.array(
                  v.pipe(
                    v.string("must be a pattern"),
                    v.regex(/^[a-z0-9.*-]{1,63}$/, "must be a bucket's name, or a pattern with *"),
                  ),
                  "must be a list of buckets",
                ),
              ),
              access: optional("read or write. Default: write", v.picklist(["read", "write"], "must be read or write")),
              owner: optional("Name that clients see as the owner. Default: the id", text),
            },
            "needs id: and secret:, and may have buckets:, access: and owner:",
          ),
          "must be a list of keys",
        ),
        v.maxLength(1000, "has more than 1000 entries"),
        v.check((keys) => new Set(keys.map(({ id }) => id)).size === keys.length, "has two entries of one id"),
      ),
    ),
  },
  "takes region: and keys:",
);

export function settledS3(s3: v.InferOutput<typeof s3Schema> | null | undefined): S3Config | undefined {
  if (!s3) return undefined;
  return {
    region: s3.region ?? "us-east-1",
    keys: (s3.keys ?? []).map(({ id, secret, buckets, access, owner }) => ({
      id,
      secret,
      buckets: buckets ?? ["*"],
      access: access ?? "write",
      owner: owner ?? id,
    })),
  };
}
