/**
 * Every text of the browser app, in English. Another language is a file like this one: it has the type {@link Texts}.
 *
 * A text with something in it is a function. Numbers and sizes arrive as they are printed.
 */
import type { Field } from "../../pipeline/core/search/index/document.ts";

const many = (count: string, one: string, others: string) => `${count} ${count === "1" ? one : others}`;

/** Names of the fields that a search narrows down by. */
const fields: Readonly<Record<Field, string>> = {
  kind: "What",
  platform: "Platform",
  instrument: "Instrument",
  project: "Project",
  variable: "Variable",
  keyword: "Keyword",
  level: "Level",
  format: "Format",
  license: "Licence",
  person: "Person",
};

export const en = {
  find: {
    ask: "Search",
    askHint: "words, a place, a time",
    askExample: (platform: string, longitude: string, month: string) => `${platform} near ${longitude} in ${month}`,
    clearAll: "Clear all",
    filters: "Filters",
    filtersShown: (count: number) => (count > 0 ? `Filters (${count})` : "Filters"),
    list: "List",
    tree: "Folders",
    releases: "Releases",
    views: "Views",
    reading: "Searching …",
    foundOf: (count: string, all: string) => `${count} of ${all}`,
    moreThan: (count: string) => `more than ${count}`,
    everything: (all: string) => many(all, "entry", "entries"),
    showMore: (count: string) => `Show ${count} more`,
    sort: "Sort by",
    sorts: {
      best: "Best match",
      newest: "Added last",
      time: "Time, latest first",
      title: "Title",
      size: "Size, largest first",
    },
    fields,
    kinds: { dataset: "Datasets", plain: "Other files", failed: "Not readable" } as Readonly<Record<string, string>>,
    moreValues: (count: number) => `${count} more`,
    fewerValues: "Fewer",
    when: "When",
    from: "From",
    until: "Until",
    remove: (what: string) => `Remove: ${what}`,
    box: (text: string) => `Box ${text}`,
    range: (from: string, to: string) => `${from} to ${to}`,
    sides: { north: "N", south: "S", east: "E", west: "W" },
    dates: (from: string | undefined, until: string | undefined) =>
      from !== undefined && until !== undefined
        ? from === until
          ? from
          : `${from} to ${until}`
        : from !== undefined
          ? `since ${from}`
          : `until ${until ?? ""}`,
    since: (number: number) => `New since release ${number}`,
    corrected: (typed: string, searched: string) => `Nothing has “${typed}”: this is for “${searched}”.`,
    nothing: "Nothing has all of these.",
    nothingAtAll: "This release is empty.",
    without: (what: string) => `Without ${what}`,
    also: (what: string, other: string) => `${what} and ${other}`,
    found: (count: string) => `${count} found`,
    dataFrom: (first: string, last: string) => `The data are from ${first} to ${last}.`,
    nothingHelps: "Try fewer words.",
    words: (text: string) => `“${text}”`,
    unreadable: "Could not be read",
    noPlatform: "Others",
    overview: "Map and times",
    showMap: "Map",
    timeline: (first: string, last: string) => `Times: ${first} to ${last}`,
    timelineHint: "Drag to choose a time",
    folder: (count: string, size: string) =>
      size === "" ? many(count, "entry", "entries") : `${many(count, "entry", "entries")}, ${size}`,
    treeOfLarge: "Too large to list here.",
    allFiles: "All files",
    release: (number: number, day: string) => `Release ${number}, ${day}`,
    changes: {
      add: (count: string) => `${count} added`,
      update: (count: string) => `${count} updated`,
      remove: (count: string) => `${count} removed`,
      move: (count: string) => `${count} moved`,
      respell: (count: string) => `${count} under another CID version`,
    } as Readonly<Record<string, (count: string) => string>>,
    whatIsNew: "What is new in it",
    restored: (number: number) => `restored release ${number}`,
    failed: (reason: string) => `The index can't be read: ${reason}`,
    tryAgain: "Try again",
  },
  map: {
    map: "Map of the datasets",
    magnify: "Zoom in",
    reduce: "Zoom out",
    showAll: "Show all",
    drawBox: "Draw a box to search in",
    searchHere: "Search in what is shown",
    removeBox: "Remove the box",
    keys: "Arrow keys move the map, plus and minus zoom, 0 shows all, b searches in what is shown",
  },
  dataset: {
    copy: "Copy",
    copied: "Copied",
    selected: "Selected: now press Ctrl or ⌘ and C",
    servedBy: "Served by",
    servedAs: (host: string, portal: string) => `${host}, as ${portal}`,
    newer: (release: number) => `A newer version exists: release ${release} updated this dataset.`,
    openNewest: "Look at the newest",
    moved: "This dataset has moved; the campaign has it now at",
    removed: (release: number) =>
      `Release ${release} removed this dataset from the campaign. These are the data that it had.`,
    whatChanged: "What changed?",
    notCompared: "The two versions can't be compared: this host does not have the description of one of them.",
    sameMetadata: "Their descriptions are the same: values or files changed.",
  },
  quicklook: {
    title: "Quick look",
    reading: "Reading …",
    variable: "Variable",
    file: "File",
    kind: "Show as",
    kinds: {
      series: "Line",
      profile: "Profile",
      track: "Track",
      field: "Field",
      histogram: "Histogram",
      value: "Value",
    },
    colours: "Colours",
    logarithmic: "Logarithmic",
    saveSvg: "Save as SVG",
    savePng: "Save as PNG",
    gridlook: "Open the globe in gridlook",
    keys: "Arrow keys go from value to value.",
    first: (count: string, size: string, dimension: string) => `The first ${count} of ${size} along ${dimension}.`,
    readAll: (bytes: string) => `Read all of it, about ${bytes}`,
    read: (bytes: string) => `Read it, about ${bytes}`,
    tooLarge: (bytes: string) => `This takes about ${bytes}, which is not read without being asked for.`,
    chunks: (count: string, total: string, bytes: string) => `Reads ${count} of ${total} chunks, about ${bytes}`,
    stored: (bytes: string) => `Reads about ${bytes}`,
    rows: (count: string, total: string) => `The first ${count} of ${total} rows`,
    noColumns: "Nothing of it can be drawn.",
    image: (name: string) => `Image ${name}`,
    failed: (message: string) => `It can't be shown: ${message}`,
    missing: "missing",
    at: (value: string, place: string) => `${value} at ${place}`,
    series: (value: string, along: string) => `Line of ${value} over ${along}.`,
    profile: (value: string, vertical: string) => `Profile of ${value} against ${vertical}.`,
    track: (value: string) => `Track coloured by ${value}.`,
    field: (value: string, x: string, y: string) => `Field of ${value} over ${x} and ${y}.`,
    histogram: (value: string) => `Histogram of ${value}.`,
    extremes: (least: string, greatest: string) => `From ${least} to ${greatest}`,
    values: (count: string) => `${count} values`,
    someMissing: (missing: string, count: string) => `${missing} of ${count} values missing`,
    allMissing: (count: string) => `All ${count} values are missing.`,
    bin: (count: string, from: string, to: string) => `${count} values from ${from} to ${to}`,
    numberOfValues: "number of values",
    counted: (label: string) => `${label}, counted`,
  },
  trust: {
    verified: (blocks: string, bytes: string, host: string) =>
      `Verified: what is shown is in ${blocks === "1" ? "1 block" : `${blocks} blocks`} (${bytes}) from ${host}, each hashed in this page.`,
    unverified: (host: string, why: string) => `Not verified: ${host} ${why}.`,
    refused: (message: string) => `Refused: ${message}.`,
  },
};

export type Texts = typeof en;
