/** A client of S3 for tests, in some lines: it signs as the specification says, and can be told to do it wrong. */
import { createHash, createHmac } from "node:crypto";
import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";

export const accessKey = { id: "TESTER", secret: "a secret/with+signs=" };

export interface Sent {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | string;
  /** As `x-amz-content-sha256`; default: the sha256 of the body. */
  readonly payload?: string;
  /** The body as `aws-chunked`, of these chunks, with this trailer. */
  readonly chunks?: readonly string[];
  readonly trailer?: Readonly<Record<string, string>>;
  /** Changes the body before it is sent, after it was signed. */
  readonly spoil?: (body: string) => string;
  /** Headers as they are signed, where they are sent in another encoding. */
  readonly signedAs?: Readonly<Record<string, string>>;
  readonly date?: Date;
  readonly key?: { readonly id: string; readonly secret: string };
}

const hmac = (key: string | Buffer, data: string) => createHmac("sha256", key).update(data).digest();
const hex = (data: string | Uint8Array) => createHash("sha256").update(data).digest("hex");
const encode = (text: string) =>
  encodeURIComponent(text).replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);

/** `key` is not encoded yet; `query` by name. */
export async function send(
  url: string,
  path: string,
  query: Readonly<Record<string, string>> = {},
  {
    method = "GET",
    headers = {},
    body = "",
    chunks,
    trailer,
    spoil = (same) => same,
    date = new Date(),
    key = accessKey,
    signedAs = {},
    ...sent
  }: Sent = {},
): Promise<Response> {
  const payload =
    sent.payload ?? (chunks ? `STREAMING-AWS4-HMAC-SHA256-PAYLOAD${trailer ? "-TRAILER" : ""}` : hex(body));
  const at = date.toISOString().replace(/[-:]|\.\d{3}/g, "");
  const rawPath = `/${path.split("/").map(encode).join("/")}`;
  const rawQuery = Object.entries(query)
    .map(([name, value]) => `${encode(name)}=${encode(value)}`)
    .sort()
    .join("&");
  const signedHeaders: Record<string, string> = {
    ...headers,
    host: new URL(url).host,
    "x-amz-content-sha256": payload,
    "x-amz-date": at,
    ...(chunks && { "x-amz-decoded-content-length": String(Buffer.byteLength(chunks.join(""))) }),
    ...(trailer && { "x-amz-trailer": Object.keys(trailer).join(",") }),
  };
  const names = Object.keys(signedHeaders).sort();
  const canonical = [
    method,
    rawPath,
    rawQuery,
    names.map((name) => `${name}:${(signedAs[name] ?? signedHeaders[name]!).trim()}\n`).join(""),
    names.join(";"),
    payload,
  ].join("\n");
  const scope = `${at.slice(0, 8)}/us-east-1/s3/aws4_request`;
  const signing = ["us-east-1", "s3", "aws4_request"].reduce(hmac, hmac(`AWS4${key.secret}`, at.slice(0, 8)));
  const signature = hmac(signing, ["AWS4-HMAC-SHA256", at, scope, hex(canonical)].join("\n")).toString("hex");
  const authorization = `AWS4-HMAC-SHA256 Credential=${key.id}/${scope}, SignedHeaders=${names.join(";")}, Signature=${signature}`;

  const inChunks = (): string => {
    let previous = signature;
    const isSigned = payload.startsWith("STREAMING-AWS4");
    const parts = [...chunks!, ""].map((chunk) => {
      previous = hmac(
        signing,
        ["AWS4-HMAC-SHA256-PAYLOAD", at, scope, previous, hex(""), hex(chunk)].join("\n"),
      ).toString("hex");
      const extension = isSigned ? `;chunk-signature=${previous}` : "";
      return `${Buffer.byteLength(chunk).toString(16)}${extension}\r\n${chunk}${chunk === "" ? "" : "\r\n"}`;
    });
    const lines = Object.entries(trailer ?? {}).map(([name, value]) => `${name}:${value}`);
    const text = lines.map((line) => `${line}\n`).join("");
    const signed = hmac(signing, ["AWS4-HMAC-SHA256-TRAILER", at, scope, previous, hex(text)].join("\n")).toString(
      "hex",
    );
    const end = trailer
      ? [...lines, ...(isSigned ? [`x-amz-trailer-signature:${signed}`] : []), "", ""].join("\r\n")
      : "\r\n";
    return parts.join("") + end;
  };
  const given = chunks ? spoil(inChunks()) : typeof body === "string" ? spoil(body) : body;
  const target = `${rawPath}${rawQuery && `?${rawQuery}`}`;
  return ask(
    url,
    target,
    method,
    { ...signedHeaders, authorization },
    method === "GET" || method === "HEAD" ? "" : given,
  );
}

/** Not by `fetch`, which resolves `..` in paths. */
async function ask(
  url: string,
  path: string,
  method: string,
  headers: Readonly<Record<string, string>>,
  body: Uint8Array | string,
): Promise<Response> {
  const length = body.length > 0 || method === "PUT" ? { "content-length": String(Buffer.byteLength(body)) } : {};
  const sent = request(url, { method, path, headers: { ...headers, ...length } });
  // Bytes: Node writes the headers in the encoding of a body that is text.
  sent.end(typeof body === "string" ? Buffer.from(body) : body);
  const [answer] = (await once(sent, "response")) as [IncomingMessage];
  const parts: Uint8Array[] = [];
  for await (const part of answer) parts.push(part as Buffer);
  const status = answer.statusCode!;
  const isBare = status === 204 || status === 304 || method === "HEAD";
  return new Response(isBare ? null : Buffer.concat(parts), {
    status,
    headers: answer.headers as Record<string, string>,
  });
}

/** The texts of all elements of that name, in a document without attributes in them. */
export const texts = (xml: string, name: string): string[] =>
  [...xml.matchAll(new RegExp(`<${name}>([^<]*)</${name}>`, "g"))].map(([, text]) => plainText(text!));

const plainText = (text: string) =>
  text
    .replace(/&#x([0-9a-f]+);/g, (_, code: string) => String.fromCodePoint(Number.parseInt(code, 16)))
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&quot;", '"')
    .replaceAll("&apos;", "'")
    .replaceAll("&amp;", "&");
