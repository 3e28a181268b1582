/**
 * What holds for every workflow, one rule a promise.
 *
 * act, which runs the files in tests, knows no permissions, no environments and no concurrency; GitHub does, and believes
 * what the files say. So the files are read here as GitHub reads them. A rule says what is wrong, or nothing;
 * `policy.test.ts` also breaks each of them once.
 */
// biome-ignore-all lint/suspicious/noTemplateCurlyInString: workflows are made of them
import { evaluate, type Job, type Step, type WorkflowFile } from "./workflow-file.ts";

export type Rule = (file: WorkflowFile) => readonly string[];

/** Everything that may start a workflow, and for what. */
const events: Readonly<Record<string, unknown>> = {
  "plan.yml": {
    pull_request: { types: ["opened", "reopened", "synchronize", "labeled", "unlabeled", "edited"] },
    merge_group: { types: ["checks_requested"] },
  },
  "plan-report.yml": { workflow_run: { workflows: ["plan"], types: ["completed"] } },
  "publish.yml": {
    push: { branches: ["main"], paths: ["tree.yaml", "campaign.yaml"] },
    workflow_dispatch: ["rollback", "why", "import"],
  },
  "verify.yml": { schedule: ["17 * * * *", "43 3 * * *"], workflow_dispatch: ["depth"] },
  "ci.yml": { push: { branches: ["main"] }, pull_request: null },
};

/** Everything that a job may, and no more. */
const granted: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  "plan.yml plan": { contents: "read" },
  "plan-report.yml report": {
    actions: "read",
    contents: "read",
    "pull-requests": "write",
    checks: "write",
    statuses: "write",
  },
  "publish.yml plan": { contents: "read" },
  "publish.yml publish": { contents: "write" },
  "publish.yml record": { contents: "write", deployments: "write", "pull-requests": "write" },
  "verify.yml verify": { contents: "read", issues: "write" },
  "verify.yml clock": { actions: "write", contents: "write", issues: "read" },
  "ci.yml test": { contents: "read" },
};

const publishJob = "publish.yml publish";

/** What people outside may choose: titles, texts, names of branches, labels and files. */
const chosenByOthers =
  /\b(?:title|body|head_ref|head\.ref|head\.label|head_branch|label|labels|message|commits|description|login|email|display_title|default_branch)\b/;

