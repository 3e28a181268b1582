/** `sisters:` of campaign.yaml: names of what was pulled, and which of it the pin services pin. */
import { expect, it } from "vitest";
import { readCampaign } from "../../../pipeline/core/campaign/campaign.ts";
import { pinnedSisters } from "../../../pipeline/core/campaign/sister-config.ts";
import type { Sister } from "../../../pipeline/core/campaign/sisters.ts";

const cid = "bafybeifs6jzliw2o7ehewfhsyid6jct6brdlyd27feclyp44hhlffgzrze";
const sister = (name: string): Sister => ({
  ...{ name, campaign: name, title: name, release: 1, portal: cid },
  stac: { cid, tsize: 1 },
});
const configured = (yaml: string) => readCampaign(`campaign: shore\nsisters: ${yaml}\n`);

it("are names, and are pinned where campaign.yaml says so alone", () => {
  const { campaign, findings } = configured("[ship, { name: aircraft, pin: true }, { name: hangar }]");
  expect(findings).toEqual([]);
  const sisters = ["ship", "aircraft", "hangar"].map(sister);
  expect(pinnedSisters(sisters, campaign!.sisters)).toEqual([{ name: "sister-aircraft", cid }]);
});

it("are refused where they are neither", () => {
  for (const yaml of ["[{ pin: true }]", "[{ name: ship, pin: yes please }]", "['a/b']", "ship"])
    expect(configured(yaml).findings, yaml).not.toEqual([]);
});
