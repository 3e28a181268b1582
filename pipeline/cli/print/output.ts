/**
 * Results on stdout: sentences for people, JSON lines for machines, bytes unchanged.
 *
 * With `--json` stdout has JSON lines only, and at least one: bytes are in base64, and a verb without any result prints
 * `{"event":"done"}`. With `--quiet` only errors are printed as text; bytes are printed too, because the user asked for them.
 */
import { once } from "node:events";
import type { Writable } from "node:stream";
import type { Output } from "../verb.ts";
import type { Paint } from "./colour.ts";
import type { Terminal } from "./terminal.ts";

export interface OutputOptions {
  readonly json: boolean;
  readonly quiet: boolean;
  readonly paint: Paint;
}

/** For the program, which calls `end` after the verb. */
export interface Results extends Output {
  /** With `--json`, prints the final line of a run that has printed no other. */
  end(): void;
}

/** On a terminal stdout and stderr share one screen, so the progress line is removed before a result is printed. */
export function outputOn(
  stream: Writable & { readonly isTTY?: boolean; readonly columns?: number },
  terminal: Pick<Terminal, "clear">,
  { json, quiet, paint }: OutputOptions,
): Results {
  let printed = false;
  const line = (text: string): void => {
    terminal.clear();
    printed = true;
    stream.write(`${text}\n`);
  };
  const taken = async (): Promise<void> => {
    if (stream.writableNeedDrain) await once(stream, "drain");
  };
  return {
    json,
    paint,
    ...(stream.isTTY && { width: stream.columns || 80 }),
    taken,
    result(data, text, errors) {
      if (json) return line(JSON.stringify(data));
      const shown = quiet ? errors || undefined : text;
      if (shown !== undefined) line(shown);
    },
    async bytes(chunk) {
      terminal.clear();
      if (json)
        line(JSON.stringify({ base64: Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length).toString("base64") }));
      else stream.write(chunk);
      await taken();
    },
    end() {
      if (json && !printed) line(JSON.stringify({ event: "done" }));
    },
  };
}