export const rules: Readonly<Record<string, Rule>> = {
  "GitHub can read it": ({ errors }) => errors,

  "starts for these events, and no others": ({ name, on }) =>
    differs(`${name} starts on`, digest(on), events[name] ?? "nothing known"),

  "never runs a pull request with the repository's own rights": ({ on }) =>
    Object.keys(on)
      .filter((event) =>
        ["pull_request_target", "issue_comment", "workflow_call", "repository_dispatch"].includes(event),
      )
      .map((event) => `starts on ${event}`),

  "grants nothing on top": ({ permissions }) => differs("permissions", permissions, {}),

  "grants each job what it needs, and no more": (file) =>
    everyJob(file, (job, where) =>
      differs(`${where}: permissions`, job.permissions, granted[where] ?? "nothing known"),
    ),

  "names published actions by commit, with the version beside it": ({ text }) =>
    [...text.matchAll(/^.*\buses:.*$/gm)].map(([line]) => line.trim()).filter((line) => !named.test(line)),

  "puts no expression into a shell line or a script": (file) =>
    everyStep(file, ({ run = "", with: inputs = {} }, where) =>
      [run, inputs.script ?? ""].some((text) => text.includes("${{")) ? [`${where}: ${run || inputs.script}`] : [],
    ),

  "lets what others may choose name a concurrency group at most": (file) =>
    everyJob(file, (job, where) =>
      expressions(job)
        .filter((expression) => chosenByOthers.test(expression))
        .map((expression) => `${where}: ${expression}`),
    ),

  "gives secrets to the step that publishes, by name, and to nothing else": (file) => [
    ...(mentionsSecrets(file.env) ? ["secrets for a whole workflow"] : []),
    ...everyJob(file, ({ steps: _, ...job }, where) =>
      mentionsSecrets(job) ? [`${where}: secrets for a whole job`] : [],
    ),
    ...everyStep(file, (step, where) => {
      const { env = {}, ...others } = step;
      if (mentionsSecrets(others)) return [`${where}: secrets beside env`];
      const mayHave = where.startsWith(`${publishJob} `) && /\/actions\/publish(?:@|$)/.test(step.uses ?? "");
      return Object.entries(env)
        .filter(([name, value]) => mentionsSecrets(value) && !(mayHave && value === `\${{ secrets.${name} }}`))
        .map(([name, value]) => `${where}: ${name}: ${value}`);
    }),
  ],

  "enters the environment in the job that publishes, and in no other": (file) =>
    everyJob(file, ({ environment }, where) =>
      differs(
        `${where}: environment`,
        environment,
        where === publishJob ? { name: "production", deployment: false } : undefined,
      ),
    ),

  "runs one at a time, and stops nobody who publishes": ({ name, concurrency }) => {
    if (!concurrency?.group) return ["has no concurrency group"];
    const stops = concurrency["cancel-in-progress"];
    if (name === "publish.yml" && concurrency.queue !== "max") return ["lets the newest take the place of who waits"];
    const mayBeStopped = !["publish.yml", "verify.yml"].includes(name);
    return mayBeStopped || stops === false ? [] : [`cancel-in-progress: ${stops}`];
  },

  "ends by itself": (file) =>
    everyJob(file, (job, where) => {
      const minutes = job["timeout-minutes"];
      return minutes !== undefined && minutes <= 350 ? [] : [`${where}: timeout-minutes: ${minutes}`];
    }),

  "runs on GitHub's machines, of a named version": (file) =>
    everyJob(file, (job, where) => differs(`${where}: runs-on`, job["runs-on"], "ubuntu-24.04")),

  "is part of no other workflow": (file) =>
    everyJob(file, ({ steps }, where) => (steps ? [] : [`${where} calls another workflow`])),

  "takes code from branches of ours only": (file) =>
    everyStep(file, ({ uses = "", with: inputs = {} }, where) => {
      if (!uses.startsWith("actions/checkout@")) return [];
      if (inputs.repository) return [`${where}: checks out ${inputs.repository}`];
      return differs(`${where}: ref`, inputs.ref, checkedOut[where.replace(/ \d+$/, "")]);
    }),

  "keeps the token out of the checkout, but where git pushes": (file) =>
    everyStep(file, ({ uses = "", with: inputs = {} }, where) =>
      uses.startsWith("actions/checkout@")
        ? differs(
            `${where}: persist-credentials`,
            inputs["persist-credentials"],
            String(where.startsWith(`${publishJob} `)),
          )
        : [],
    ),

  "fetches all of history where a release is dated": (file) =>
    everyStep(file, ({ uses = "", with: inputs = {} }, where) =>
      uses.startsWith("actions/checkout@") && !["verify.yml clock", "ci.yml test"].some((job) => where.startsWith(job))
        ? differs(`${where}: fetch-depth`, inputs["fetch-depth"], "0")
        : [],
    ),

  "installs by setup before it uses another action of ours": (file) =>
    everyJob(file, ({ steps = [] }, where) => {
      const ours = steps.map(({ uses = "" }) => uses).filter((uses) => uses.includes("/actions/"));
      return ours.length === 0 || /\/setup(?:@|$)/.test(ours[0]!) ? [] : [`${where}: ${ours[0]} comes first`];
    }),

  "restores nothing that another run wrote where it may write or has secrets": (file) =>
    everyStep(file, ({ uses = "", with: inputs = {} }, where) => {
      const restores = uses.startsWith("actions/cache@") || inputs.cache === "true" || inputs.cache === "npm";
      return restores && !/^(?:(?:plan|publish)\.yml plan|ci\.yml test) /.test(where)
        ? [`${where}: ${uses} restores`]
        : [];
    }),

  "takes no artifact of a pull request's run": (file) =>
    everyStep(file, ({ uses = "", with: inputs = {} }, where) =>
      uses.startsWith("actions/download-artifact@") &&
      (!where.startsWith("publish.yml record ") || inputs["run-id"] || inputs.name !== "plan")
        ? [`${where}: downloads ${inputs.name ?? "everything"}`]
        : [],
    ),

  "keeps one file of a run": (file) =>
    everyStep(file, ({ uses = "", with: inputs = {} }, where) =>
      uses.startsWith("actions/upload-artifact@") ? differs(`${where}: keeps`, inputs.path, "plan.json") : [],
    ),

  "goes on after no failure": (file) =>
    everyStep(file, (step, where) => ("continue-on-error" in step ? [`${where} continues on error`] : [])),

  "runs on schedule when few others do": ({ on }) =>
    digest(on)
      .schedule?.filter((cron: string) => !/^(?:[1-9]|[1-5]\d) /.test(cron) || Number.parseInt(cron, 10) % 5 === 0)
      .map((cron: string) => `runs at ${cron}, as do many others`) ?? [],
};

