/** `views`: folds the campaign's own views from the log, and prints them. */
import { join } from "node:path";
import { loadOwnViews, ownViewsFile } from "../campaign/own-views.ts";
import type { Verb } from "../cli/verb.ts";
import { Failure } from "../core/failure.ts";
import { plural } from "../core/text/plural.ts";
import { shown } from "../core/text/shown.ts";
import { fileStore } from "../fold/file-store.ts";
import { openViews } from "../fold/views.ts";

export const views: Verb = {
  args: "[name...]",
  flags: [["--run-code", "run the file that campaign.yaml names as views:"]],
  about: `Views of your own: what docs/views.md describes, in a file of the campaign's repository. Each is folded from the releases that
are new, and its state printed as JSON; all of them unless some are named. The file is code that runs with your rights, so nothing else
runs it, and this only with --run-code; never in a job for a pull request.`,
  example: "fieldtree views --run-code",

  async run({ args, campaign: open, env, flags, folder, out, world }) {
    const file = await ownViewsFile(folder());
    if (flags.runCode !== true) {
      throw new Failure("input", `${file} is code, which would run with your rights`, {
        hint: "read it, then fieldtree views --run-code",
      });
    }
    const own = await loadOwnViews(folder(), file, env);
    const strange = args.find((name) => own.every((view) => view.name !== name));
    if (strange !== undefined) {
      throw new Failure("input", `${file} has no view named ${shown(strange)}`, {
        hint: `it has ${own.map(({ name }) => shown(name)).join(", ") || "none"}`,
      });
    }
    const { log, facts, state } = await open();
    const source = { name: facts.campaign, head: log.head, read: log.read };
    const folded = openViews({ logs: [source], store: fileStore(join(state, "views")), world });
    for (const view of own) folded.use(view);
    for (const view of own.filter(({ name }) => args.length === 0 || args.includes(name))) {
      await folded.ready(view);
      const { done } = folded.progress(view);
      const result = await folded.get(view);
      const text = `${shown(view.name)}, from ${plural(done, "release")}:\n${shownLines(JSON.stringify(result, null, 2))}`;
      out.result({ view: view.name, version: view.version, releases: done, state: result }, text);
      await out.taken();
    }
    return 0;
  },
};

/** Each line as it may be shown. */
const shownLines = (text: string): string =>
  text
    .split("\n")
    .map((line) => shown(line, 10_000))
    .join("\n");
