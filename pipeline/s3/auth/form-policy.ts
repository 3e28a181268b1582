/**
 * The signed policy of a form: who lets the browser upload what, until when.
 *
 * Signed with version 4, or with version 2, which libraries still write for forms: an HMAC-SHA1 of the policy alone.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTConstructPolicy.html
 */
import { createHmac } from "node:crypto";
import { S3Error } from "../error.ts";
import { type Account, assertSignature, hmac, signingKey } from "./signature.ts";

type Fields = ReadonlyMap<string, string>;

/** The account that signed the form's policy; `undefined` where there is none. @throws S3Error for a signature that is not right */
export function formAccount(fields: Fields, accounts: ReadonlyMap<string, Account>): Account | undefined {
  const policy = fields.get("policy");
  if (policy === undefined) return undefined;
  const [credential, old] = [fields.get("x-amz-credential"), fields.get("awsaccesskeyid")];
  const signature = fields.get(credential === undefined ? "signature" : "x-amz-signature");
  const id = credential?.split("/")[0] ?? old;
  if (id === undefined)
    throw new S3Error("InvalidArgument", "Bucket POST must contain a field named 'AWSAccessKeyId'.");
  if (signature === undefined)
    throw new S3Error("InvalidArgument", "Bucket POST must contain a field named 'Signature'.");
  const account = accounts.get(id);
  if (!account) throw new S3Error("InvalidAccessKeyId");
  if (credential === undefined) {
    assertSignature(createHmac("sha1", account.secret).update(policy).digest(), Buffer.from(signature, "base64"));
    return account;
  }
  const [, day = "", region = "", service = "", end = ""] = credential.split("/");
  if (fields.get("x-amz-algorithm") !== "AWS4-HMAC-SHA256" || service !== "s3" || end !== "aws4_request")
    throw new S3Error("InvalidRequest", "The fields of the signature are not valid.");
  assertSignature(hmac(signingKey(account.secret, [day, region, service, end]), policy), Buffer.from(signature, "hex"));
  return account;
}

/** How many bytes the file may have. */
export interface AllowedLength {
  readonly least: number;
  readonly most: number;
}

/** Fields that need no condition. */
const free = new Set(["policy", "signature", "awsaccesskeyid", "x-amz-signature", "file"]);

/** What the field `key` may contain in place of the file's name. */
export const fileNameVariable = `$${"{filename}"}`;

/**
 * Checks the fields against the policy, at `now` in ms since 1970. `key`: where the file goes, its name filled in.
 *
 * @throws S3Error InvalidPolicyDocument, AccessDenied
 */
export function assertFormAllowed(
  fields: Fields,
  { bucket, key }: { readonly bucket: string; readonly key: string },
  now: number,
): AllowedLength {
  const { expiration, conditions } = policyIn(fields.get("policy") ?? "");
  if (now > expiration) throw refused("Policy expired.");
  const values = new Map([...fields, ["bucket", bucket]]);
  const covered = new Set<string>(free);
  let length: AllowedLength = { least: 0, most: Number.POSITIVE_INFINITY };
  for (const condition of conditions) {
    if (condition.kind === "length") {
      length = condition;
      continue;
    }
    const { kind, field, value } = condition;
    covered.add(field);
    // A condition may spell the variable, too; any other is about the key that the file gets.
    const given = field === "key" && !value.includes(fileNameVariable) ? key : values.get(field);
    const isMet = kind === "eq" ? given === value : given?.startsWith(value);
    if (!isMet) throw refused(`Policy Condition failed: ["${kind}", "$${field}", "${value}"]`);
  }
  const extra = [...fields.keys()].find((name) => !covered.has(name) && !name.startsWith("x-ignore-"));
  if (extra !== undefined) throw refused(`Extra input fields: ${extra}`);
  return length;
}

const iso8601 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/;

const refused = (why: string) => new S3Error("AccessDenied", `Invalid according to Policy: ${why}`);

type Condition =
  | { readonly kind: "eq" | "starts-with"; readonly field: string; readonly value: string }
  | ({ readonly kind: "length" } & AllowedLength);

function policyIn(text: string): { readonly expiration: number; readonly conditions: readonly Condition[] } {
  const invalid = (why: string, cause?: unknown) =>
    new S3Error("InvalidPolicyDocument", `Invalid Policy: ${why}`, { cause });
  let policy: unknown;
  try {
    policy = JSON.parse(Buffer.from(text, "base64").toString());
  } catch (cause) {
    throw invalid("Invalid JSON.", cause);
  }
  if (typeof policy !== "object" || policy === null) throw invalid("Invalid JSON.");
  const { expiration, conditions } = policy as { readonly expiration?: unknown; readonly conditions?: unknown };
  const time = typeof expiration === "string" && iso8601.test(expiration) ? Date.parse(expiration) : Number.NaN;
  if (Number.isNaN(time)) throw invalid("Policy missing expiration, or it is no date.");
  if (!Array.isArray(conditions) || conditions.length === 0) throw invalid("Policy missing conditions.");
  return {
    expiration: time,
    conditions: conditions.flatMap((condition: unknown): Condition[] => {
      if (Array.isArray(condition)) return [listed(condition)];
      if (typeof condition !== "object" || condition === null) throw invalid("Invalid condition.");
      const entries = Object.entries(condition);
      if (entries.length === 0) throw invalid("Invalid empty condition.");
      return entries.map(([field, value]) => ({ kind: "eq", field: field.toLowerCase(), value: String(value) }));
    }),
  };

  function listed([operator, field, value, ...rest]: readonly unknown[]): Condition {
    const kind = typeof operator === "string" ? operator.toLowerCase() : "";
    if (kind === "content-length-range") {
      const [least, most] = [Number(field), Number(value)];
      if (!(Number.isInteger(least) && Number.isInteger(most) && least >= 0) || rest.length > 0)
        throw invalid("Invalid content-length-range.");
      return { kind: "length", least, most };
    }
    const isKnown = kind === "eq" || kind === "starts-with";
    if (!isKnown || typeof field !== "string" || !field.startsWith("$") || typeof value !== "string" || rest.length > 0)
      throw invalid("Invalid condition.");
    return { kind, field: field.slice(1).toLowerCase(), value };
  }
}
