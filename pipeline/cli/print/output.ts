/**
 * Results on stdout: sentences for people, JSON lines for machines, bytes as they are.
 *
 * With `--json` stdout is JSON lines and nothing else, and at least one: bytes come as base64, and a verb that had nothing
 * to say ends in `{"event":"done"}`. With `--quiet` a person reads errors alone; bytes are what was asked for, and come.
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

/** For the program, which knows when a verb has ended. */
export interface Results extends Output {
  /** With `--json`, print the line that ends a run which has printed none. */
  end(): void;
}

/** On a terminal stdout and stderr are one screen: a result must not follow on a progress line. */
export function outputOn(
  stream: Writable,
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
