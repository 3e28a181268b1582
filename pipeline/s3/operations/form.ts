/**
 * Uploads by a form in a browser: POST of a policy, fields and a file.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/RESTObjectPOST.html
 */
import { createSecretKey } from "node:crypto";
import { assertAllowed } from "../access.ts";
import { formIn } from "../auth/form.ts";
import { type AllowedLength, assertFormAllowed, fileNameVariable, formAccount } from "../auth/form-policy.ts";
import { hashed } from "../auth/payload.ts";
import { encoded } from "../auth/signature.ts";
import { S3Error } from "../error.ts";
import { header, locationOf, type Request, send, writable } from "../request.ts";
import { xmlDocument } from "../xml.ts";
import { aboutIn, tagsInXml } from "./about.ts";
import { assertKey, largestPut, storePayload, writtenHeaders } from "./objects.ts";

/** A form has no chunks to be signed. */
const noKey = createSecretKey(Buffer.alloc(0));

export const isForm = (request: Request): boolean =>
  header(request, "content-type")?.toLowerCase().startsWith("multipart/form-data") ?? false;

/** Checks by itself who sends the form: the signature is in a field of it. */
export async function postForm(request: Request): Promise<void> {
  const { s3, world, message } = request;
  const form = await formIn(message, header(request, "content-type") ?? "");
  const account = formAccount(form.fields, s3.accounts);
  if (!account) throw new S3Error("AccessDenied");
  const signed = { account, payload: "UNSIGNED-PAYLOAD", key: noKey, scope: "", date: "", signature: "" };
  const named = form.fields.get("key");
  if (named === undefined || named === "")
    throw new S3Error(
      "InvalidArgument",
      "Bucket POST must contain a field named 'key'. If it is specified, please check the order of the fields.",
    );
  // A function: `$` in a file's name means nothing.
  const key = named.replace(fileNameVariable, () => form.fileName);
  const allowed = assertFormAllowed(form.fields, { bucket: request.bucket, key }, world.now().getTime());
  const own: Request = { ...request, signed, key };
  assertAllowed(own, { action: "s3:PutObject", access: "write" }, { bucket: own.bucket, key });
  const bucket = writable(own);
  assertKey(key);
  const tagging = form.fields.get("tagging");
  const about = {
    ...aboutIn(own, headersIn(form.fields, form.fileType)),
    ...(tagging !== undefined && { tags: tagsInXml(Buffer.from(tagging)) }),
  };
  const stored = await storePayload(hashed(limited(form.file, allowed)), request);
  const object = await bucket.put(key, { ...stored, ...about, modified: world.now().getTime() });
  const headers = {
    etag: `"${stored.etag}"`,
    ...writtenHeaders(object),
  };
  answer(own, form.fields, headers);
}

/** The bytes of a file, which are refused where they are too many or too few. */
async function* limited(file: AsyncIterable<Uint8Array>, { least, most }: AllowedLength): AsyncGenerator<Uint8Array> {
  let size = 0;
  for await (const part of file) {
    size += part.length;
    if (size > Math.min(most, largestPut)) throw new S3Error("EntityTooLarge");
    yield part;
  }
  if (size < least) throw new S3Error("EntityTooSmall");
}

/** Fields as the headers that they stand for, as Node reads headers. */
function headersIn(fields: ReadonlyMap<string, string>, fileType: string | undefined): Record<string, string> {
  const { acl, ...headers } = Object.fromEntries(fields);
  const type = headers["content-type"] ?? fileType;
  const all = {
    ...headers,
    ...(acl !== undefined && { "x-amz-acl": acl }),
    ...(type !== undefined && { "content-type": type }),
  };
  return Object.fromEntries(
    Object.entries(all).map(([name, value]) => [name, Buffer.from(value, "utf8").toString("latin1")]),
  );
}

function answer(
  request: Request,
  fields: ReadonlyMap<string, string>,
  headers: Readonly<Record<string, string>>,
): void {
  const { bucket, key } = request;
  const redirect = fields.get("success_action_redirect") ?? fields.get("redirect");
  const status = fields.get("success_action_status");
  const location = locationOf(request, encoded(key).replaceAll("%2F", "/"));
  if (redirect !== undefined && URL.canParse(redirect) && /^https?:/i.test(redirect)) {
    const query = `bucket=${encoded(bucket)}&key=${encoded(key)}&etag=${encoded(headers.etag ?? "")}`;
    send(request, 303, { ...headers, location: `${redirect}${redirect.includes("?") ? "&" : "?"}${query}` });
  } else if (status === "201") {
    const content = { Location: location, Bucket: bucket, Key: key, ETag: headers.etag };
    const body = xmlDocument("PostResponse", content, false);
    send(request, 201, { ...headers, location, "content-type": "application/xml" }, body);
  } else send(request, status === "200" ? 200 : 204, { ...headers, location });
}
