import fc from "fast-check";
import { expect, it } from "vitest";
import { utf8Length, writeUtf8 } from "../../../pipeline/dag/codec/utf8.ts";

it("counts and writes the bytes that an encoder gives, of lone surrogates too", () => {
  const units = fc.constantFrom("a", "/", "\x7f", "\x80", "ß", "\u07ff", "€", "\ufeff", "\ud83d", "\ude00");
  const text = fc.array(units, { maxLength: 90 }).map((each) => each.join(""));
  fc.assert(
    fc.property(text, fc.nat(3), (given, offset) => {
      const expected = new TextEncoder().encode(given);
      expect(utf8Length(given)).toBe(expected.length);
      const into = new Uint8Array(offset + expected.length);
      expect(writeUtf8(into, given, offset)).toBe(into.length);
      expect(into.subarray(offset)).toEqual(expected);
    }),
  );
});
