/** The texts in German. */
import type { Texts } from "./en.ts";

const many = (count: string, one: string, others: string) => `${count} ${count === "1" ? one : others}`;

export const de: Texts = {
  find: {
    ask: "Suche",
    askHint: "radar bei Barbados im August",
    clear: "Leeren",
    clearAll: "Alles zurücksetzen",
    filters: "Filter",
    filtersShown: (count) => (count > 0 ? `Filter (${count})` : "Filter"),
    list: "Liste",
    tree: "Ordner",
    releases: "Versionen",
    views: "Ansichten",
    reading: "Suche läuft …",
    found: (count) => `${count} gefunden`,
    foundOf: (count, all) => `${count} von ${all}`,
    moreThan: (count) => `mehr als ${count}`,
    everything: (all) => many(all, "Eintrag", "Einträge"),
    showMore: (count) => `${count} weitere zeigen`,
    sort: "Ordnen nach",
    sorts: {
      best: "Treffer",
      newest: "Zuletzt hinzugefügt",
      time: "Zeit, neueste zuerst",
      title: "Titel",
      size: "Größe, größte zuerst",
    },
    fields: {
      kind: "Was",
      platform: "Plattform",
      instrument: "Instrument",
      project: "Projekt",
      variable: "Variable",
      keyword: "Stichwort",
      level: "Stufe",
      format: "Format",
      license: "Lizenz",
      person: "Person",
    },
    kinds: { dataset: "Datensätze", plain: "Andere Dateien", failed: "Nicht lesbar" },
    moreValues: (count) => `${count} weitere`,
    fewerValues: "Weniger",
    when: "Wann",
    from: "Von",
    until: "Bis",
    remove: (what) => `Entfernen: ${what}`,
    box: (text) => `Gebiet ${text}`,
    range: (from, to) => `${from} bis ${to}`,
    sides: { north: "N", south: "S", east: "O", west: "W" },
    dates: (from, until) =>
      from !== undefined && until !== undefined
        ? from === until
          ? from
          : `${from} bis ${until}`
        : from !== undefined
          ? `seit ${from}`
          : `bis ${until ?? ""}`,
    since: (number) => `Neu seit Version ${number}`,
    sinceNone: "Alle Versionen",
    understood: "Verstanden als",
    corrected: (typed, searched) => `„${typed}“ kommt nicht vor: gesucht wurde „${searched}“.`,
    nothing: "Nichts erfüllt all das.",
    nothingAtAll: "Diese Version ist leer.",
    without: (what) => `Ohne ${what}`,
    nothingHelps: "Eines davon wegzulassen, hilft nicht. Vielleicht weniger Wörter?",
    words: (text) => `„${text}“`,
    unreadable: "Nicht lesbar",
    noPlatform: "Andere",
    overview: "Karte und Zeiten",
    showMap: "Karte",
    hideMap: "Karte ausblenden",
    timeline: (first, last) => `Zeiten der Datensätze, ${first} bis ${last}`,
    timelineHint: "Ziehen wählt eine Zeit aus",
    folder: (count, size) =>
      size === "" ? many(count, "Eintrag", "Einträge") : `${many(count, "Eintrag", "Einträge")}, ${size}`,
    treeOfLarge: "Diese Kampagne ist zu groß, um sie hier aufzulisten.",
    allFiles: "Alle Dateien",
    release: (number, day) => `Version ${number}, ${day}`,
    changes: {
      add: (count) => `${count} hinzugefügt`,
      update: (count) => `${count} geändert`,
      remove: (count) => `${count} entfernt`,
      move: (count) => `${count} verschoben`,
      respell: (count) => `${count} unter anderer CID-Version`,
    },
    whatIsNew: "Was darin neu ist",
    restored: (number) => `stellt Version ${number} wieder her`,
    failed: (reason) => `Der Index ist nicht lesbar: ${reason}`,
    tryAgain: "Noch einmal",
  },
  map: {
    map: "Karte der Datensätze",
    magnify: "Vergrößern",
    reduce: "Verkleinern",
    showAll: "Alles zeigen",
    drawBox: "Ein Gebiet zum Suchen aufziehen",
    searchHere: "Im gezeigten Gebiet suchen",
    removeBox: "Gebiet entfernen",
    keys: "Pfeiltasten verschieben die Karte, Plus und Minus vergrößern und verkleinern, 0 zeigt alles, b sucht im gezeigten Gebiet",
  },
  dataset: {
    copy: "Kopieren",
    copied: "Kopiert",
  },
};
