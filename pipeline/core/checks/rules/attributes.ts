/** Rules on global attributes: what people search for, cite and contact. ACDD 1.3 and CF name them. */
import type { Rules } from "../rule.ts";

export const attributeRules = {
  "no-title": {
    level: "warning",
    finds: "The dataset has no `title`. It is the one attribute that is required.",
    reason: "The portal can show only its file name, and can't find it by what it is.",
    fix: "Set the global attribute `title`, or attributes.title in a dataset_meta.yaml.",
  },
  "no-summary": {
    level: "hint",
    finds: "The dataset has no `summary`.",
    reason: "A title alone does not tell others whether the data are of use to them.",
    fix: "Set `summary`: a paragraph on what was measured, how, and what for.",
  },
  "no-creator": {
    level: "hint",
    finds: "The dataset has no `creator_name`.",
    reason: "There is no one to ask, or to cite.",
    fix: "Set `creator_name`, `creator_email` and `creator_id`, an ORCID iD each.",
  },
  "no-licence": {
    level: "hint",
    finds: "The dataset has no `license`.",
    reason: "Without one, using the data is not permitted.",
    fix: "Set `license` to an SPDX identifier, such as `CC-BY-4.0`.",
  },
  "recommended-attributes": {
    level: "hint",
    finds: "The dataset has no `keywords`, `institution`, `references` or `Conventions`.",
    reason: "Searches, citations and programs rest on them.",
    fix: "Add them; `references` are DOIs or addresses, `Conventions` is `CF-1.11, ACDD-1.3` where the data follow these.",
  },
  "no-orcid": {
    level: "hint",
    finds: "A creator has no ORCID iD.",
    reason: "Names are not unique; an iD is, and citations are counted by it.",
    fix: "List the iDs in `creator_id`, in the order of the names.",
  },
  "run-date": {
    level: "hint",
    finds: "`history`, `date_created` or `date_modified` has the time at which a program ran.",
    reason:
      "The same processing, run again, gives other bytes and another CID: all of it is stored and pinned once more.",
    fix: "Leave the time out, or take it from the input.",
  },
  licence: {
    level: "warning",
    finds: "`license` is no SPDX identifier.",
    reason: 'Programs can\'t tell what it allows; the item says "other".',
    fix: "Write an identifier from https://spdx.org/licenses/, such as `CC-BY-4.0`.",
  },
  "licence-expression": {
    level: "hint",
    finds: "`license` offers a choice of several licences.",
    reason: 'STAC has a word for one only; the item says "other".',
    fix: "Write the one that data are usually given under, and the others in the summary.",
  },
  orcid: {
    level: "warning",
    finds: "An ORCID iD has a wrong checksum.",
    reason: "The person is listed without it.",
    fix: "Copy it again from orcid.org.",
  },
  email: {
    level: "warning",
    finds: "An e-mail address is none.",
    reason: "The person is listed without it.",
    fix: "Correct `creator_email`.",
  },
  "email-count": {
    level: "warning",
    finds: "There are more or fewer e-mail addresses than names.",
    reason: "It is not clear whose they are, so some are left out.",
    fix: "List them in the order of the names, with an empty place for a person without one.",
  },
  date: {
    level: "hint",
    finds: "`date_created`, `date_modified` or `date_issued` is no date.",
    reason: "The dataset is listed without it.",
    fix: "Write it as 2024-08-11 or 2024-08-11T10:00:00Z.",
  },
  "too-long": {
    level: "warning",
    finds: "An attribute is longer than what is shown of it.",
    reason: "Its end is not in the catalog.",
    fix: "Shorten it, and give the long text under `references`.",
  },
  "long-attribute": {
    level: "warning",
    finds: "An attribute is too large to be part of a description.",
    reason: "The catalog does not have it.",
    fix: "Store it as a variable, or as a file of its own.",
  },
  "many-variables": {
    level: "warning",
    finds: "The dataset has more variables than an item lists.",
    reason: "Searches by name do not find the others.",
    fix: "Make one variable with one more dimension of those that differ by a number only.",
  },
  "sidecar-unknown": {
    level: "hint",
    finds: "A key in a sidecar is not read.",
    reason: "What it says does not reach the catalog.",
    fix: "Compare its spelling with the known keys.",
  },
  "sidecar-alone": {
    level: "warning",
    finds: "A NAME.meta.yaml is in a folder without a file NAME.",
    reason: "It describes nothing, and the file that was meant has no description.",
    fix: "Rename it after its file. The sidecar of a folder is a dataset_meta.yaml in it.",
  },
  "sidecar-disagrees": {
    level: "warning",
    finds: "A sidecar and the data say different things.",
    reason: "The sidecar is believed; users who open the data read something else.",
    fix: "Correct the data, or take it out of the sidecar.",
  },
  "sidecar-above-store": {
    level: "warning",
    finds: "A dataset_meta.yaml is beside a Zarr store, not in it.",
    reason: "It describes the folder, so the store is listed as one of its files and not described.",
    fix: "Move it into the store, beside its .zgroup or zarr.json.",
  },
} as const satisfies Rules;
