import fc from "fast-check";
import { expect, it } from "vitest";
import { quoted, unquoted } from "../../../../pipeline/names/dnslink/providers/txt.ts";
import { textOf } from "../../../fakes/dns-vendors/vendor.ts";

it("writes what other readers of zone files read as the same value, in strings of at most 255 bytes", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 700 }), (value) => {
      expect(textOf(quoted(value)) ?? "").toBe(value);
    }),
  );
});

it("reads back what it wrote", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 700 }), (value) => {
      expect(unquoted(quoted(value))).toBe(value);
    }),
  );
});

it.each([
  ['"dnslink=/ipfs/bafkqaaa"', "dnslink=/ipfs/bafkqaaa"],
  ['"two " "parts"', "two parts"],
  [String.raw`"a \"quote\" and \\ and \065\195\188"`, 'a "quote" and \\ and Aü'],
  [String.raw`"\j\ust"`, "just"],
  ['""', ""],
  ['  "blanks around"\t"it"  ', "blanks aroundit"],
])("reads %s as %s", (content, value) => {
  expect(unquoted(content)).toBe(value);
});

it.each(["dnslink=/ipfs/bafkqaaa", 'half "quoted"', '"open', '"a"b', String.raw`"ends in a backslash\"`])(
  "takes what is not in quotes as it is: %s",
  (content) => {
    expect(unquoted(content)).toBe(content);
  },
);

it("refuses bytes that are no text, because they could not be written back", () => {
  expect(() => unquoted(String.raw`"\255\254"`)).toThrow(/is not text: "\\255\\254"/);
});

it("reads the longest content there can be", () => {
  const value = "x".repeat(65_000);
  expect(unquoted(quoted(value))).toBe(value);
  const unending = `"${'\\"'.repeat(150_000)}`;
  expect(unquoted(unending)).toBe(unending);
});
