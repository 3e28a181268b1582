/**
 * `multipart/form-data` as browsers send it to S3: fields, then one file, which streams.
 *
 * @see https://www.rfc-editor.org/rfc/rfc7578
 */
import { S3Error } from "../error.ts";

export interface Form {
  /** By name in lower case. */
  readonly fields: ReadonlyMap<string, string>;
  readonly fileName: string;
  readonly fileType: string | undefined;
  /** Must be read to its end. @throws S3Error MalformedPOSTRequest where the form ends before the file does */
  readonly file: AsyncGenerator<Uint8Array>;
}

/** Bytes of all fields before the file, and of the headers of one. */
const longest = { fields: 20_480, headers: 8_192 } as const;
const mostFields = 200;

/** Reads the fields. @throws S3Error MalformedPOSTRequest, InvalidArgument where there is no file */
export async function formIn(body: AsyncIterable<Uint8Array>, contentType: string): Promise<Form> {
  const boundary = /boundary=(?:"([^"]{1,70})"|([^\s;]{1,70}))/i.exec(contentType);
  const name = boundary?.[1] ?? boundary?.[2];
  if (name === undefined) throw new S3Error("MalformedPOSTRequest");
  const input = delimited(body, Buffer.from(`\r\n--${name}`));
  // What is before the first boundary is not part of the form.
  await input.text(longest.headers);
  const fields = new Map<string, string>();
  let length = 0;
  for (let count = 0; ; count++) {
    const part = await input.headers();
    if (!part) throw new S3Error("InvalidArgument", "POST requires exactly one file upload per request.");
    const { disposition, type } = part;
    const [, quoted, bare] = /;\s*name=(?:"([^"]*)"|([^\s;]*))/i.exec(disposition) ?? [];
    const field = (quoted ?? bare ?? "").toLowerCase();
    if (field === "file") {
      const fileName = /;\s*filename="([^"]*)"/i.exec(disposition)?.[1] ?? "";
      return { fields, fileName: fileName.split(/[\\/]/).at(-1)!, fileType: type, file: input.bytes() };
    }
    const value = await input.text(longest.fields);
    length += value.length + field.length;
    if (length > longest.fields || count >= mostFields)
      throw new S3Error("MalformedPOSTRequest", "The fields before the file are too long.");
    fields.set(field, value);
  }
}

interface Delimited {
  /** Headers of the next part; `undefined` at the end of the form. */
  headers(): Promise<{ readonly disposition: string; readonly type: string | undefined } | undefined>;
  text(most: number): Promise<string>;
  /** Up to the next boundary. */
  bytes(): AsyncGenerator<Uint8Array>;
}

function delimited(body: AsyncIterable<Uint8Array>, boundary: Buffer): Delimited {
  const source = body[Symbol.asyncIterator]();
  // The first boundary has no line end before it.
  let pending = Buffer.from("\r\n");
  const more = async (): Promise<void> => {
    const { done, value } = await source.next();
    if (done) throw new S3Error("MalformedPOSTRequest");
    pending = Buffer.concat([pending, value]);
  };
  async function* bytes(): AsyncGenerator<Uint8Array> {
    for (;;) {
      const end = pending.indexOf(boundary);
      if (end >= 0) {
        if (end > 0) yield pending.subarray(0, end);
        pending = pending.subarray(end + boundary.length);
        return;
      }
      const sure = pending.length - boundary.length + 1;
      if (sure > 0) {
        yield pending.subarray(0, sure);
        pending = pending.subarray(sure);
      }
      await more();
    }
  }
  return {
    bytes,
    async text(most) {
      const parts: Uint8Array[] = [];
      let length = 0;
      for await (const part of bytes()) {
        length += part.length;
        if (length > most) throw new S3Error("MalformedPOSTRequest", "A field before the file is too long.");
        parts.push(part);
      }
      return Buffer.concat(parts).toString();
    },
    async headers() {
      while (pending.length < 2) await more();
      if (pending.subarray(0, 2).toString("latin1") === "--") return undefined;
      for (;;) {
        const end = pending.indexOf("\r\n\r\n");
        if (end >= 0) {
          const lines = pending.subarray(0, end).toString("utf8").split("\r\n");
          pending = pending.subarray(end + 4);
          const value = (name: string) =>
            lines
              .find((line) => line.toLowerCase().startsWith(`${name}:`))
              ?.slice(name.length + 1)
              .trim();
          return { disposition: value("content-disposition") ?? "", type: value("content-type") };
        }
        if (pending.length > longest.headers) throw new S3Error("MalformedPOSTRequest");
        await more();
      }
    },
  };
}
