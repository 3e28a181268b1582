/** What the portal's page says of mirrors and of sister campaigns. */
import { expect, it } from "vitest";
import type { Facts } from "../../pipeline/core/campaign/campaign.ts";
import { html } from "../../pipeline/core/page/html.ts";
import { elsewhere } from "../../pipeline/views/browser/elsewhere.ts";
import { facts } from "../fakes/descriptions.ts";

const key = "k51qzi5uqu5dhtzr47q7iwl9vwje6rcfz72hu21s3475m3uup9hlxe8pp0prm7";
const cid = "bafybeifs6jzliw2o7ehewfhsyid6jct6brdlyd27feclyp44hhlffgzrze";
const text = (more: Partial<Facts>) => html`${elsewhere({ ...facts, ...more })}`.text;
const mirrors = [{ name: "hangar", title: "The <hangar>", key }];
const sisters = [
  { name: "ship", campaign: "ship", title: "The ship", release: 4, portal: cid, stac: { cid, tsize: 1 } },
];

it("says nothing where there are none", () => {
  expect(text({})).toBe("");
});

it("links what each mirror publishes of itself, and each sister's portal, at the campaign's gateway", () => {
  const page = text({ mirrors, sisters, gateways: ["https://gate.example"] });
  expect(page).toContain(`<a href="https://gate.example/ipns/${key}">The &lt;hangar&gt;</a>`);
  expect(page).toContain(`<a href="https://gate.example/ipfs/${cid}/">The ship</a>, release 4`);
  expect(page).toContain('<a href="stac/~sister--ship/catalog.json">STAC</a>');
});

it("names their keys and CIDs where campaign.yaml has no gateway", () => {
  const page = text({ mirrors, sisters, gateways: [] });
  expect(page).toContain(`The &lt;hangar&gt; <code class="cid">/ipns/${key}</code>`);
  expect(page).toContain(`The ship <code class="cid">/ipfs/${cid}/</code>`);
});