/** Ours by folder, or by repository and commit; others with the version that the commit is. */
const named =
  /uses: (?:\.\/actions\/[a-z]+|[\w-]+\/[\w.-]+\/actions\/[a-z]+@[0-9a-f]{40}|[\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+(?: # .*)?)$/;

/** What a job's checkout asks for; nothing is what the event itself stands for, which a pull request's head never is here. */
const checkedOut: Readonly<Record<string, string>> = {
  "plan.yml plan": "${{ github.event.pull_request.base.ref || github.event.merge_group.base_ref }}",
  "publish.yml plan": "main",
  "publish.yml publish": "${{ inputs.rollback && 'main' || needs.plan.outputs.commit }}",
  "publish.yml record": "${{ inputs.rollback && 'main' || needs.plan.outputs.commit }}",
};

/** Whether a job would run, as GitHub decides it. */
export function wouldRun(job: Job, contexts: Readonly<Record<string, unknown>>): boolean {
  if (job.if === undefined) return true;
  const saysWhen = /\b(?:always|cancelled|failure|success)\(/.test(job.if);
  const needs = Object.values((contexts.needs ?? {}) as Record<string, { result: string }>);
  const ready = saysWhen || needs.every(({ result }) => result === "success");
  return ready && Boolean(evaluate(job.if, contexts));
}

type Digest = Readonly<Record<string, unknown>> & { readonly schedule?: readonly string[] };

/** `on:` without what tells people what an input is for. */
function digest(on: WorkflowFile["on"]): Digest {
  const { schedule, workflow_dispatch: dispatch, ...others } = on;
  return {
    ...others,
    ...(Array.isArray(schedule) && { schedule: schedule.map(({ cron }) => String(cron)) }),
    ...(dispatch !== undefined && {
      workflow_dispatch: Object.keys((dispatch as { inputs?: object } | null)?.inputs ?? {}),
    }),
  };
}

function everyJob({ name, jobs }: WorkflowFile, look: (job: Job, where: string) => readonly string[]): string[] {
  return Object.entries(jobs).flatMap(([id, job]) => look(job, `${name} ${id}`));
}

function everyStep(file: WorkflowFile, look: (step: Step, where: string) => readonly string[]): string[] {
  return everyJob(file, ({ steps = [] }, where) => steps.flatMap((step, i) => look(step, `${where} ${i + 1}`)));
}

function differs(what: string, is: unknown, should: unknown): string[] {
  const [one, other] = [JSON.stringify(is), JSON.stringify(should)];
  return one === other ? [] : [`${what}: ${one}, and not ${other}`];
}

function expressions(value: unknown): string[] {
  return [...JSON.stringify(value ?? null).matchAll(/\$\{\{.*?\}\}/g)].map(([expression]) => expression);
}

function mentionsSecrets(value: unknown): boolean {
  return expressions(value).some((expression) => /\bsecrets\b/.test(expression)) || value === "inherit";
}
