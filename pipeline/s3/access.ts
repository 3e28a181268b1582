/**
 * Who may do what: accounts of campaign.yaml, and readers of what its owner published, by a canned ACL or a bucket policy.
 */
import { S3Error } from "./error.ts";
import { isPublicBy } from "./operations/policy.ts";
import { mayUse, type Request } from "./request.ts";
import type { StoredObject } from "./store/object.ts";
import type { Settings } from "./store/settings.ts";

/** The permission that an operation needs, called as in policies: `s3:GetObject`. */
export interface Permission {
  readonly action: string;
  readonly access: "read" | "write";
}

interface Asked {
  readonly bucket: string;
  /** "" for one of the bucket. */
  readonly key: string;
  readonly object?: StoredObject | undefined;
}

/** @throws S3Error AccessDenied */
export function assertAllowed(
  { s3, signed }: Pick<Request, "s3" | "signed">,
  { action, access }: Permission,
  { bucket, key, object }: Asked,
): void {
  if (signed && (bucket === "" || mayUse(signed.account, bucket))) {
    if (access === "write" && signed.account.access !== "write") throw new S3Error("AccessDenied");
    return;
  }
  const settings = s3.buckets.get(bucket)?.settings;
  if (!settings || access === "write" || !isPublic(settings, action, { bucket, key, object }))
    throw new S3Error("AccessDenied");
}

function isPublic(settings: Settings, action: string, { bucket, key, object }: Asked): boolean {
  if (isPublicBy(settings.policy, action, key === "" ? bucket : `${bucket}/${key}`)) return true;
  switch (action) {
    case "s3:GetObject":
    case "s3:GetObjectVersion":
      return object?.acl === "public-read";
    case "s3:ListBucket":
    case "s3:ListBucketVersions":
      return settings.acl === "public-read";
    default:
      return false;
  }
}
