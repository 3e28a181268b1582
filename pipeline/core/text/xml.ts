/** XML as text: elements with attributes and text, indented, nothing else. */

/** An element: its name, its attributes (absent ones are left out), and its text or its children. */
export type Element = readonly [
  name: string,
  attributes: Readonly<Record<string, string | undefined>>,
  content: string | readonly Element[],
];

/** The element and its children, a line each, with a final newline. */
export function xmlLines([name, attributes, content]: Element, indent = ""): string {
  const written = Object.entries(attributes).flatMap(([key, value]) =>
    value === undefined ? [] : [` ${key}="${escapedXml(value)}"`],
  );
  const inner =
    typeof content === "string"
      ? escapedXml(content)
      : `\n${content.map((child) => xmlLines(child, `${indent}  `)).join("")}${indent}`;
  return `${indent}<${name}${written.join("")}>${inner}</${name}>\n`;
}

const entities: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

/** What no XML 1.0 document may have (section 2.2), not even escaped: such characters become U+FFFD. */
const forbidden = /[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu;

/** `text` as content of an element, or of an attribute in double quotes. */
export function escapedXml(text: string): string {
  return text
    .toWellFormed()
    .replace(forbidden, "\ufffd")
    .replace(/[&<>"]/g, (character) => entities[character]!);
}
