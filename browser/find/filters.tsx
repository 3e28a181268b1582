/** Values that narrow the search, each with how much is left with it. */
import { useState } from "preact/hooks";
import { groupColours, groupOf } from "../../pipeline/core/page/groups.ts";
import type { Field } from "../../pipeline/core/search/index/document.ts";
import type { FacetCount } from "../../pipeline/core/search/search.ts";
import { formatName } from "../../pipeline/core/text/format-name.ts";
import { grouped } from "../../pipeline/core/text/plural.ts";
import { oneLine } from "../../pipeline/core/text/shown.ts";
import { texts } from "../texts/texts.ts";
import { withValue } from "./ask.ts";
import { isFiltersOpen } from "./ask-form.tsx";
import type { Campaign } from "./portal.ts";
import { answer, ask, facets, setAsk } from "./state.ts";

/** In the order in which people search for data. */
const order: readonly Field[] = [
  "kind",
  "platform",
  "instrument",
  "variable",
  "project",
  "keyword",
  "level",
  "format",
  "license",
  "person",
];

/** Values of a field before the rest is asked for. */
const first = 6;

export function Filters({ campaign }: { readonly campaign: Campaign }) {
  const { find } = texts;
  return (
    <aside class={isFiltersOpen.value ? "filters open" : "filters"} aria-label={find.filters}>
      {order.map((field) => (
        <Facet key={field} field={field} counts={facets.value.counts.get(field) ?? []} campaign={campaign} />
      ))}
      {campaign.time && (
        <fieldset>
          <legend>{find.when}</legend>
          <Day which="from" time={campaign.time} />
          <Day which="until" time={campaign.time} />
        </fieldset>
      )}
    </aside>
  );
}

interface DayProps {
  readonly which: "from" | "until";
  /** First and last day of the campaign. */
  readonly time: NonNullable<Campaign["time"]>;
}

function Day({ which, time: [first, last] }: DayProps) {
  return (
    <label class="day">
      {texts.find[which]}
      <input
        type="date"
        value={ask.value[which] ?? ""}
        min={first}
        max={last}
        onChange={(event) => setAsk({ ...ask.value, [which]: event.currentTarget.value || undefined })}
      />
    </label>
  );
}

interface FacetProps {
  readonly field: Field;
  readonly counts: readonly FacetCount[];
  readonly campaign: Campaign;
}

function Facet({ field, counts, campaign }: FacetProps) {
  const { find } = texts;
  const [isWhole, setWhole] = useState(false);
  const chosen = ask.value.values[field] ?? [];
  const absent = chosen.filter((value) => !counts.some((each) => each.value === value));
  const all = [
    ...[...counts].sort(
      (a, b) => placeOf(field, a) - placeOf(field, b) || b.count - a.count || (a.value < b.value ? -1 : 1),
    ),
    ...absent.map((value) => ({ value, count: 0 })),
  ];
  // One value that all that was found has narrows nothing.
  const total = answer.value?.total ?? 0;
  if (chosen.length === 0 && all.every(({ count }) => all.length === 1 && count >= total)) return null;
  const shown = isWhole ? all : all.filter(({ value }, i) => i < first || chosen.includes(value));
  const left = all.length - shown.length;
  return (
    <fieldset>
      <legend>{find.fields[field]}</legend>
      {shown.map(({ value, count }) => (
        <label key={value} class="value">
          <input
            type="checkbox"
            checked={chosen.includes(value)}
            onChange={(event) => setAsk(withValue(ask.value, field, value, event.currentTarget.checked))}
          />
          <span class={`name${colourOf(field, value, campaign)}`}>{nameOf(field, value)}</span>
          <span class="number">
            {grouped(count)}
            {facets.value.more && count > 0 ? "+" : ""}
          </span>
        </label>
      ))}
      {(left > 0 || isWhole) && all.length > first && (
        <button type="button" class="plain" onClick={() => setWhole(!isWhole)}>
          {isWhole ? find.fewerValues : find.moreValues(left)}
        </button>
      )}
    </fieldset>
  );
}

/** Names that nearly every dataset has for where and when it is: they come after what was measured. */
const coordinates = /^(?:lat|lon|latitude|longitude|time|alt|altitude|height|depth|(?:launch|base|start)_time)$/i;

const placeOf = (field: Field, { value }: FacetCount) => (field === "variable" && coordinates.test(value) ? 1 : 0);

function nameOf(field: Field, value: string): string {
  if (field === "kind") return texts.find.kinds[value] ?? value;
  return field === "format" ? formatName(value) : oneLine(value);
}

function colourOf(field: Field, value: string, { groups }: Campaign): string {
  if (field !== "platform") return "";
  const group = groupOf(value, groups);
  return group < groupColours - 1 ? ` platform group-${group}` : "";
}
