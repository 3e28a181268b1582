/**
 * What a runner makes of a step's output: annotations, and any other command that somebody may have smuggled in.
 *
 * As the runner reads it: `::name props::text` at a line's beginning, `##[name]text` anywhere in it, nothing in between
 * `::stop-commands::token` and `::token::`.
 *
 * @see https://github.com/actions/runner/blob/main/src/Runner.Common/ActionCommand.cs
 */
export interface Read {
  readonly annotations: readonly Annotation[];
  /** Commands other than annotations and the two that turn commands off and on. */
  readonly others: readonly string[];
}

export interface Annotation {
  readonly level: "error" | "notice" | "warning";
  readonly message: string;
  readonly file?: string;
  readonly line?: number;
  readonly col?: number;
  readonly title?: string;
}

export function readOutput(output: string): Read {
  const annotations: Annotation[] = [];
  const others: string[] = [];
  let stopped: string | undefined;
  for (const line of output.split(/\r\n|\r|\n/)) {
    const { name, props, text } = commandIn(line) ?? {};
    if (name === undefined) continue;
    if (stopped !== undefined) {
      if (name === stopped) stopped = undefined;
    } else if (name === "stop-commands") stopped = text;
    else if (name === "error" || name === "warning" || name === "notice")
      annotations.push(annotationOf(name, props!, text!));
    else others.push(line);
  }
  return { annotations, others };
}

function commandIn(line: string): { name: string; props: string; text: string } | undefined {
  const [, name, props, text] = /^\s*::([^\s:]+)(?: ([^:]*(?::(?!:)[^:]*)*))?::(.*)$/.exec(line) ?? [];
  if (name !== undefined) return { name: name.toLowerCase(), props: props ?? "", text: text! };
  const [, old, oldProps, oldText] = /##\[([^\s\]]+)(?: ([^\]]*))?\](.*)$/.exec(line) ?? [];
  return old === undefined ? undefined : { name: old.toLowerCase(), props: oldProps ?? "", text: oldText! };
}

function annotationOf(level: Annotation["level"], props: string, text: string): Annotation {
  const { file, line, col, title } = Object.fromEntries(
    props.split(",").map((one) => [one.slice(0, one.indexOf("=")), unescaped(one.slice(one.indexOf("=") + 1))]),
  );
  return {
    level,
    message: unescaped(text),
    ...(file !== undefined && { file }),
    ...(line !== undefined && { line: Number(line) }),
    ...(col !== undefined && { col: Number(col) }),
    ...(title !== undefined && { title }),
  };
}

const codes: Readonly<Record<string, string>> = { "%25": "%", "%0D": "\r", "%0A": "\n", "%3A": ":", "%2C": "," };
const unescaped = (text: string): string => text.replace(/%(?:25|0D|0A|3A|2C)/g, (code) => codes[code]!);
