/**
 * Bucket policies that make a bucket or a part of it readable for everyone: the one use of policies that campaign.yaml has no word for.
 *
 * A policy that has more is refused with NotImplemented, never stored and then not followed.
 */
import { smallBody } from "../auth/payload.ts";
import { S3Error } from "../error.ts";
import { isLike } from "../pattern.ts";
import { type Request, send, sendXml, writable } from "../request.ts";

/** Bytes of a policy. */
const longestPolicy = 20 * 1024;

/** What everyone may be allowed. */
const publicActions = [
  "s3:GetObject",
  "s3:GetObjectVersion",
  "s3:GetObjectTagging",
  "s3:GetObjectAttributes",
  "s3:ListBucket",
  "s3:ListBucketVersions",
  "s3:GetBucketLocation",
];

interface Statement {
  readonly actions: readonly string[];
  /** `BUCKET`, `BUCKET/KEY`, with `*` and `?`. */
  readonly resources: readonly string[];
}

/** Whether `policy` allows everyone the action on a resource, `BUCKET` or `BUCKET/KEY`. */
export function isPublicBy(policy: string | undefined, action: string, resource: string): boolean {
  if (policy === undefined) return false;
  return statementsIn(policy).some(
    ({ actions, resources }) =>
      actions.some((each) => isLike(each, action)) && resources.some((each) => isLike(each, resource)),
  );
}

/** @throws S3Error MalformedPolicy; NotImplemented for all but public read */
function statementsIn(text: string): readonly Statement[] {
  const malformed = (message: string, cause?: unknown) => new S3Error("MalformedPolicy", message, { cause });
  let policy: unknown;
  try {
    policy = JSON.parse(text);
  } catch (cause) {
    throw malformed("Policies must be valid JSON.", cause);
  }
  if (!isRecord(policy)) throw malformed("Policies must be objects.");
  const given = Array.isArray(policy.Statement) ? policy.Statement : [policy.Statement];
  if (given.length === 0) throw malformed("Policies need a statement.");
  return given.map((statement: unknown) => {
    if (!isRecord(statement)) throw malformed("A statement must be an object.");
    const [actions, resources] = [textsIn(statement.Action), textsIn(statement.Resource)];
    const { Principal: principal } = statement;
    if (!actions?.length || !resources?.length || principal === undefined)
      throw malformed("A statement needs Principal, Action and Resource.");
    const isEveryone = principal === "*" || (isRecord(principal) && textsIn(principal.AWS)?.includes("*"));
    const isMore = Object.keys(statement).find(
      (name) => !["Sid", "Effect", "Principal", "Action", "Resource"].includes(name),
    );
    if (statement.Effect !== "Allow" || !isEveryone || isMore !== undefined)
      throw new S3Error("NotImplemented", "Only policies that allow everyone to read are implemented.");
    const other = actions.find((action) => !publicActions.some((each) => each === action || isReadPattern(action)));
    if (other !== undefined)
      throw new S3Error("NotImplemented", `Policies that allow everyone ${other} are not implemented.`);
    return { actions, resources: resources.map(resourceOf) };
  });
}

const isReadPattern = (action: string) => /^s3:(?:Get|List)[A-Za-z]*\*$/.test(action);

function resourceOf(arn: string): string {
  const [, resource] = /^arn:aws:s3:::(.+)$/.exec(arn) ?? [];
  if (resource === undefined) throw new S3Error("MalformedPolicy", "Policy has invalid resource.");
  return resource;
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function textsIn(value: unknown): readonly string[] | undefined {
  const all: readonly unknown[] = Array.isArray(value) ? value : [value];
  return all.every((each) => typeof each === "string") ? all : undefined;
}

export async function putPolicy(request: Request): Promise<void> {
  const bucket = writable(request);
  const text = Buffer.from(await smallBody(request.message, request.signed, longestPolicy)).toString();
  for (const { resources } of statementsIn(text)) {
    const isOwn = resources.every((each) => each.split("/")[0] === bucket.name);
    if (!isOwn) throw new S3Error("MalformedPolicy", "Policy has invalid resource.");
  }
  await bucket.configure({ policy: text });
  send(request, 204);
}

export function getPolicy(request: Request): void {
  const { policy } = writable(request).settings;
  if (policy === undefined) throw new S3Error("NoSuchBucketPolicy");
  send(request, 200, { "content-type": "application/json" }, policy);
}

export async function deletePolicy(request: Request): Promise<void> {
  await writable(request).configure({ policy: null });
  send(request, 204);
}

export function policyStatus(request: Request): void {
  const { settings } = writable(request);
  sendXml(request, "PolicyStatus", { IsPublic: settings.policy !== undefined || settings.acl !== undefined });
}
