// The portal's page: reads index.json from its own folder and shows what the release contains. Its contents were written
// by other people, so text enters the document as text only, sizes are bounded, and links are relative or http(s).

// Rows added at a time.
const slice = 60;
const $ = (id) => document.getElementById(id);
const text = (value, most = 300) =>
  typeof value === "string"
    ? value
        .slice(0, most)
        .replace(/[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]+/g, " ")
        .trim()
    : "";
const list = (value) => (Array.isArray(value) ? value : []);
const texts = (value) =>
  list(value)
    .slice(0, 500)
    .map((one) => text(one))
    .filter(Boolean);
const objects = (value) => list(value).filter((one) => one && typeof one === "object");
const finite = (value) => typeof value === "number" && Number.isFinite(value);
const fold = (value) =>
  (/[^\0-\x7f]/.test(value) ? value.normalize("NFKD").replace(/\p{M}/gu, "") : value).toLowerCase();
const count = (n, one, many = `${one}s`) => `${String(n).replace(/\B(?=(\d{3})+$)/g, " ")} ${n === 1 ? one : many}`;

function el(name, attributes, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  node.append(...children.filter((child) => child !== ""));
  return node;
}

function svg(name, attributes, ...children) {
  const node = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  node.append(...children);
  return node;
}

function web(href, says) {
  return /^https?:\/\/[^\s]+$/i.test(href) ? el("a", { href, rel: "noopener" }, says) : says;
}

const relative = (path) =>
  path
    .split("/")
    .map((name) => encodeURIComponent(name))
    .join("/");

function bytes(n) {
  if (!finite(n) || n < 0) return "";
  const step = n < 1000 ? 0 : Math.min(5, Math.floor(Math.log10(n) / 3));
  return `${step ? (n / 1000 ** step).toPrecision(3) : n} ${["B", "kB", "MB", "GB", "TB", "PB"][step]}`;
}

const names = (value) => list(value).filter((one) => typeof one === "string");

// One dataset, validated, in a shape that the other functions can rely on.

function dataset(raw) {
  const time = list(raw.time).map((moment) => text(moment, 40));
  const box = list(raw.bbox);
  const path = typeof raw.path === "string" ? raw.path : "";
  return {
    path,
    cid: cidOf(raw.cid),
    title: text(raw.title) || text(path) || "Untitled",
    summary: text(raw.summary, 4000),
    reader: text(raw.reader),
    zarr: raw.zarr === 2 || raw.zarr === 3 ? raw.zarr : undefined,
    consolidated: raw.consolidated !== false,
    size: raw.size,
    start: day(time[0]) && time[0],
    end: day(time[1]) && time[1],
    box: box.length === 4 && box.every(finite) ? box : undefined,
    geometry: raw.geometry,
    platform: text(raw.platform),
    projects: texts(raw.projects),
    keywords: texts(raw.keywords),
    creators: texts(raw.creators),
    license: text(raw.license),
    vars: list(raw.vars)
      .slice(0, 2000)
      .map((one) => list(one).map((part) => text(part)))
      .filter(([name]) => name),
    files: finite(raw.files) ? raw.files : 0,
    members: names(raw.members),
    item: text(raw.item, 4000),
    reference: text(raw.reference, 4000),
    findings: texts(raw.findings),
  };
}

const cidOf = (value) => (/^[A-Za-z0-9]{46,120}$/.test(value) ? value : "");
const day = (moment) => (/^\d{4}-\d\d-\d\d/.test(moment) && Date.parse(moment.slice(0, 10)) ? moment.slice(0, 10) : "");
const minute = (moment) => moment.slice(0, 16).replace("T", " ");

/** The text that a search matches, normalized in advance. */
function words(one) {
  const { title, path, summary, platform, license, projects, keywords, creators, vars, members } = one;
  one.words ??= fold(
    [title, path, summary, platform, license, projects, keywords, creators, vars, members].flat(2).join("\n"),
  );
  return one.words;
}

function span(one) {
  if (!one.start) return "";
  const [from, to] = [day(one.start), day(one.end ?? one.start)];
  return from === to ? from : `${from} – ${to}`;
}

