/**
 * TXT values as zone files write them, and most APIs with them: strings of at most 255 bytes, each in quotes.
 *
 * ```ts
 * quoted('say "yes"');      // "say \"yes\""
 * unquoted('"two " "parts"'); // two parts
 * ```
 *
 * @see RFC 1035 §3.3.14 and §5.1, RFC 4408 §3.1.3 (several strings are one value, joined without anything between)
 */
import { Failure } from "../../../core/failure.ts";
import { shown } from "../../../core/text/shown.ts";

/** `value` in quotes, as UTF-8, in as many strings as it needs. */
export function quoted(value: string): string {
  const bytes = new TextEncoder().encode(value);
  const strings: string[] = [];
  for (let at = 0; at === 0 || at < bytes.length; at += longestString) {
    strings.push(`"${Array.from(bytes.subarray(at, at + longestString), escaped).join("")}"`);
  }
  return strings.join(" ");
}

/** Bytes. */
const longestString = 255;

/**
 * The value that `content` encodes. What is not in quotes from its first to its last character is taken as it is:
 * some APIs give back what they were given.
 *
 * @throws Failure `input` where it contains bytes that are not UTF-8: to write them back would change them.
 */
export function unquoted(content: string): string {
  if (!inQuotes.test(content)) return content;
  const bytes: number[] = [];
  for (const [, inside] of content.matchAll(oneString)) {
    for (const [part, decimal, plain] of inside!.matchAll(/\\(\d{3})|\\?([\s\S])/gu)) {
      if (decimal) bytes.push(Number(decimal) & 0xff);
      else bytes.push(...new TextEncoder().encode(plain ?? part));
    }
  }
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(Uint8Array.from(bytes));
  } catch (cause) {
    throw new Failure("input", `a TXT value is not text: ${shown(content)}`, {
      hint: "remove it at the DNS provider; writing it back would change it",
      cause,
    });
  }
}

const oneString = /"((?:[^"\\]|\\[\s\S])*)"/gu;
const inQuotes = /^\s*"(?:[^"\\]|\\[\s\S])*"(?:\s+"(?:[^"\\]|\\[\s\S])*")*\s*$/u;

function escaped(byte: number): string {
  const character = String.fromCharCode(byte);
  if (character === '"' || character === "\\") return `\\${character}`;
  return byte >= 0x20 && byte < 0x7f ? character : `\\${String(byte).padStart(3, "0")}`;
}
