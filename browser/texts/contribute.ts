/** Texts of the page for contributors, in English as all that is prerendered of it. Apart, so that the other pages do not load them. */
export const contribute = {
  hashing: (done: string, total: string) => `Hashing: ${done} of ${total}`,
  describing: "Reading what it is …",
  failed: (reason: string) => `That did not work: ${reason}`,
  cid: "CID",
  size: (size: string, files: string) => `${size} in ${files}`,
  files: (count: number) => (count === 1 ? "1 file" : `${count} files`),
  path: "Path in the tree",
  treeLine: "For tree.yaml",
  repository: "GitHub repository of the campaign, as owner/name",
  open: "Edit tree.yaml on GitHub",
  copyWhole: "Copy all of tree.yaml with it",
  keep: "The data stay on this machine: publish them from a node that others reach, with",
  visibleToAll: "What the world will see",
  plain:
    "No reader knows this format: the campaign lists it as files, without a description. A sidecar, dataset_meta.yaml or NAME.meta.yaml, gives it one.",
  unreadable: (reader: string, message: string) => `It looks like ${reader}, and can't be read: ${message}`,
  noTree: "The campaign's tree.yaml is not here: this is the line alone.",
  plan: "What merging would publish",
  planPortal: "Look at the portal that it gives, where this host has it",
  andMore: (count: string) => `and ${count} more, which are not listed here`,
  findings: "Findings",
  noPlan: (name: string) => `${name} is no plan of a pull request`,
};

export type ContributeTexts = typeof contribute;
