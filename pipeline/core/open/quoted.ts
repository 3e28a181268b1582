/** Texts of strangers as strings of programming languages and shells. */

/** In double quotes, for Python, R and Julia: nothing in it ends the string, and all of it is visible ASCII. */
export function quoted(text: string, language: "python" | "r" | "julia"): string {
  const body = Array.from(text, (character) => {
    if (character === "\\" || character === '"') return `\\${character}`;
    // Julia fills in what follows a dollar sign.
    if (character === "$" && language === "julia") return "\\$";
    if (/^[\x20-\x7e]$/.test(character)) return character;
    const code = (character.codePointAt(0) ?? 0xfffd).toString(16);
    return code.length > 4 ? `\\U${code.padStart(8, "0")}` : `\\u${code.padStart(4, "0")}`;
  });
  return `"${body.join("")}"`;
}

/** One word of a POSIX shell. Invisible characters are in it as they are: they are part of a name. */
export function shellWord(text: string): string {
  return /^[\w./:@%+,=-]+$/.test(text) && !text.startsWith("-") ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
