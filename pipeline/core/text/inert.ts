/**
 * Text from strangers, escaped so that it has no effect where it is shown: a terminal, a runner's log, a pull request.
 *
 * A path, a title or a variable name is arbitrary text. So invisible characters, characters that change the direction of a
 * line, and text that a program would take for a command are written as `\u{…}`.
 */

/**
 * Control characters, line separators, halves of surrogate pairs, private characters; whatever is invisible or turns text
 * round (Cf, Default_Ignorable_Code_Point); and blanks that aren't the blank.
 */
const unseen = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}\p{DI}]|(?! )\p{Zs}/gu;

/**
 * Beginnings of commands: expressions of GitHub Actions, a command in a runner's log (the old form anywhere in a line, the
 * newer at its beginning), an HTML comment, by which bots recognise their own comments.
 */
const commands = /(?<=\$)\{(?=\{)|(?<=#)#(?=\[)|(?<=<)!(?=--)|(?<=^ *):(?=:)/g;

/** `text` on one line, at most `most` characters of it. */
export function inert(text: string, most = Number.POSITIVE_INFINITY): string {
  const cut = text.length > most ? `${text.slice(0, most)}… (${text.length} characters)` : text;
  return cut.replace(unseen, written).replace(commands, written);
}

function written(character: string): string {
  return `\\u{${character.codePointAt(0)!.toString(16)}}`;
}
