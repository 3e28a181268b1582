/** Questions to the person at the terminal. */
import { Interrupted } from "./interrupted.ts";
import type { Call } from "./verb.ts";

interface Streams {
  readonly stdin: NodeJS.ReadStream;
  readonly stderr: NodeJS.WriteStream;
}

/** Asks on stderr, since stdout is for results. End of input instead of an answer aborts. Empty where there is no terminal. */
export function asking(
  { stdin, stderr }: Streams,
  { json }: { readonly json: boolean },
  stop: AbortController,
): Pick<Call, "ask"> {
  if (json || !stdin.isTTY || !stderr.isTTY) return {};
  // One reader for all questions: another would lose what was pasted ahead of them.
  let reading: Promise<{ readonly prompt: (text: string) => void; readonly typed: AsyncIterator<string> }> | undefined;
  const start = async () => {
    const { createInterface } = await import("node:readline");
    const lines = createInterface({ input: stdin, output: stderr });
    const prompt = (text: string) => {
      lines.setPrompt(text);
      lines.prompt();
    };
    return { prompt, typed: lines[Symbol.asyncIterator]() };
  };
  return {
    ask: async (question, suggestion) => {
      reading ??= start();
      const { prompt, typed } = await reading;
      prompt(`${question}${suggestion === "" ? "" : ` [${suggestion}]`}: `);
      const { done, value } = await typed.next();
      if (done) stop.abort(new Interrupted());
      stop.signal.throwIfAborted();
      return value.trim() === "" ? suggestion : value;
    },
  };
}
