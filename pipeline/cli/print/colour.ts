/**
 * Colour for the words `error`, `warning` and `hint`, and for passed checks, on a terminal.
 *
 * Text is complete without it. `--no-color`, `NO_COLOR` (https://no-color.org) and `TERM=dumb` disable it; `FORCE_COLOR`
 * enables it without a terminal, as in the log of a job.
 */
export type Level = "error" | "warning" | "hint" | "good";

/** Returns `text` in the colour of the level, or `text` itself without colour. */
export type Paint = (level: Level, text: string) => string;

export const plain: Paint = (_, text) => text;

const codes: Readonly<Record<Level, number>> = { error: 31, warning: 33, hint: 36, good: 32 };

const coloured: Paint = (level, text) => `\u001b[${codes[level]}m${text}\u001b[0m`;

/** Returns the colours for `stream`. `wanted`: false with `--no-color`. */
export function paintOn(
  stream: { readonly isTTY?: boolean },
  env: Readonly<Record<string, string | undefined>>,
  allowed: boolean,
): Paint {
  if (!allowed || env.NO_COLOR) return plain;
  if (env.FORCE_COLOR !== undefined) return /^(0|false)$/.test(env.FORCE_COLOR) ? plain : coloured;
  return stream.isTTY === true && env.TERM !== "dumb" ? coloured : plain;
}
