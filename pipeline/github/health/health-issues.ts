/**
 * Reports the problems that a verification found as issues: one for each class of problems, updated and closed automatically.
 *
 * Problems of one class have one remedy. The first failing check opens the issue of its class, each verification updates the
 * text, and the issue is closed when every check that failed has passed again; the next failure reopens it. Each of these is
 * one API call, so an interrupted run leaves no incomplete issue. A check that could not be run closes no issue.
 */

import { code } from "../../core/text/markdown.ts";
import { plural } from "../../core/text/plural.ts";
import type { World } from "../../core/world.ts";
import { identity, isMe } from "../report/comment.ts";
import type { GitHub } from "../run/client.ts";
import { createIfAbsent } from "../run/create-if-absent.ts";

/** One check of a verification. */
export interface CheckResult {
  /** Kind of check: `log`, `pin`, `name` … */
  readonly check: string;
  readonly subject: string;
  readonly ok: boolean;
  readonly says: string;
  readonly problem?: "corrupt" | "drift" | "unchecked";
}

/** The results of a verification, which may be incomplete. */
export interface Verification {
  readonly checks: readonly CheckResult[];
  /** Why it ended early. Then the state of the remaining checks is unknown. */
  readonly stopped?: string;
}

type ClassName = "content" | "pins" | "names" | "reach";

interface Class {
  readonly name: ClassName;
  readonly title: string;
  /** Kinds of checks whose failures are in this class; checks that could not be run are in class `reach`. */
  readonly kinds: readonly string[];
  readonly todo: string;
}

/** Kinds of checks that are not listed here are in class `content`. */
const classes: readonly Class[] = [
  {
    name: "content",
    title: "What is published contradicts itself",
    kinds: [],
    todo: "Publish nothing on top of it. Compare with another copy of the log, and find out who wrote this: `fieldtree verify --deep` shows it on any machine.",
  },
  {
    name: "pins",
    title: "Data is not pinned where it should be",
    kinds: ["pin", "node"],
    todo: "`fieldtree repin`, where the secrets are set, pins what services lack. If a service lost it for good, name another one in campaign.yaml.",
  },
  {
    name: "names",
    title: "Names do not match the log",
    kinds: ["name", "record"],
    todo: "`fieldtree publish`, or the workflow *publish* run by hand, sets them right. If a name was changed on purpose, ask the person who did it first.",
  },
  {
    name: "reach",
    title: "Something can't be checked",
    kinds: [],
    todo: "Is it up, and within reach from GitHub's runners? Of what can't be checked, nothing is known.",
  },
];

export interface Tracked {
  readonly problem: ClassName;
  readonly did: "opened" | "updated" | "left" | "closed";
  readonly page: string;
}

export const label = "campaign health";

interface HealthIssue {
  readonly number: number;
  readonly state: string;
  readonly title: string;
  readonly body?: string | null;
  readonly html_url: string;
  readonly user: { readonly login: string; readonly type: string } | null;
}

/** Opens, updates and closes the health issues by `verification`. `run`: page of the workflow run, where there is one. */
export async function track(
  verification: Verification,
  run: string | undefined,
  github: GitHub,
  world: World,
): Promise<readonly Tracked[]> {
  const known = await ourIssues(github);
  const tracked: Tracked[] = [];
  for (const one of classes) {
    const failing = problemsOf(one, verification);
    const issue = known.get(one.name);
    if (failing.length > 0) tracked.push(await openOrUpdate(one, failing, issue, run, github, world));
    else if (issue?.state === "open" && isFixed(one, issue, verification))
      tracked.push(await close(one, issue, run, github));
    else if (issue?.state === "open") tracked.push({ problem: one.name, did: "left", page: issue.html_url });
  }
  return tracked;
}

/** Returns the names of the classes with an open health issue. */
export async function openProblems(github: GitHub): Promise<readonly ClassName[]> {
  const known = await ourIssues(github, "open");
  return classes.flatMap(({ name }) => (known.get(name)?.state === "open" ? [name] : []));
}

/** Returns health issues by class. Anyone can write the mark, so the author is compared too. Of two, the newer one counts. */
async function ourIssues(github: GitHub, state: "all" | "open" = "all"): Promise<ReadonlyMap<string, HealthIssue>> {
  const all = await github.all<HealthIssue>("listing the health issues", (rest, at) =>
    rest.issues.listForRepo({ ...at, labels: label, state, sort: "created", direction: "desc" }),
  );
  const marked = all.filter(({ body }) => classIn(body) !== undefined);
  if (marked.length === 0) return new Map();
  const me = await identity(github);
  const ours = marked.filter(({ user }) => user !== null && isMe(user, me));
  return new Map(ours.toReversed().map((issue) => [classIn(issue.body)!, issue]));
}

