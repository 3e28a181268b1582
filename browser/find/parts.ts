/** The parts of a question, each with a name and how to do without it: for what is shown as chosen, and where nothing is found. */
import type { Box } from "../../pipeline/core/dataset/extent.ts";
import { type Condition, type Question, withoutCondition } from "../../pipeline/core/search/question/condition.ts";
import { oneLine } from "../../pipeline/core/text/shown.ts";
import type { Texts } from "../texts/en.ts";
import { type Ask, fieldNames, withValue } from "./ask.ts";

export interface Part {
  readonly key: string;
  readonly text: string;
  readonly without: Ask;
}

/** The chosen filters, and places and times that the text was understood as. */
export function chosenParts(ask: Ask, question: Question, texts: Texts): readonly Part[] {
  const { find } = texts;
  const parts = question.conditions.filter(({ kind }) => kind !== "word").map((each) => partOf(each, ask, texts));
  for (const field of fieldNames) {
    for (const value of ask.values[field] ?? []) {
      const text = `${find.fields[field]}: ${field === "kind" ? (find.kinds[value] ?? value) : oneLine(value)}`;
      parts.push({ key: `${field} ${value}`, text, without: withValue(ask, field, value, false) });
    }
  }
  if (ask.box) parts.push({ key: "box", text: find.box(boxText(ask.box, texts)), without: { ...ask, box: undefined } });
  if (ask.from !== undefined || ask.until !== undefined) {
    const text = find.dates(ask.from, ask.until);
    parts.push({ key: "dates", text, without: { ...ask, from: undefined, until: undefined } });
  }
  if (ask.since !== undefined)
    parts.push({ key: "since", text: find.since(ask.since), without: { ...ask, since: undefined } });
  return parts;
}

/** Every part that can be left out: words too. */
export function droppableParts(ask: Ask, question: Question, texts: Texts): readonly Part[] {
  const words = question.conditions.filter(({ kind }) => kind === "word").map((each) => partOf(each, ask, texts));
  return [...words, ...chosenParts(ask, question, texts)];
}

function partOf(condition: Condition, ask: Ask, texts: Texts): Part {
  return {
    key: `text ${condition.start}`,
    text: conditionText(condition, texts),
    without: { ...ask, q: withoutCondition(ask.q, condition) },
  };
}

function conditionText(condition: Condition, texts: Texts): string {
  if (condition.kind === "place") return `${oneLine(condition.typed)} (${boxText(condition.bbox, texts)})`;
  if (condition.kind === "time") return timeText(condition, texts);
  return texts.find.words(oneLine(condition.typed));
}

/** `2024-08-01 to 2024-08-31`; of what is in each year, `in August (2020 to 2024)`. */
function timeText({ typed, from, until, periods }: Extract<Condition, { kind: "time" }>, { find }: Texts): string {
  if (!periods) return find.dates(from, until);
  const [first, last] = [from?.slice(0, 4), until?.slice(0, 4)];
  return `${oneLine(typed)} (${find.range(first ?? "", last ?? "")})`;
}

/** `10° N to 15° N, 60° W to 50° W`. */
export function boxText([west, south, east, north]: Box, { find }: Texts): string {
  const { sides } = find;
  const side = (degrees: number, plus: string, minus: string) => {
    const rounded = Math.round(degrees * 10) / 10 + 0;
    return `${Math.abs(rounded)}°${rounded > 0 ? `\u202f${plus}` : rounded < 0 ? `\u202f${minus}` : ""}`;
  };
  // What goes all around, or from pole to pole, filters nothing.
  const isBand = west <= -180 && east >= 180;
  const isSlice = south <= -90 && north >= 90;
  const range = (from: string, to: string) => (from === to ? from : find.range(from, to));
  return [
    ...(isSlice ? [] : [range(side(south, sides.north, sides.south), side(north, sides.north, sides.south))]),
    ...(isBand ? [] : [range(side(west, sides.east, sides.west), side(east, sides.east, sides.west))]),
  ].join(", ");
}
