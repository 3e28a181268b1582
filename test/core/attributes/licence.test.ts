import { expect, it } from "vitest";
import { licenceOf } from "../../../pipeline/core/attributes/licence.ts";

it.each([
  ["CC-BY-4.0", "CC-BY-4.0"],
  ["CC BY 4.0", "CC-BY-4.0"],
  ["CC-BY 4", "CC-BY-4.0"],
  ["cc by-nc-sa 4.0", "CC-BY-NC-SA-4.0"],
  ["https://creativecommons.org/licenses/by/4.0/", "CC-BY-4.0"],
  ["http://creativecommons.org/licenses/by-sa/3.0/deed.de", "CC-BY-SA-3.0"],
  ["https://creativecommons.org/publicdomain/zero/1.0/", "CC0-1.0"],
  ["Creative Commons Attribution 4.0 International (CC BY 4.0)", "CC-BY-4.0"],
  ["Creative Commons Attribution-NonCommercial-ShareAlike 4.0 International License", "CC-BY-NC-SA-4.0"],
  ["CC0", "CC0-1.0"],
  ["MIT License", "MIT"],
  ["The MIT licence", "MIT"],
  ["Apache 2", "Apache-2.0"],
  ["Apache License, Version 2.0", "Apache-2.0"],
  ["BSD 3-Clause", "BSD-3-Clause"],
  ["GPLv3", "GPL-3.0-only"],
  ["GNU General Public License v3.0 or later", "GPL-3.0-or-later"],
  ["LGPL 2.1", "LGPL-2.1-only"],
  ["Open Data Commons Attribution License v1.0", "ODC-By-1.0"],
  ["EUPL 1.2", "EUPL-1.2"],
])("knows %s for %s", (text, id) => {
  expect(licenceOf(text)).toEqual({ licence: expect.objectContaining({ id, text }) });
});

it.each([
  ["CC BY", "CC-BY-4.0"],
  ["CC-BY-4.O", "CC-BY-4.0"],
  ["Aapche-2.0", "Apache-2.0"],
  ["BSD", "BSD-3-Clause"],
  ["public domain", "CC0-1.0"],
])("does not decide what %s means, and says %s is likely", (text, likely) => {
  const { licence, finding } = licenceOf(text);
  expect(licence).toEqual({ text });
  expect(finding).toMatchObject({ rule: "licence", fix: likely });
});

it.each(["proprietary", "none", "ask us first", "constructor", "__proto__", "https://example.org/terms"])(
  "takes %s for no licence it knows",
  (text) => {
    const { licence, finding } = licenceOf(text);
    expect(licence.id).toBeUndefined();
    expect(finding?.fix).toContain("spdx.org");
  },
);

it("keeps the address of terms it doesn't know", () => {
  expect(licenceOf("our terms: https://example.org/terms.").licence.href).toBe("https://example.org/terms.");
});

it("does not choose between licences that are offered together", () => {
  const { licence, finding } = licenceOf("MIT OR Apache-2.0");
  expect(licence).toEqual({ text: "MIT OR Apache-2.0" });
  expect(finding?.rule).toBe("licence-expression");
});