function problemsOf({ name, kinds }: Class, { checks, stopped }: Verification): readonly CheckResult[] {
  if (name === "reach") {
    const early = stopped === undefined ? [] : [{ check: "verify", subject: "verification", ok: false, says: stopped }];
    return [...early, ...checks.filter(({ problem }) => problem === "unchecked")];
  }
  const elsewhere = classes.flatMap((one) => one.kinds);
  return checks.filter(({ check, ok, problem }) => {
    if (ok || problem === "unchecked") return false;
    return name === "content" ? !elsewhere.includes(check) : kinds.includes(check);
  });
}

/** Whether every kind of check that failed was repeated and passed. A light verification makes fewer checks than a deep one. */
function isFixed({ name }: Class, { body }: HealthIssue, { checks, stopped }: Verification): boolean {
  if (stopped !== undefined) return false;
  if (name === "reach") return true;
  return failingIn(body).every((kind) => {
    const again = checks.filter(({ check }) => check === kind);
    return again.length > 0 && again.every(({ ok }) => ok);
  });
}

async function openOrUpdate(
  one: Class,
  failing: readonly CheckResult[],
  issue: HealthIssue | undefined,
  run: string | undefined,
  github: GitHub,
  world: World,
): Promise<Tracked> {
  const { name: problem, title } = one;
  const body = bodyOf(one, failing, run);
  if (!issue) {
    const create = () =>
      github.ask("opening the health issue", (rest, place) =>
        rest.issues.create({ ...place, title, body, labels: [label] }),
      );
    const find = async () => (await ourIssues(github)).get(problem);
    const created = await createIfAbsent<HealthIssue>({ find, create }, world);
    return { problem, did: "opened", page: created.html_url };
  }
  const again = issue.state !== "open";
  if (!again && issue.body === body && issue.title === title) return { problem, did: "left", page: issue.html_url };
  await github.ask("updating the health issue", (rest, place) =>
    rest.issues.update({ ...place, issue_number: issue.number, title, body, ...(again && { state: "open" }) }),
  );
  return { problem, did: again ? "opened" : "updated", page: issue.html_url };
}

async function close(one: Class, issue: HealthIssue, run: string | undefined, github: GitHub): Promise<Tracked> {
  const body = `${markOf(one, [])}\nAll is well again, as ${runLink(run)} found. What was wrong is in this text's history.`;
  await github.ask("closing the health issue", (rest, place) =>
    rest.issues.update({ ...place, issue_number: issue.number, body, state: "closed", state_reason: "completed" }),
  );
  return { problem: one.name, did: "closed", page: issue.html_url };
}

/** Most problems listed in one issue; the others are counted. The text has at most some 20 000 characters of 65 536. */
const mostListed = 40;

function bodyOf(one: Class, failing: readonly CheckResult[], run: string | undefined): string {
  const kinds = [...new Set(failing.map(({ check }) => check))].sort();
  return [
    markOf(one, kinds),
    `${plural(failing.length, "check fails", "checks fail")}, as ${runLink(run)} found:`,
    "",
    ...failing.slice(0, mostListed).map(({ subject, says }) => `- **${code(subject)}** ${onOneLine(says)}`),
    ...(failing.length > mostListed ? [`- and ${failing.length - mostListed} more`] : []),
    "",
    one.todo,
    "",
    "This issue is updated by each run, and closed as soon as all of it is good again.",
  ].join("\n");
}

const onOneLine = (says: string): string =>
  says
    .split("\n")
    .slice(0, 3)
    .map((line) => code(line.trim(), 300))
    .filter(Boolean)
    .join(" ");

const runLink = (run: string | undefined): string =>
  run === undefined ? "a verification" : `the [last verification](${run})`;

const markOf = ({ name }: Class, kinds: readonly string[]): string =>
  `<!-- fieldtree:health ${name} failing=${kinds.join(",")} -->`;
const mark = /^<!-- fieldtree:health (\w+) failing=([\w,]*) -->/;
const classIn = (body: string | null | undefined): string | undefined => mark.exec(body ?? "")?.[1];
const failingIn = (body: string | null | undefined): readonly string[] =>
  (mark.exec(body ?? "")?.[2] ?? "").split(",").filter(Boolean);
