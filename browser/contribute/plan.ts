/**
 * The preview of a pull request: what `plan.json` of its run, or `fieldtree report --json`, has of a merge. It needs no data and no node.
 *
 * The file is by a stranger: what has an unexpected form is left out, and all of it is shown as text.
 */
import type { Box } from "../../pipeline/core/dataset/extent.ts";
import { isRecord, jsonIn } from "../../pipeline/core/json.ts";
import { type Content, type Html, html } from "../../pipeline/core/page/html.ts";
import { frameOf, pictureOf } from "../../pipeline/core/page/outline.ts";
import { formatBytes, oneLine } from "../../pipeline/core/text/shown.ts";
import type { Texts } from "../texts/en.ts";

type Json = Readonly<Record<string, unknown>>;

export interface PlannedDataset {
  readonly path: string;
  readonly title: string;
  readonly days: string;
  readonly bbox?: Box;
  readonly variables: readonly string[];
  /** What differs from the dataset that was there before, or why it can't be described. */
  readonly notes: readonly string[];
}

export interface PlannedChange {
  readonly op: string;
  readonly path: string;
  readonly cid?: string;
  /** Bytes. */
  readonly size?: number;
  readonly datasets: readonly PlannedDataset[];
  /** Datasets that the plan does not list. */
  readonly moreDatasets: number;
}

export interface Planned {
  readonly state?: string;
  readonly root?: string;
  /** CID of the portal that was built with the plan. */
  readonly portal?: string;
  readonly changes: readonly PlannedChange[];
  readonly findings: readonly { readonly level: string; readonly says: string; readonly where: string }[];
  /** Those that a plan in a link has no room for. */
  readonly moreChanges: number;
  readonly moreFindings: number;
}

/** Bytes that are read of a plan: as many as `fieldtree report` reads. */
export const largestPlan = 32 * 2 ** 20;

/** `undefined` where the text is no plan. */
export function planIn(text: string): Planned | undefined {
  const plan = jsonIn(text);
  if (!isRecord(plan) || !Array.isArray(plan.changes) || !("root" in plan)) return undefined;
  const root = isRecord(plan.root) ? plan.root.to : plan.root;
  return {
    ...(typeof plan.state === "string" && { state: plan.state }),
    ...(typeof root === "string" && { root }),
    ...(typeof plan.portal === "string" && /^[A-Za-z0-9]{46,128}$/.test(plan.portal) && { portal: plan.portal }),
    moreChanges: countIn(plan.moreChanges),
    moreFindings: countIn(plan.moreFindings),
    changes: recordsIn(plan.changes).map(changeIn),
    findings: recordsIn(plan.findings).map(({ level, says, file, path, line }) => ({
      level: level === "error" || level === "warning" ? level : "hint",
      says: textIn(says),
      where: [textIn(file), textIn(path), typeof line === "number" && line > 0 ? String(line) : ""]
        .filter((part) => part !== "")
        .join(":"),
    })),
  };
}

function changeIn({ op, path, to, size, datasets, moreDatasets }: Json): PlannedChange {
  return {
    op: textIn(op),
    path: textIn(path),
    ...(typeof to === "string" && { cid: to }),
    ...(typeof size === "number" && { size }),
    datasets: recordsIn(datasets).map(datasetIn),
    moreDatasets: countIn(moreDatasets),
  };
}

function datasetIn({ path, title, start, end, bbox, variables, differs, failed }: Json): PlannedDataset {
  const [first, last] = [textIn(start).slice(0, 10), textIn(end).slice(0, 10)];
  const box = boxIn(bbox);
  return {
    path: textIn(path),
    title: textIn(title) || textIn(path),
    days: first === last ? first : `${first} – ${last}`,
    ...(box && { bbox: box }),
    variables: textsIn(variables),
    notes: [...(typeof failed === "string" ? [failed] : []), ...textsIn(differs)],
  };
}

function boxIn(value: unknown): Box | undefined {
  const [west, south, east, north] = Array.isArray(value) ? value.map(Number) : [];
  if (west === undefined || south === undefined || east === undefined || north === undefined) return undefined;
  const box: Box = [west, south, east, north];
  return box.every(Number.isFinite) && Math.abs(south) <= 90 && Math.abs(north) <= 90 ? box : undefined;
}

/** Characters of a text, and variables of a dataset, that are shown. */
const [longest, mostVariables] = [300, 12];

const textIn = (value: unknown) => (typeof value === "string" ? oneLine(value).slice(0, longest).toWellFormed() : "");
const textsIn = (value: unknown) => (Array.isArray(value) ? value.map(textIn).filter((text) => text !== "") : []);
const countIn = (value: unknown) => (Number.isSafeInteger(value) && Number(value) > 0 ? Number(value) : 0);
const recordsIn = (value: unknown): readonly Json[] => (Array.isArray(value) ? value.filter(isRecord) : []);

/** @param gateway that the page came from, where it can show a portal by its CID. */
export function planView(plan: Planned, texts: Texts["contribute"], gateway?: string): Html {
  const frame = frameOf(plan.changes.flatMap(({ datasets }) => datasets.flatMap(({ bbox }) => (bbox ? [bbox] : []))));
  const { state, root, portal, changes, findings, moreChanges, moreFindings } = plan;
  return html`<section aria-labelledby="plan-title"><h2 id="plan-title">${texts.plan}</h2>
<p>${state !== undefined && html`<strong>${state}</strong>`} ${root !== undefined && html`<code class="cid">${root}</code>`}</p>
${portal !== undefined && gateway !== undefined && html`<p><a href="${gateway}/ipfs/${portal}/index.html">${texts.planPortal}</a></p>\n`}<ul class="planned">${changes.map(
    (change) => changeView(change, frame, texts),
  )}</ul>${moreText(moreChanges, texts)}</section>
${
  (findings.length > 0 || moreFindings > 0) &&
  html`<section aria-labelledby="findings-title"><h2 id="findings-title">${texts.findings}</h2>
<ul class="findings">${findings.map(
    ({ level, says, where }) =>
      html`<li class="${level}"><strong>${level}:</strong> ${says} <span class="rule">${where}</span></li>`,
  )}</ul>${moreText(moreFindings, texts)}</section>`
}`;
}

const moreText = (count: number, texts: Texts["contribute"]): Content =>
  count > 0 && html`<p class="quiet">${texts.andMore(String(count))}</p>`;

function changeView(
  { op, path, cid, size, datasets, moreDatasets }: PlannedChange,
  frame: Box,
  texts: Texts["contribute"],
): Content {
  return html`<li><p><strong>${op}</strong> ${path}${size !== undefined && html` <span class="quiet">${formatBytes(size)}</span>`}${
    cid !== undefined && html`<br><code class="cid">${cid}</code>`
  }</p>${datasets.map((dataset) => datasetView(dataset, frame))}${moreText(moreDatasets, texts)}</li>`;
}

function datasetView({ title, days, bbox, variables, notes }: PlannedDataset, frame: Box): Content {
  const shown = variables.slice(0, mostVariables).join(", ");
  return html`<div class="row">${pictureOf({ kind: "dataset", bbox }, 0, frame)}<div><p><strong>${title}</strong></p>
<p class="quiet">${[days, shown].filter((part) => part !== "").join(" · ")}${variables.length > mostVariables && " …"}</p>
${notes.map((note) => html`<p>${note}</p>`)}</div></div>`;
}
