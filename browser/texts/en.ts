/**
 * Every text of the browser app, in English. Another language is a file like this one: it has the type {@link Texts}.
 *
 * A text with something in it is a function. Numbers and sizes arrive as they are printed.
 */
export const en = {
  find: {
    reading: "Reading the index …",
    datasets: (count: string) => (count === "1" ? "1 dataset" : `${count} datasets`),
  },
  dataset: {
    copy: "Copy",
    copied: "Copied",
  },
};

export type Texts = typeof en;
