/** Characters that have a meaning in HTML, as entities that have none: for text, and for attributes in quotes. */

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

export function withEntities(text: string): string {
  return text.replace(/[&<>"']/g, (character) => entities[character] ?? "");
}
