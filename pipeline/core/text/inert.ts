/**
 * Text that strangers wrote, made unable to do anything wherever it is shown: a terminal, a runner's log, a pull request.
 *
 * A path, a title or a variable name is whatever somebody put into a file. So what a reader can't see, what turns lines round,
 * and what some program would take for an order of ours, is written out as `\u{…}`.
 */

/**
 * Control characters, line separators, halves of surrogate pairs, private characters; whatever is invisible or turns text
 * round (Cf, Default_Ignorable_Code_Point); and blanks that aren't the blank.
 */
const unseen = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}\p{DI}]|(?! )\p{Zs}/gu;

/**
 * What begins something: expressions of GitHub Actions, a command in a runner's log (the old form anywhere in a line, the
 * newer at its beginning), a comment of HTML, which bots tell their own words by.
 */
const orders = /(?<=\$)\{(?=\{)|(?<=#)#(?=\[)|(?<=<)!(?=--)|(?<=^ *):(?=:)/g;

/** `text` on one line, at most `most` characters of it. */
export function inert(text: string, most = Number.POSITIVE_INFINITY): string {
  const cut = text.length > most ? `${text.slice(0, most)}… (${text.length} characters)` : text;
  return cut.replace(unseen, written).replace(orders, written);
}

function written(character: string): string {
  return `\\u{${character.codePointAt(0)!.toString(16)}}`;
}
