import { describe, expect, it } from "vitest";
import { isOrcid, namesIn, peopleOf } from "../../../pipeline/core/attributes/people.ts";

describe("names", () => {
  it.each([
    ["Ada Lovelace, Grace Hopper", ["Ada Lovelace", "Grace Hopper"]],
    ["Ada Lovelace, Grace Hopper, and Alan Turing", ["Ada Lovelace", "Grace Hopper", "Alan Turing"]],
    ["Andy Anderson & Sandra Land", ["Andy Anderson", "Sandra Land"]],
    ["Doe, J., Roe, R. M. and O'Brien, P.-Q.", ["Doe, J.", "Roe, R. M.", "O'Brien, P.-Q."]],
    ["Doe, Jane; Roe, Richard", ["Doe, Jane", "Roe, Richard"]],
    ["Doe, Jane and van der Berg, J. M.", ["Doe, Jane", "van der Berg, J. M."]],
    ["A B, C D and E F, G H", ["A B", "C D", "E F", "G H"]],
    [`"Lovelace, Ada", 'Hopper, Grace', “Li, Bo”`, ["Lovelace, Ada", "Hopper, Grace", "Li, Bo"]],
    ["'t Hooft, D'Angelo, O'Neil", ["'t Hooft", "D'Angelo", "O'Neil"]],
    ["Sammy Davis, Jr., Ada Lovelace, PhD, Bo Li", ["Sammy Davis, Jr.", "Ada Lovelace, PhD", "Bo Li"]],
    ["Jane Doe (MPI-M, Hamburg), Bo Li", ["Jane Doe (MPI-M, Hamburg)", "Bo Li"]],
    ["Ada Lovelace\nGrace Hopper", ["Ada Lovelace", "Grace Hopper"]],
    [" , ;, ", []],
  ])("of %s", (text, names) => {
    expect(namesIn(text)).toEqual(names);
  });

  it("takes a list as it is", () => {
    expect(namesIn(["Doe, Jane", "Bo and Co"])).toEqual(["Doe, Jane", "Bo and Co"]);
  });

  it("takes Doe, Jane for one person where there is one e-mail", () => {
    expect(peopleOf({ names: "Doe, Jane", emails: "jane@example.org" }, "creator").people).toHaveLength(1);
    expect(peopleOf({ names: "Doe, Roe", emails: "a@example.org, b@example.org" }, "creator").people).toHaveLength(2);
  });
});

it("gives e-mails and identifiers to names by position, an empty place kept", () => {
  const { people, findings } = peopleOf(
    {
      names: "Ada Lovelace, Grace Hopper, Bo Li",
      emails: "mailto:ada@example.org, , <bo@example.org>, ",
      ids: "https://orcid.org/0000-0002-1825-0097",
    },
    "creator",
  );
  expect(findings).toEqual([]);
  expect(people).toEqual([
    { name: "Ada Lovelace", email: "ada@example.org", orcid: "0000-0002-1825-0097", role: "creator" },
    { name: "Grace Hopper", role: "creator" },
    { name: "Bo Li", email: "bo@example.org", role: "creator" },
  ]);
});

it("finds the e-mail written behind a name", () => {
  expect(peopleOf({ names: "Ada Lovelace <ada@example.org>" }, "creator").people).toEqual([
    { name: "Ada Lovelace", email: "ada@example.org", role: "creator" },
  ]);
});

it("leaves out what is no e-mail or ORCID, and says whose", () => {
  const { people, findings } = peopleOf(
    { names: "Ada, Bo", emails: "ada at example.org, b@", ids: "0000-0002-1825-0098" },
    "creator",
  );
  expect(people).toEqual([
    { name: "Ada", role: "creator" },
    { name: "Bo", role: "creator" },
  ]);
  expect(findings.map(({ says }) => says)).toEqual([
    '"ada at example.org" is no e-mail address; Ada is listed without one',
    "0000-0002-1825-0098 is no ORCID iD (its last digit is a checksum, and wrong); Ada is listed without one",
    '"b@" is no e-mail address; Bo is listed without one',
  ]);
});

it("says when there are more e-mails than names", () => {
  const { findings } = peopleOf({ names: "Ada", emails: "a@example.org, b@example.org" }, "creator");
  expect(findings).toMatchObject([{ rule: "email-count" }]);
});

describe("fewer e-mails than names", () => {
  const of = (names: string, emails: string) => {
    const { people, findings } = peopleOf({ names, emails }, "creator");
    return { emails: people.map(({ email }) => email), findings };
  };

  it("are assigned to no creator by position, with a finding", () => {
    const { emails, findings } = of("Ada Lovelace, Grace Hopper, Bo Li", "office@example.org, data@example.org");
    expect(emails).toEqual([undefined, undefined, undefined]);
    expect(findings).toMatchObject([{ rule: "email-count", fix: expect.stringContaining("empty place") }]);
    expect(findings[0]?.says).toContain("2 e-mail addresses for 3 creator names");
    expect(findings[0]?.says).toContain("office@example.org, data@example.org left out");
  });

  it("are given to those whose surname they hold", () => {
    expect(of("Ada Lovelace, Hopper, G., Jürgen Müller", "ghopper@example.org, j.mueller@example.org")).toEqual({
      emails: [undefined, "ghopper@example.org", "j.mueller@example.org"],
      findings: [],
    });
  });

  it("are left out where the surname is that of two, or only part of a word", () => {
    const { emails, findings } = of("Ada Lee, Bo Lee, Grace Hopper", "lee@example.org, ashlee@example.org");
    expect(emails).toEqual([undefined, undefined, undefined]);
    expect(findings).toHaveLength(1);
  });

  it("are by position where an empty place says who has none", () => {
    expect(of("Ada, Bo, Cy", "x@example.org, y@example.org, ")).toEqual({
      emails: ["x@example.org", "y@example.org", undefined],
      findings: [],
    });
  });

  it("but one alone is the first one's, unless it holds another's name", () => {
    expect(of("Ada Lovelace, Grace Hopper", "office@example.org").emails).toEqual(["office@example.org", undefined]);
    expect(of("Ada Lovelace, Grace Hopper", "hopper@example.org").emails).toEqual([undefined, "hopper@example.org"]);
  });
});

it("shares one institution, and splits several only where they are as many as the names", () => {
  const organizations = (institutions: string) =>
    peopleOf({ names: "Ada, Bo", institutions }, "creator").people.map(({ organization }) => organization);
  expect(organizations("MPI-M")).toEqual(["MPI-M", "MPI-M"]);
  expect(organizations("MPI-M, Hamburg; DLR")).toEqual(["MPI-M, Hamburg", "DLR"]);
  expect(organizations("MPI-M, Hamburg, Germany")).toEqual([undefined, undefined]);
});

// Josiah Carberry's, and one that ends in X, both from orcid.org's own examples.
it.each(["0000-0002-1825-0097", "0000-0002-1694-233X"])("knows %s for an ORCID", (orcid) => {
  expect(isOrcid(orcid)).toBe(true);
  expect(isOrcid(orcid.replace("1", "2"))).toBe(false);
});
