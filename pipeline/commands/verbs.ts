/** Every verb, with the line that `fieldtree --help` shows. A verb's own file is loaded when it is called. */
import type { VerbEntry } from "../cli/verb.ts";

/** Grouped by user, as in the README; within a group, in the order in which they are needed. */
const groups: Readonly<Record<string, readonly Omit<VerbEntry, "group">[]>> = {
  "For contributors": [
    {
      name: "inspect",
      summary: "show what others will see of local data",
      load: async () => (await import("./inspect.ts")).inspect,
    },
    {
      name: "add",
      summary: "store files or folders on the campaign's node",
      load: async () => (await import("./add.ts")).add,
    },
    {
      name: "import",
      summary: "fetch what an intake catalog points to",
      load: async () => (await import("./import.ts")).importVerb,
    },
    { name: "check", summary: "find mistakes in tree.yaml", load: async () => (await import("./check.ts")).check },
    { name: "fmt", summary: "tidy tree.yaml", load: async () => (await import("./fmt.ts")).fmt },
    { name: "plan", summary: "show what publishing would do", load: async () => (await import("./plan.ts")).plan },
    {
      name: "report",
      summary: "show what a pull request would show",
      load: async () => (await import("./report.ts")).report,
    },
    {
      name: "pull-request",
      summary: "propose data on GitHub, without git",
      load: async () => (await import("./pull-request.ts")).pullRequest,
    },
    {
      name: "owners",
      summary: "show who reviews changes of a path",
      load: async () => (await import("./owners.ts")).owners,
    },
    {
      name: "diff",
      summary: "show what differs between two trees",
      load: async () => (await import("./diff.ts")).diff,
    },
    {
      name: "merge",
      summary: "merge two trees that were edited apart",
      load: async () => (await import("./merge.ts")).merge,
    },
  ],
  "For operators": [
    { name: "init", summary: "start a campaign in a folder", load: async () => (await import("./init.ts")).init },
    {
      name: "publish",
      summary: "make the tree the newest release",
      load: async () => (await import("./publish.ts")).publish,
    },
    {
      name: "status",
      summary: "show what is live and what would change",
      load: async () => (await import("./status.ts")).status,
    },
    {
      name: "s3",
      summary: "answer S3 clients: buckets are folders",
      load: async () => (await import("./s3.ts")).s3,
    },
    {
      name: "serve",
      summary: "answer HTTP as a read-only IPFS gateway",
      load: async () => (await import("./serve.ts")).serve,
    },
    {
      name: "rollback",
      summary: "make an older release's tree live again",
      load: async () => (await import("./rollback.ts")).rollback,
    },
    {
      name: "verify",
      summary: "check the log, the names, the pins and the portal",
      load: async () => (await import("./verify.ts")).verify,
    },
    {
      name: "repin",
      summary: "pin again what services lack of the newest release",
      load: async () => (await import("./repin.ts")).repin,
    },
    {
      name: "pull",
      summary: "bring data or another campaign to the node",
      load: async () => (await import("./pull.ts")).pull,
    },
    {
      name: "mirror",
      summary: "copy the newest data to another place",
      load: async () => (await import("./mirror.ts")).mirror,
    },
    {
      name: "push",
      summary: "point an IPNS key at the newest release or at data",
      load: async () => (await import("./push.ts")).push,
    },
    { name: "log", summary: "list the releases", load: async () => (await import("./log.ts")).log },
    {
      name: "lease",
      summary: "show who is publishing, or end their lease",
      load: async () => (await import("./lease.ts")).lease,
    },
    {
      name: "pins",
      summary: "print what is pinned, or read a list written by hand",
      load: async () => (await import("./pins.ts")).pins,
    },
    { name: "key", summary: "make, import or export a signing key", load: async () => (await import("./key.ts")).key },
    {
      name: "republish",
      summary: "republish the signed IPNS records",
      load: async () => (await import("./republish.ts")).republish,
    },
    {
      name: "doctor",
      summary: "show what the repository on GitHub lacks",
      load: async () => (await import("./doctor.ts")).doctor,
    },
    {
      name: "views",
      summary: "fold views of your own from the log",
      load: async () => (await import("./views.ts")).views,
    },
    {
      name: "doi",
      summary: "register the DOI of a dataset at DataCite",
      load: async () => (await import("./doi.ts")).doi,
    },
    { name: "scan", summary: "describe the datasets in the tree", load: async () => (await import("./scan.ts")).scan },
    {
      name: "fsck",
      summary: "check the node's blocks, index and pins",
      load: async () => (await import("./fsck.ts")).fsck,
    },
    {
      name: "prune",
      summary: "stop pinning what only old releases had",
      load: async () => (await import("./prune.ts")).prune,
    },
    { name: "gc", summary: "free what no pin needs", load: async () => (await import("./gc.ts")).gc },
  ],
  "For data users": [
    {
      name: "search",
      summary: "find datasets by words, days, places and variables",
      load: async () => (await import("./search.ts")).search,
    },
    { name: "ls", summary: "list a folder", load: async () => (await import("./ls.ts")).ls },
    { name: "cat", summary: "print a file", load: async () => (await import("./cat.ts")).cat },
    { name: "get", summary: "copy a file or folder here", load: async () => (await import("./get.ts")).get },
    {
      name: "cite",
      summary: "print the citation of a dataset or a release",
      load: async () => (await import("./cite.ts")).cite,
    },
    {
      name: "history",
      summary: "list the versions of a dataset",
      load: async () => (await import("./history.ts")).history,
    },
    { name: "car", summary: "export or import content as one file", load: async () => (await import("./car.ts")).car },
  ],
  Besides: [
    {
      name: "demo",
      summary: "publish a sample campaign and show it",
      load: async () => (await import("./demo.ts")).demo,
    },
    {
      name: "completion",
      summary: "print completions for bash, zsh or fish",
      load: async () => (await import("./completion.ts")).completionOf(verbs),
    },
    {
      name: "github",
      summary: "what the workflows on GitHub call",
      load: async () => (await import("./github/github.ts")).github,
    },
  ],
};

export const verbs: readonly VerbEntry[] = Object.entries(groups).flatMap(([group, entries]) =>
  entries.map((entry) => ({ ...entry, group })),
);
