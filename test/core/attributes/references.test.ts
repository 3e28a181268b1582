import fc from "fast-check";
import { expect, it } from "vitest";
import { referencesIn } from "../../../pipeline/core/attributes/references.ts";

const essd = { doi: "10.5194/essd-16-1-2024", href: "https://doi.org/10.5194/essd-16-1-2024" };

it.each([
  ["https://doi.org/10.5194/essd-16-1-2024", essd],
  ["http://dx.doi.org/10.5194/essd-16-1-2024.", essd],
  ["doi:10.5194/essd-16-1-2024", essd],
  ["DOI: 10.5194/essd-16-1-2024", essd],
  ["10.5194/essd-16-1-2024", essd],
  [
    "10.1175/1520-0469(1969)026<0001:ABC>2.0.CO;2",
    {
      doi: "10.1175/1520-0469(1969)026<0001:ABC>2.0.CO;2",
      href: "https://doi.org/10.1175/1520-0469(1969)026%3C0001:ABC%3E2.0.CO;2",
    },
  ],
])("finds the DOI in %s", (text, reference) => {
  expect(referencesIn(text)).toEqual([reference]);
});

it("keeps the commas of a citation, and gives it the link behind it", () => {
  const text = "Doe, J., Roe, R. (2024): Title, with comma. ESSD, 16, 1-20, https://doi.org/10.5194/essd-16-1-2024";
  expect(
    referencesIn(`${text}; Li, B. (2023), https://example.org/li, https://example.org/a,https://example.org/b`),
  ).toEqual([
    { ...essd, text: "Doe, J., Roe, R. (2024): Title, with comma. ESSD, 16, 1-20" },
    { href: "https://example.org/li", text: "Li, B. (2023)" },
    { href: "https://example.org/a" },
    { href: "https://example.org/b" },
  ]);
});

it("keeps a citation without a link whole", () => {
  const text = "Stevens, B.; Bony, S. (2021), ESSD";
  expect(referencesIn(text)).toEqual([{ text }]);
});

it("leaves brackets and full stops around a link behind", () => {
  expect(referencesIn("see (https://example.org/x).")).toEqual([{ href: "https://example.org/x" }]);
  expect(referencesIn("https://example.org/a_(b)")).toEqual([{ href: "https://example.org/a_(b)" }]);
});

it.each([
  "javascript:alert(1)",
  "data:text/html,<script>alert(1)</script>",
  "file:///etc/passwd",
  "https://zenodo.org@evil.example/",
  "https://",
])("makes no link of %s", (text) => {
  expect(referencesIn(text).filter(({ href }) => href)).toEqual([]);
});

it("makes only http(s) links, of whatever text", () => {
  const piece = fc.oneof(
    fc.string(),
    fc.constantFrom("https://", "doi:10.1234/", "javascript:", "10.12345/x", ", ", "data:"),
  );
  fc.assert(
    fc.property(fc.array(piece), (pieces) => {
      for (const { href } of referencesIn(pieces.join("")))
        expect(href ?? "https://x").toMatch(/^https?:\/\/[^\s<>"]+$/);
    }),
  );
});
