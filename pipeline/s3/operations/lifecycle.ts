/**
 * Lifecycle rules of a bucket: when versions expire, and unfinished uploads. `store/expiry.ts` follows them.
 *
 * There is one storage class, so a rule with transitions is refused.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/intro-lifecycle-rules.html
 */
import { randomUUID } from "node:crypto";
import { S3Error } from "../error.ts";
import { type Request, send, sendXml, writable, xmlBody } from "../request.ts";
import type { LifecycleRule } from "../store/settings.ts";
import { childOf, childrenOf, type ReadElement, someChildrenOf, textOf, type XmlElements } from "../xml.ts";

const mostRules = 1000;
const longestId = 255;

export async function putLifecycle(request: Request): Promise<void> {
  const bucket = writable(request);
  const rules = someChildrenOf(await xmlBody(request, "LifecycleConfiguration"), "Rule", mostRules);
  const lifecycle = rules.map(ruleIn);
  if (new Set(lifecycle.map(({ id }) => id)).size < lifecycle.length)
    throw new S3Error("InvalidArgument", "Rule ID must be unique. Found same ID for more than one rule");
  await bucket.configure({ lifecycle });
  send(request, 200);
}

export function getLifecycle(request: Request): void {
  const { lifecycle } = writable(request).settings;
  if (!lifecycle) throw new S3Error("NoSuchLifecycleConfiguration");
  sendXml(request, "LifecycleConfiguration", { Rule: lifecycle.map(ruleXml) });
}

export async function deleteLifecycle(request: Request): Promise<void> {
  await writable(request).configure({ lifecycle: null });
  send(request, 204);
}

function ruleIn(rule: ReadElement): LifecycleRule {
  const only = (name: string) => childOf(rule, name);
  if (only("Transition") || only("NoncurrentVersionTransition"))
    throw new S3Error("NotImplemented", "Transitions are not implemented: there is one storage class.");
  const id = textOf(rule, "ID") ?? randomUUID();
  if (id.length > longestId)
    throw new S3Error("InvalidArgument", `ID length should not exceed allowed limit of ${longestId}`);
  const status = textOf(rule, "Status");
  if (status !== "Enabled" && status !== "Disabled") throw new S3Error("MalformedXML");
  const [expiration, noncurrent] = [only("Expiration"), only("NoncurrentVersionExpiration")];
  const upload = only("AbortIncompleteMultipartUpload");
  if (!expiration && !noncurrent && !upload)
    throw new S3Error("InvalidRequest", "At least one action needs to be specified in a rule.");
  const oldPrefix = textOf(rule, "Prefix");
  const filter = only("Filter");
  if (oldPrefix === undefined && !filter) throw new S3Error("MalformedXML");
  return {
    id,
    enabled: status === "Enabled",
    ...filterIn(filter, oldPrefix),
    ...(expiration && expirationIn(expiration)),
    ...(noncurrent && {
      noncurrentDays: daysIn(noncurrent, "NoncurrentDays") ?? missing("NoncurrentDays"),
      ...named("newerNoncurrent", daysIn(noncurrent, "NewerNoncurrentVersions")),
    }),
    ...(upload && { uploadDays: daysIn(upload, "DaysAfterInitiation") ?? missing("DaysAfterInitiation") }),
  };
}

type Filter = Pick<LifecycleRule, "prefix" | "tags" | "larger" | "smaller" | "oldPrefix">;

function filterIn(filter: ReadElement | undefined, oldPrefix: string | undefined): Filter {
  if (!filter) return { prefix: oldPrefix ?? "", tags: {}, oldPrefix: true };
  const all = childOf(filter, "And") ?? filter;
  const tags = childrenOf(all, "Tag").map((tag) => [textOf(tag, "Key") ?? "", textOf(tag, "Value") ?? ""]);
  return {
    prefix: textOf(all, "Prefix") ?? "",
    tags: Object.fromEntries(tags),
    ...named("larger", sizeIn(all, "ObjectSizeGreaterThan")),
    ...named("smaller", sizeIn(all, "ObjectSizeLessThan")),
  };
}

function expirationIn(expiration: ReadElement): Pick<LifecycleRule, "days" | "date" | "markers"> {
  const [days, date] = [daysIn(expiration, "Days"), textOf(expiration, "Date")];
  const markers = textOf(expiration, "ExpiredObjectDeleteMarker");
  const given = [days, date, markers].filter((each) => each !== undefined);
  if (given.length !== 1) throw new S3Error("MalformedXML");
  if (days !== undefined) return { days };
  if (markers !== undefined) return { markers: markers === "true" };
  const time = Date.parse(date ?? "");
  if (Number.isNaN(time) || time % day !== 0) throw new S3Error("InvalidArgument", "'Date' must be at midnight GMT");
  return { date: time };
}

const day = 86_400_000;

function daysIn(element: ReadElement, name: string): number | undefined {
  const text = textOf(element, name);
  if (text === undefined) return undefined;
  if (!/^\d{1,9}$/.test(text) || Number(text) === 0)
    throw new S3Error("InvalidArgument", `'${name}' must be a positive integer`);
  return Number(text);
}

function sizeIn(element: ReadElement, name: string): number | undefined {
  const text = textOf(element, name);
  if (text !== undefined && !/^\d{1,15}$/.test(text)) throw new S3Error("InvalidArgument");
  return text === undefined ? undefined : Number(text);
}

function missing(name: string): never {
  throw new S3Error("MalformedXML", `${name} is missing.`);
}

const named = <Name extends string>(name: Name, value: number | undefined) =>
  (value === undefined ? {} : { [name]: value }) as { readonly [N in Name]?: number };

function ruleXml(rule: LifecycleRule): XmlElements {
  const { id, enabled, prefix, tags, larger, smaller, days, date, markers, noncurrentDays, newerNoncurrent } = rule;
  const tagList = Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
  const filters: XmlElements = {
    ...((prefix !== "" || (tagList.length === 0 && larger === undefined && smaller === undefined)) && {
      Prefix: prefix,
    }),
    ...(tagList.length > 0 && { Tag: tagList }),
    ObjectSizeGreaterThan: larger,
    ObjectSizeLessThan: smaller,
  };
  const count = tagList.length + [prefix || undefined, larger, smaller].filter((each) => each !== undefined).length;
  const isExpiring = days !== undefined || date !== undefined || markers !== undefined;
  return {
    ID: id,
    ...(rule.oldPrefix ? { Prefix: prefix } : { Filter: count > 1 ? { And: filters } : filters }),
    Status: enabled ? "Enabled" : "Disabled",
    ...(isExpiring && {
      Expiration: {
        Days: days,
        Date: date === undefined ? undefined : new Date(date).toISOString(),
        ExpiredObjectDeleteMarker: markers,
      },
    }),
    ...(noncurrentDays !== undefined && {
      NoncurrentVersionExpiration: { NoncurrentDays: noncurrentDays, NewerNoncurrentVersions: newerNoncurrent },
    }),
    ...(rule.uploadDays !== undefined && {
      AbortIncompleteMultipartUpload: { DaysAfterInitiation: rule.uploadDays },
    }),
  };
}
