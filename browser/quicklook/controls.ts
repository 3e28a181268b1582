/** Controls with their labels. */
import { element } from "../dom.ts";

export interface Option {
  readonly value: string;
  readonly text: string;
}

/** A label with a list to choose from. */
export function chooser(label: string, options: readonly Option[], chosen: string, onChange: (value: string) => void) {
  const select = element("select");
  for (const { value, text } of options) select.append(element("option", { value, selected: value === chosen }, text));
  select.addEventListener("change", () => onChange(select.value));
  return element("label", { class: "ql-control" }, element("span", {}, label), select);
}

export function checkbox(label: string, isChecked: boolean, onChange: (isChecked: boolean) => void) {
  const input = element("input", { type: "checkbox", checked: isChecked });
  input.addEventListener("change", () => onChange(input.checked));
  return element("label", { class: "ql-check" }, input, label);
}

/** A label with a slider, and what its position stands for. Called once the slider rests. */
export function slider(
  label: string,
  { size, at, textOf }: { readonly size: number; readonly at: number; readonly textOf: (at: number) => string },
  onChange: (at: number) => void,
) {
  const input = element("input", { type: "range", min: "0", max: String(size - 1), step: "1", value: String(at) });
  const output = element("output", {}, textOf(at));
  input.setAttribute("aria-valuetext", textOf(at));
  input.addEventListener("input", () => {
    output.textContent = textOf(input.valueAsNumber);
    input.setAttribute("aria-valuetext", textOf(input.valueAsNumber));
  });
  input.addEventListener("change", () => onChange(input.valueAsNumber));
  return element("label", { class: "ql-control ql-slider" }, element("span", {}, label), input, output);
}
