/** The question, the chosen filters, and which view of the answer is shown. */
import { type Signal, signal } from "@preact/signals";
import { useRef } from "preact/hooks";
import type { ListRow } from "../../pipeline/core/page/row.ts";
import { oneLine } from "../../pipeline/core/text/shown.ts";
import { texts } from "../texts/texts.ts";
import { isNarrow, nothingAsked, type ViewName, views } from "./ask.ts";
import { loadQuestions } from "./engine.ts";
import { chosenParts } from "./parts.ts";
import { answer, ask, setAsk } from "./state.ts";

/** On narrow screens filters and the map are shown when they are asked for. */
export const isFiltersOpen = signal(false);
export const isMapOpen = signal(false);

/** A question that this campaign has an answer to, from a dataset that was found. */
function exampleIn(rows: readonly ListRow[]): string | undefined {
  const row = rows.find(({ platform, time, bbox }) => platform && platform.length < 25 && time && bbox);
  if (!row?.platform || !row.time || !row.bbox) return undefined;
  const degrees = Math.round(row.bbox[0]);
  const longitude = `${Math.abs(degrees)}° ${degrees < 0 ? texts.find.sides.west : texts.find.sides.east}`;
  const month = new Intl.DateTimeFormat(document.documentElement.lang, { month: "long", timeZone: "UTC" });
  return texts.find.askExample(oneLine(row.platform), longitude, month.format(new Date(row.time[0])));
}

export function AskForm() {
  const example = useRef<string | undefined>(undefined);
  example.current ??= exampleIn(answer.value?.rows ?? []);
  const { find } = texts;
  const asked = ask.value;
  const parts = answer.value ? chosenParts(asked, answer.value.question, texts) : [];
  const chosen =
    Object.values(asked.values).flat().length + ((asked.from ?? asked.until) ? 1 : 0) + (asked.since ? 1 : 0);
  return (
    <search>
      <form
        class="ask"
        onSubmit={(event) => {
          event.preventDefault();
          document.getElementById("list")?.focus();
        }}
      >
        <label class="unseen" for="q">
          {find.ask}
        </label>
        <input
          id="q"
          type="search"
          value={asked.q}
          placeholder={example.current ?? find.askHint}
          autocomplete="off"
          spellcheck={false}
          enterkeyhint="search"
          aria-keyshortcuts="/"
          // So that it is there at the first key. Where it can't be loaded, the search itself reports it.
          onFocus={() => void loadQuestions().catch(() => undefined)}
          onInput={(event) => setAsk({ ...ask.value, q: event.currentTarget.value }, true)}
        />
        <Toggle of="filters" isOpen={isFiltersOpen} text={find.filtersShown(chosen)} />
        <Toggle of="overview" isOpen={isMapOpen} text={find.showMap} />
        <fieldset class="views">
          <legend class="unseen">{find.views}</legend>
          {views.map((view) => (
            <button
              key={view}
              type="button"
              aria-pressed={asked.view === view}
              onClick={() => setAsk({ ...ask.value, view })}
            >
              {nameOf(view)}
            </button>
          ))}
        </fieldset>
      </form>
      {parts.length > 0 && (
        <ul class="chips">
          {parts.map(({ key, text, without }) => (
            <li key={key}>
              <button type="button" class="chip" aria-label={find.remove(text)} onClick={() => setAsk(without)}>
                <span>{text}</span>
                <svg viewBox="0 0 10 10" aria-hidden="true">
                  <path d="M2 2l6 6M8 2l-6 6" />
                </svg>
              </button>
            </li>
          ))}
          {isNarrow(asked) && (
            <li>
              <button type="button" class="plain" onClick={() => setAsk({ ...nothingAsked, view: asked.view })}>
                {find.clearAll}
              </button>
            </li>
          )}
        </ul>
      )}
    </search>
  );
}

interface ToggleProps {
  /** Id of what it shows and hides. */
  readonly of: string;
  readonly isOpen: Signal<boolean>;
  readonly text: string;
}

function Toggle({ of, isOpen, text }: ToggleProps) {
  return (
    <button
      type="button"
      class="narrow-only"
      aria-expanded={isOpen.value}
      aria-controls={of}
      onClick={() => {
        isOpen.value = !isOpen.value;
      }}
    >
      {text}
    </button>
  );
}

function nameOf(view: ViewName): string {
  const { list, tree, releases } = texts.find;
  return { list, tree, releases }[view];
}
