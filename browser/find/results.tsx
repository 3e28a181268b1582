/** What was found: rows, how many there are, and what to do where there are none. */
import { type ListRow, rowOf } from "../../pipeline/core/page/row.ts";
import { grouped } from "../../pipeline/core/text/plural.ts";
import { texts } from "../texts/texts.ts";
import { isNarrow, type Sort, sorts } from "./ask.ts";
import type { Answer } from "./engine.ts";
import { later } from "./later.tsx";
import type { Campaign } from "./portal.ts";
import {
  answer,
  ask,
  countText,
  failure,
  isLocal,
  pointed,
  rowsAtOnce,
  run,
  setAsk,
  showMore,
  shown,
  suggestions,
} from "./state.ts";

/** The other views of the answer come when they are chosen. */
const Releases = later(async () => (await import("./releases.tsx")).Releases);
const Tree = later(async () => (await import("./tree.tsx")).Tree);

export function Results({ campaign }: { readonly campaign: Campaign }) {
  const { find } = texts;
  const found = answer.value;
  if (failure.value !== undefined) {
    return (
      <div role="alert" class="notice">
        <p>{find.failed(failure.value)}</p>
        <p>
          <button type="button" onClick={() => void run()}>
            {find.tryAgain}
          </button>{" "}
          <a href="tree/">{find.allFiles}</a>
        </p>
      </div>
    );
  }
  if (!found) return <p class="count">{find.reading}</p>;
  if (ask.value.view === "releases") return <Releases />;
  return (
    <>
      <div class="over">
        <p class="count" role="status">
          {countOf(found, campaign)}
        </p>
        {isLocal() && <SortBy />}
      </div>
      {found.corrected.map(({ typed, searched }) => (
        <p key={typed} class="notice">
          {find.corrected(typed, searched)}
        </p>
      ))}
      {found.rows.length === 0 ? (
        <Nothing campaign={campaign} />
      ) : ask.value.view === "tree" ? (
        <Tree rows={found.rows} />
      ) : (
        <Rows rows={found.rows.slice(0, shown.value)} campaign={campaign} />
      )}
      {ask.value.view === "list" && <More {...found} />}
    </>
  );
}

function countOf({ total, more }: Answer, campaign: Campaign): string {
  if (!isNarrow(ask.value)) return texts.find.everything(grouped(campaign.total));
  return texts.find.foundOf(countText(total, more), grouped(campaign.total));
}

function SortBy() {
  return (
    <label class="sort">
      {texts.find.sort}{" "}
      <select
        value={ask.value.sort}
        onChange={(event) => setAsk({ ...ask.value, sort: event.currentTarget.value as Sort })}
      >
        {sorts.map((sort) => (
          <option key={sort} value={sort}>
            {texts.find.sorts[sort]}
          </option>
        ))}
      </select>
    </label>
  );
}

function Rows({ rows, campaign }: { readonly rows: readonly ListRow[]; readonly campaign: Campaign }) {
  const options = { frame: campaign.frame, groups: campaign.groups, texts: texts.find };
  return (
    <ol class="rows">
      {rows.map((row) => (
        <li
          key={row.path}
          class={pointed.value === row.path ? "pointed" : undefined}
          onMouseEnter={() => {
            pointed.value = row.path;
          }}
          onMouseLeave={() => {
            pointed.value = undefined;
          }}
          // From the template that escapes, as on the prerendered page.
          dangerouslySetInnerHTML={{ __html: rowOf(row, options).text }}
        />
      ))}
    </ol>
  );
}

function More({ rows, total, more }: Answer) {
  const left = isLocal() ? total - shown.value : total - rows.length;
  if (left <= 0 && !more) return null;
  return (
    <button type="button" class="more" onClick={showMore}>
      {texts.find.showMore(grouped(left > 0 ? Math.min(left, rowsAtOnce) : rowsAtOnce))}
    </button>
  );
}

function Nothing({ campaign: { time } }: { readonly campaign: Campaign }) {
  const { find } = texts;
  const { from, until } = ask.value;
  const hasTime =
    (from ?? until) !== undefined || answer.value?.question.conditions.some(({ kind }) => kind === "time");
  if (!isNarrow(ask.value)) return <p class="notice">{find.nothingAtAll}</p>;
  return (
    <div class="notice">
      <p>
        <strong>{find.nothing}</strong> {hasTime && time && find.dataFrom(...time)}
      </p>
      {suggestions.value.length > 0 ? (
        <ul class="without">
          {suggestions.value.map(({ key, text, without, count }) => (
            <li key={key}>
              <button type="button" onClick={() => setAsk(without)}>
                {find.without(text)} <span class="number">{find.found(count)}</span>
              </button>
            </li>
          ))}
        </ul>
      ) : (
        <p>{find.nothingHelps}</p>
      )}
    </div>
  );
}
