/** Text of strangers for citations: one line of characters that YAML, XML and TeX all accept. */
import { oneLine } from "../attributes/text.ts";

/** `text` on one line, at most `limit` UTF-16 code units, without invisible characters and without non-characters. */
export const plainLine = (text: string, limit: number): string =>
  oneLine(text.replace(/\p{Noncharacter_Code_Point}/gu, ""), limit);