// The gateway for links to CIDs: the one that served this page, else the campaign's first.

function gateway(campaign) {
  if (/^\/(ipfs|ipns)\//.test(location.pathname)) return location.origin;
  const [, host] = /^[^.]+\.(?:ipfs|ipns)\.(.+)$/.exec(location.host) ?? [];
  if (host) return `${location.protocol}//${host}`;
  return list(campaign?.gateways).find((url) => /^https?:\/\/[^\s"']+$/.test(url)) ?? "";
}

const openable = (cid, path = "") => (via && cid ? `${via}/ipfs/${cid}${path}` : "");

function python(one) {
  const { cid, reader, zarr, members, reference } = one;
  const files = !zarr && reader !== "netcdf";
  const open = "import fsspec, xarray as xr\nds = xr.open_";
  const at = (url) => {
    if (files) return `import fsspec\nfiles = fsspec.open_files("${url}/*")`;
    if (zarr) return `${open}zarr("${url}"${one.consolidated ? "" : ", consolidated=False"})`;
    const file = members[0] === undefined ? "" : `/${relative(members[0])}`;
    return `${open}dataset(fsspec.open("${url}${file}").open())`;
  };
  const needs = zarr ? "xarray zarr" : files ? "fsspec" : "xarray h5netcdf h5py scipy fsspec";
  const lines = [[`By CID, from anywhere: pip install ${needs} ipfsspec`, at(`ipfs://${cid}`)]];
  if (via && !files) lines.push([`Through this gateway: pip install ${needs} aiohttp`, at(openable(cid))]);
  if (reference)
    lines.push([
      "By reference: pip install xarray zarr ipfsspec aiohttp",
      `${open}dataset("reference://", engine="zarr", storage_options={"fo": "${new URL(reference, location)}", "remote_protocol": "ipfs", "remote_options": {"asynchronous": True}})`,
    ]);
  return lines;
}

// Maps and time ranges: sketches, with the numbers as text next to them.

const degrees = (value, plus, minus) => `${Math.abs(value)}°${value > 0 ? plus : value < 0 ? minus : ""}`;

function place([west, south, east, north]) {
  const lat = (value) => degrees(+value.toFixed(2), "N", "S");
  const lon = (value) => degrees(+value.toFixed(2), "E", "W");
  const pair = (a, b, say) => (say(a) === say(b) ? say(a) : `${say(a)} to ${say(b)}`);
  return `${pair(west, east, lon)}, ${pair(south, north, lat)}`;
}

/** The shape to draw for a dataset: its geometry, else its box; as paths of dots and of lines. */
function outline(one) {
  const drawn = { dots: "", lines: "" };
  const at = (points) =>
    list(points)
      .slice(0, 500)
      .flatMap((point) => (finite(point?.[0]) && finite(point?.[1]) ? [`${point[0]} ${-point[1]}`] : []));
  const dots = (points) => {
    for (const point of at(points)) drawn.dots += `M${point}h0`;
  };
  const line = (points, end = "") => {
    if (new Set(at(points)).size < 2) dots(points);
    else drawn.lines += `M${at(points).join("L")}${end}`;
  };
  const rings = (some) => {
    for (const ring of list(some)) line(ring, "z");
  };
  const box = (west, south, east, north) => {
    const corners = [west, east].flatMap((x) => [south, north].map((y) => [x, y]));
    line(
      [0, 1, 3, 2].map((i) => corners[i]),
      "z",
    );
  };
  const { type, coordinates } = one.geometry ?? {};
  if (type === "Point") dots([coordinates]);
  else if (type === "MultiPoint") dots(coordinates);
  else if (type === "LineString") line(coordinates);
  else if (type === "MultiLineString") for (const each of list(coordinates)) line(each);
  else if (type === "Polygon") rings(coordinates);
  else if (type === "MultiPolygon") for (const each of list(coordinates)) rings(each);
  else if (one.box) {
    const [west, south, east, north] = one.box;
    if (west <= east) box(west, south, east, north);
    else {
      box(west, south, 180, north);
      box(-180, south, east, north);
    }
  }
  return drawn;
}

/** The part of the world to show: around the boxes, never less than `least` degrees wide. */
function frame(some, least) {
  const boxes = some.flatMap(({ box }) => (box ? [box] : []));
  let [west, south, east, north] = [180, 90, -180, -90];
  for (const [w, s, e, n] of boxes) {
    if (w > e) [west, east] = [-180, 180];
    west = Math.min(west, w);
    south = Math.min(south, s);
    east = Math.max(east, e);
    north = Math.max(north, n);
  }
  if (!boxes.length || east - west > 150) return [-180, -90, 360, 180];
  const width = Math.min(360, Math.max(least, (east - west) * 1.4, (north - south) * 3.2));
  const height = width / 2.5;
  return [(east + west - width) / 2, -(north + south) / 2 - height / 2, width, height];
}

function draw(map, [x, y, width, height], layers, says) {
  const narrow = innerWidth < 600;
  const step = [1, 2, 5, 10, 20, 30, 60].find((each) => width / each < (narrow ? 6 : 9)) ?? 60;
  const size = width / (narrow ? 28 : 48);
  const grid = [];
  const labels = [];
  const label = (x, y, says) => labels.push(svg("text", { x, y, "font-size": size }, says));
  for (let lon = Math.ceil(x / step) * step; lon < x + width; lon += step) {
    grid.push(`M${lon} ${y - height}v${height * 3}`);
    label(lon + size / 4, y + height - size / 2, degrees(((lon + 540) % 360) - 180, "E", "W"));
  }
  for (let lat = Math.ceil(y / step) * step; lat < y + height; lat += step) {
    grid.push(`M${x - width} ${lat}h${width * 3}`);
    label(x + size / 4, lat - size / 4, degrees(-lat || 0, "N", "S"));
  }
  map.setAttribute("viewBox", [x, y, width, height].join(" "));
  map.setAttribute("aria-label", says);
  map.replaceChildren(
    svg("use", { href: "#land", class: "land" }),
    svg("path", { class: "grid", d: grid.join("") }),
    ...labels,
    ...layers.map(([kind, some]) => trace(kind, some)),
  );
}

/** Many outlines become two paths: ten thousand datasets need no more elements than one. */
function trace(kind, some) {
  const drawn = some.map((one) => (one.outline ??= outline(one)));
  const path = (shape) => svg("path", { class: shape, d: drawn.map((each) => each[shape]).join("") });
  return svg("g", { class: kind }, path("lines"), path("dots"));
}

function drawTimes(some) {
  const known = all.filter(({ start }) => start);
  $("when").toggleAttribute("hidden", !known.length);
  if (!known.length) return;
  const at = (moment) => Date.parse(day(moment));
  let [first, last] = [Infinity, -Infinity];
  for (const one of known) {
    first = Math.min(first, at(one.start));
    last = Math.max(last, at(one.end ?? one.start));
  }
  const width = last - first + 864e5;
  const bins = Math.min(60, Math.round(width / 864e5));
  const heights = (datasets) => {
    const bars = new Array(bins).fill(0);
    for (const one of datasets) {
      if (!one.start) continue;
      const bin = (moment) => Math.min(bins - 1, Math.max(0, Math.floor(((at(moment) - first) / width) * bins)));
      for (let i = bin(one.start); i <= bin(one.end ?? one.start); i++) bars[i]++;
    }
    return bars;
  };
  const whole = heights(known);
  const most = Math.max(...whole);
  const bars = (values, kind) =>
    values.map((value, i) => {
      const height = (value / most) * 19;
      return svg("rect", { class: kind, x: (i * 120) / bins + 0.2, width: 120 / bins - 0.4, y: 20 - height, height });
    });
  $("when").replaceChildren(...bars(whole, "bar"), ...bars(heights(some), "bar-some"));
  const [from, to] = [first, last].map((ms) => new Date(ms).toISOString().slice(0, 10));
  $("when").setAttribute("aria-label", `Datasets over time, ${from} to ${to}`);
  $("when-label").replaceChildren(...(from === to ? [from] : [from, to]).map((label) => el("span", {}, label)));
}

// Searching.

const fields = ["q", "platform", "keyword", "variable", "from", "to"];
let all = [];
let found = [];
let shown = 0;
let index = {};
let via = "";

// A few letters occur in many CIDs by chance.
const hasCid = ({ cid }, term) => term.length > 7 && cidOf(cid).toLowerCase().includes(term);

function matching(wanted) {
  const terms = fold(wanted.q ?? "")
    .split(/\s+/)
    .filter(Boolean);
  return {
    dataset: (one) =>
      (!wanted.platform || one.platform === wanted.platform) &&
      (!wanted.keyword || one.keywords.includes(wanted.keyword) || one.projects.includes(wanted.keyword)) &&
      (!wanted.variable || one.vars.some(([name, , standard]) => (standard || name) === wanted.variable)) &&
      (!wanted.from || (one.start && day(one.end ?? one.start) >= wanted.from)) &&
      (!wanted.to || (one.start && day(one.start) <= wanted.to)) &&
      terms.every((term) => words(one).includes(term) || hasCid(one, term)),
    leaf: (one) =>
      fields.slice(1).every((field) => !wanted[field]) &&
      terms.every((term) => fold([one.path, ...names(one.names)].join("\n")).includes(term) || hasCid(one, term)),
  };
}

function search() {
  const match = matching(state());
  found = all.filter(match.dataset);
  shown = 0;
  $("rows").replaceChildren();
  more();
  const searching = found.length < all.length;
  $("count").textContent = searching
    ? `${found.length} of ${count(all.length, "dataset")}${found.length ? "" : "; try fewer words, or Clear"}`
    : count(all.length, "dataset");
  const [failed, plain] = [index.failed.filter(match.leaf), index.plain.filter(match.leaf)];
  leaves($("failed"), failed, (n) => `${count(n, "dataset")} could not be read`, failedRow);
  leaves($("plain"), plain, (n) => `${count(n, "other file or folder", "other files and folders")}`, plainRow);
  $("overview").hidden = !found.length;
  const placed = found.filter(({ box }) => box);
  const layers = [
    ["some", placed],
    ["here", []],
  ];
  if (searching) layers.unshift(["all", all]);
  draw($("map"), frame(all, 40), layers, `Map of ${count(placed.length, "dataset")} with a place`);
  drawTimes(found);
}

function more() {
  const next = found.slice(shown, shown + slice);
  $("rows").append(...next.map(row));
  shown += next.length;
  $("more").hidden = shown >= found.length;
  $("more").textContent = `Show more (${found.length - shown} left)`;
}

function row(one) {
  const facts = [
    span(one),
    one.platform,
    kind(one),
    one.files ? count(one.files, "file") : "",
    one.vars.length ? count(one.vars.length, "variable") : "",
    bytes(one.size),
  ];
  const link = el("a", { href: hash({ ...state(), open: one.path }), class: "iso" }, one.title);
  if (one.path === state().open) link.setAttribute("aria-current", "true");
  const li = el(
    "li",
    {},
    link,
    el("p", { class: "quiet path iso" }, text(one.path)),
    el("p", {}, facts.filter(Boolean).join(" · ")),
  );
  const point = () => $("map").lastChild.replaceWith(trace("here", [one]));
  li.addEventListener("pointerenter", point);
  li.addEventListener("focusin", point);
  return li;
}

const kind = (one) => (one.zarr ? `Zarr v${one.zarr}` : one.reader === "dataset-meta" ? "files" : one.reader);

function leaves(details, some, says, show) {
  details.hidden = !some.length;
  details.firstElementChild.textContent = says(some.length);
  const rows = () =>
    details.lastElementChild.replaceChildren(
      ...some.slice(0, 1000).map(show),
      some.length > 1000 ? el("li", {}, "… search for the others") : "",
    );
  details.lastElementChild.replaceChildren();
  details.ontoggle = () => details.open && rows();
  if (details.open) rows();
}

const warn = (says) => el("p", { class: "warn" }, text(says, 2000));
const leafLink = (one) => el("a", { href: `tree/${relative(one.path)}`, class: "iso" }, text(one.path, 1000));
const what = ({ kind, media, size }) => ` ${text(media?.name ?? kind)}, ${bytes(size)} `;
const plainRow = (one) => el("li", {}, leafLink(one), what(one), cid(one.cid), ...list(one.findings).map(warn));
const failedRow = (one) => el("li", {}, leafLink(one), warn(`${one.reader}: ${one.says}`), cid(one.cid));

function choices(field, label, values) {
  const counts = new Map();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  const usual = [...counts].sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1)).slice(0, 300);
  usual.sort(([a], [b]) => (a.toLowerCase() < b.toLowerCase() ? -1 : 1));
  const options = usual.map(([value, n]) => el("option", { value }, `${value.slice(0, 60)} (${n})`));
  $(field).replaceChildren(el("option", { value: "" }, label), ...options);
  $(field).closest("p").hidden = !usual.length;
}

// The opened dataset.

function open(path, before) {
  const one = all.find((each) => each.path === path);
  document.body.classList.toggle("open", Boolean(path));
  const article = $("dataset");
  article.hidden = !path;
  const link = (to) => $("rows").querySelector(`[href="${CSS.escape(hash({ ...state(), open: to }))}"]`);
  $("rows").querySelector("[aria-current]")?.removeAttribute("aria-current");
  link(path)?.setAttribute("aria-current", "true");
  document.title = one ? `${one.title} – ${campaignTitle()}` : campaignTitle();
  if (!path) {
    article.replaceChildren();
    return link(before)?.focus();
  }
  const back = el("p", {}, el("a", { href: hash({ ...state(), open: "" }), class: "back" }, "← All results"));
  const heading = el("h2", { id: "dataset-title", tabindex: "-1", class: "iso" }, one?.title ?? "Not in this release");
  if (!one) {
    article.replaceChildren(
      back,
      heading,
      el("p", {}, "No dataset stands at ", el("code", { class: "iso" }, text(path)), " now."),
      versions(path),
    );
  } else article.replaceChildren(back, heading, ...about(one));
  article.scrollTop = 0;
  heading.focus({ preventScroll: innerWidth >= 992 });
}

function* about(one) {
  yield el("p", { class: "quiet path iso" }, el("code", {}, text(one.path, 1000)));
  if (one.summary) yield el("p", { class: "iso" }, one.summary);
  for (const finding of one.findings) yield warn(finding);
  yield el("h3", {}, "Cite and fetch by its CID");
  yield cid(one.cid);
  if (one.cid) {
    yield el("h3", {}, "Open in Python");
    for (const [says, code] of python(one)) {
      yield el("p", { class: "quiet copy" }, says, copy(code, "Copy these lines"));
      yield el("pre", {}, el("code", {}, code));
    }
  }
  yield el("h3", {}, "When and where");
  if (one.box) {
    const map = svg("svg", { class: "map", role: "img", preserveAspectRatio: "xMidYMid slice" });
    draw(map, frame([one], 16), [["here", [one]]], `Map: ${place(one.box)}`);
    yield map;
  }
  yield facts([
    [
      "Time",
      one.start &&
        (one.start === one.end || !one.end
          ? `${minute(one.start)} UTC`
          : `${minute(one.start)} to ${minute(one.end)} UTC`),
    ],
    ["Place", one.box && place(one.box)],
    ["Platform", one.platform],
    ["Projects", one.projects.join(", ")],
    ["Creators", one.creators.join(", ")],
    ["Licence", one.license],
    [
      "Format",
      [kind(one), one.zarr ? (one.consolidated ? "consolidated" : "not consolidated") : ""].filter(Boolean).join(", "),
    ],
    ["Size", bytes(one.size)],
  ]);
  if (one.keywords.length)
    yield el(
      "ul",
      { class: "tags", "aria-label": "Keywords" },
      ...one.keywords.map((word) => el("li", { class: "iso" }, word)),
    );
  if (one.members.length) {
    const files = one.members.map((name) =>
      el("li", {}, el("a", { href: `tree/${relative(`${one.path}/${name}`)}`, class: "iso" }, text(name))),
    );
    yield el("details", {}, el("summary", {}, count(one.files, "file")), el("ul", {}, ...files));
  }
  if (one.vars.length) {
    yield el("h3", {}, count(one.vars.length, "variable"));
    const head = el("tr", {}, ...["Name", "Unit", "Standard name"].map((label) => el("th", { scope: "col" }, label)));
    const rows = one.vars.map(([name, unit, standard]) =>
      el("tr", {}, el("td", {}, el("code", {}, name)), el("td", {}, unit ?? ""), el("td", {}, standard ?? "")),
    );
    yield el("table", {}, el("thead", {}, head), el("tbody", {}, ...rows));
  }
  yield el("h3", {}, "More");
  const files = el("a", { href: `tree/${relative(one.path)}/` }, "Files");
  const item = one.item ? el("a", { href: `./${relative(one.item)}` }, "STAC item") : "";
  yield el("p", { class: "copy" }, files, item, openable(one.cid) ? web(openable(one.cid, "/"), "This CID") : "");
  yield versions(one.path);
}

function facts(pairs) {
  return el(
    "dl",
    {},
    ...pairs.flatMap(([term, value]) => (value ? [el("dt", {}, term), el("dd", { class: "iso" }, value)] : [])),
  );
}

function cid(value) {
  const known = cidOf(value);
  return known
    ? el("div", { class: "copy" }, el("code", { class: "cid" }, known), copy(known, "Copy CID"))
    : el("div", {}, "CID unknown");
}

function copy(what, label) {
  const button = el("button", { type: "button" }, label);
  button.addEventListener("click", () => copied(what));
  return button;
}

async function copied(what) {
  try {
    await navigator.clipboard.writeText(what);
  } catch {
    const area = el("textarea", { readonly: "", "aria-hidden": "true" });
    const back = document.activeElement;
    area.value = what;
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    back?.focus();
    if (!done) return say("Copying is not allowed here: select it");
  }
  say("Copied");
}

let saying;
function say(sentence) {
  $("said").textContent = sentence;
  clearTimeout(saying);
  saying = setTimeout(() => ($("said").textContent = ""), 2500);
}

// Versions: history.json is loaded only when the reader opens them.

let past;
const readHistory = () =>
  (past ??= fetch("history.json").then((answer) => {
    if (!answer.ok) throw new Error(`history.json answered ${answer.status}`);
    return answer.json();
  }));

const newest = (some, number) =>
  objects(some)
    .sort((a, b) => number(b) - number(a))
    .slice(0, 500);

function versions(path) {
  const body = el("div", {}, "Reading the history …");
  const details = el("details", {}, el("summary", {}, "Versions"), body);
  details.addEventListener("toggle", async () => {
    if (!details.open) return;
    try {
      const { paths, releases } = await readHistory();
      // A dataset inside a leaf changes with its leaf.
      let at = path;
      while (at && !Object.hasOwn(paths, at)) at = at.slice(0, Math.max(0, at.lastIndexOf("/")));
      const lines = newest(at ? paths[at] : [], ([number]) => number);
      const made = new Map(objects(releases).map((release) => [release.number, day(release.made)]));
      body.replaceChildren(
        at && at !== path ? el("p", {}, "As part of ", el("code", {}, text(at))) : "",
        lines.length ? "" : "No version is recorded.",
        el(
          "ol",
          {},
          ...lines.map(([number, value]) =>
            el(
              "li",
              {},
              `Release ${number}${made.get(number) ? `, ${made.get(number)}` : ""}`,
              value === null ? ": removed" : cid(value),
              openable(cidOf(value)) ? web(openable(cidOf(value), "/"), "Look at it") : "",
            ),
          ),
        ),
      );
    } catch (error) {
      past = undefined;
      body.replaceChildren(unread(error));
    }
  });
  return details;
}

const unread = ({ message }) => warn(`No history: ${message}`);

async function showReleases() {
  const section = $("releases");
  section.hidden = !section.hidden;
  $("show-releases").setAttribute("aria-expanded", String(!section.hidden));
  if (section.hidden) return;
  try {
    const { releases } = await readHistory();
    const rows = newest(releases, ({ number }) => number).map((release) => {
      const changes = Object.entries(release.changes ?? {})
        .filter(([, n]) => n > 0)
        .map(
          ([op, n]) =>
            `${n} ${({ add: "added", remove: "removed", update: "updated", move: "moved", respell: "respelt" })[op] ?? text(op)}`,
        );
      return el(
        "li",
        {},
        el("strong", {}, `Release ${release.number}`),
        ` ${day(release.made)} `,
        release.why ? `↩ ${release.why} ` : "",
        changes.join(", "),
        cid(release.root),
        openable(cidOf(release.root)) ? web(openable(cidOf(release.root), "/"), "Its files") : "",
      );
    });
    section.replaceChildren(el("ol", {}, ...rows));
  } catch (error) {
    past = undefined;
    section.replaceChildren(unread(error));
  }
}

// The address contains the search and the opened dataset, so that it can be shared.

let current = {};
const state = () => current;

function hash(wanted) {
  const kept = [...fields, "open"].filter((key) => wanted[key]).map((key) => [key, wanted[key]]);
  return `#${new URLSearchParams(kept)}`;
}

function follow() {
  const before = current;
  current = Object.fromEntries(new URLSearchParams(location.hash.slice(1)));
  for (const field of fields) if ($(field).value !== (current[field] ?? "")) $(field).value = current[field] ?? "";
  if (fields.some((field) => (before[field] ?? "") !== (current[field] ?? "")) || before === start) search();
  if ((before.open ?? "") !== (current.open ?? "")) open(current.open ?? "", before.open);
}
const start = current;

let waiting;
function typed() {
  clearTimeout(waiting);
  waiting = setTimeout(() => {
    const values = Object.fromEntries(fields.map((field) => [field, $(field).value]));
    history.replaceState(null, "", hash({ ...values, open: state().open }));
    follow();
  }, 120);
}

const campaignTitle = () => text(index.campaign?.title) || text(index.campaign?.name) || "Data";

async function begin() {
  const answer = await fetch("index.json");
  if (!answer.ok) throw new Error(`index.json answered ${answer.status}`);
  const { campaign, release, datasets, plain, failed } = await answer.json();
  index = { campaign, release, plain: objects(plain).map(leaf), failed: objects(failed).map(leaf) };
  via = gateway(campaign);
  all = objects(datasets).map(dataset);
  $("release").replaceChildren(`Release ${release?.number}, ${day(release?.made)}. `, ...root(release));
  choices(
    "platform",
    "Any platform",
    all.flatMap(({ platform }) => platform || []),
  );
  choices(
    "keyword",
    "Any keyword",
    all.flatMap(({ keywords, projects }) => [...new Set([...projects, ...keywords])]),
  );
  choices(
    "variable",
    "Any variable",
    all.flatMap(({ vars }) => [...new Set(vars.map(([name, , standard]) => standard || name))]),
  );
  $("app").hidden = false;
  follow();
}

const leaf = (one) => ({ ...one, path: typeof one.path === "string" ? one.path : "" });
const root = (release) =>
  cidOf(release?.root)
    ? [el("span", { class: "copy" }, el("code", { class: "cid" }, release.root), copy(release.root, "Copy root CID"))]
    : [];

// A jump inside the page must not be read as a search.
document.querySelector(".skip").addEventListener("click", (event) => {
  event.preventDefault();
  ($("rows").querySelector("a") ?? $("q")).focus();
});
$("filters").addEventListener("input", typed);
$("filters").addEventListener("submit", (event) => event.preventDefault());
$("filters").addEventListener("reset", () => setTimeout(typed));
$("more").addEventListener("click", () => {
  const from = shown;
  more();
  $("rows").children[from]?.querySelector("a").focus();
});
$("show-releases").addEventListener("click", showReleases);
addEventListener("hashchange", follow);
addEventListener("keydown", (event) => {
  if (
    event.key === "/" &&
    !/^(INPUT|SELECT|TEXTAREA)$/.test(document.activeElement?.tagName) &&
    !event.ctrlKey &&
    !event.metaKey
  ) {
    event.preventDefault();
    $("q").focus();
  }
  if (event.key === "Escape" && state().open) location.hash = hash({ ...state(), open: "" });
});
new IntersectionObserver(([entry]) => entry.isIntersecting && more(), { rootMargin: "600px" }).observe($("more"));

begin().catch((error) => {
  $("release").textContent = `The index can't be read: ${error.message}. The files are under tree/.`;
});
