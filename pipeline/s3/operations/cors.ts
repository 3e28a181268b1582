/**
 * CORS: which pages of other origins may read a bucket's answers, by its rules.
 *
 * A rule allows nothing that a signature, an ACL or a policy does not; it only lets a browser hand the answer to the page.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/cors.html
 */
import { S3Error } from "../error.ts";
import { isLike } from "../pattern.ts";
import { header, type Request, send, sendXml, settingsOf, writable, xmlBody } from "../request.ts";
import type { CorsRule } from "../store/settings.ts";
import { type ReadElement, someChildrenOf, textOf, textsOf } from "../xml.ts";

const knownMethods = ["GET", "PUT", "HEAD", "POST", "DELETE"];
const mostRules = 100;

export async function putCors(request: Request): Promise<void> {
  const bucket = writable(request);
  const rules = someChildrenOf(await xmlBody(request, "CORSConfiguration"), "CORSRule", mostRules);
  await bucket.configure({ cors: rules.map(ruleIn) });
  send(request, 200);
}

function ruleIn(rule: ReadElement): CorsRule {
  const [origins, methods] = [textsOf(rule, "AllowedOrigin"), textsOf(rule, "AllowedMethod")];
  const headers = textsOf(rule, "AllowedHeader");
  if (origins.length === 0 || methods.length === 0) throw new S3Error("MalformedXML");
  const unknown = methods.find((method) => !knownMethods.includes(method));
  if (unknown !== undefined)
    throw new S3Error(
      "InvalidRequest",
      `Found unsupported HTTP method in CORS config. Unsupported method is ${unknown}`,
    );
  const twice = [...origins, ...headers].find((each) => each.split("*").length > 2);
  if (twice !== undefined) throw new S3Error("InvalidRequest", `"${twice}" can not have more than one wildcard.`);
  const [id, age] = [textOf(rule, "ID"), textOf(rule, "MaxAgeSeconds")];
  if (age !== undefined && !/^\d{1,9}$/.test(age)) throw new S3Error("MalformedXML");
  return {
    ...(id !== undefined && { id }),
    ...{ origins, methods, headers },
    exposed: textsOf(rule, "ExposeHeader"),
    ...(age !== undefined && { maxAge: Number(age) }),
  };
}

export function getCors(request: Request): void {
  const { cors } = writable(request).settings;
  if (!cors) throw new S3Error("NoSuchCORSConfiguration");
  sendXml(request, "CORSConfiguration", {
    CORSRule: cors.map(({ id, origins, methods, headers, exposed, maxAge }) => ({
      ID: id,
      AllowedHeader: headers,
      AllowedMethod: methods,
      AllowedOrigin: origins,
      ExposeHeader: exposed,
      MaxAgeSeconds: maxAge,
    })),
  });
}

export async function deleteCors(request: Request): Promise<void> {
  await writable(request).configure({ cors: null });
  send(request, 204);
}

type Asking = Pick<Request, "s3" | "bucket" | "message">;

/** Headers of an answer to a page of another origin: none where no rule allows it to read the answer. */
export function corsHeaders(asking: Asking): Readonly<Record<string, string>> {
  const origin = header(asking, "origin");
  const method = header(asking, "access-control-request-method") ?? asking.message.method ?? "";
  const rule = origin === undefined ? undefined : ruleFor(asking, { origin, method, headers: [] });
  return rule && origin !== undefined ? allowed(rule, origin) : {};
}

/** The answer to a browser that asks before it sends a request. @throws S3Error InvalidRequest, AccessForbidden */
export function preflight(asking: Asking): Readonly<Record<string, string>> {
  const origin = header(asking, "origin");
  const method = header(asking, "access-control-request-method");
  if (origin === undefined || method === undefined)
    throw new S3Error(
      "InvalidRequest",
      "Insufficient information. Origin and Access-Control-Request-Method are needed.",
    );
  const asked = header(asking, "access-control-request-headers") ?? "";
  const headers = asked
    .split(",")
    .map((name) => name.trim().toLowerCase())
    .filter((name) => name !== "");
  const rule = ruleFor(asking, { origin, method, headers });
  if (!rule) throw new S3Error("AccessForbidden");
  return {
    ...allowed(rule, origin),
    ...(headers.length > 0 && { "access-control-allow-headers": headers.join(", ") }),
    ...(rule.maxAge !== undefined && { "access-control-max-age": String(rule.maxAge) }),
  };
}

function ruleFor(
  asking: Asking,
  {
    origin,
    method,
    headers,
  }: { readonly origin: string; readonly method: string; readonly headers: readonly string[] },
): CorsRule | undefined {
  return settingsOf(asking).cors?.find((rule) => {
    const isAllowed = (name: string) => rule.headers.some((each) => isLike(each.toLowerCase(), name));
    return (
      rule.methods.includes(method) && rule.origins.some((each) => isLike(each, origin)) && headers.every(isAllowed)
    );
  });
}

const allowed = ({ origins, methods, exposed }: CorsRule, origin: string): Record<string, string> => ({
  ...(origins.includes("*")
    ? { "access-control-allow-origin": "*" }
    : { "access-control-allow-origin": origin, "access-control-allow-credentials": "true" }),
  "access-control-allow-methods": methods.join(", "),
  ...(exposed.length > 0 && { "access-control-expose-headers": exposed.join(", ") }),
  vary: "Origin, Access-Control-Request-Headers, Access-Control-Request-Method",
});
