/** Files that were dropped on the page or chosen in it, with their paths. Nothing of them is read yet. */

export interface DroppedFile {
  /** Below what was dropped; of a single file "". */
  readonly path: string;
  readonly file: Blob;
}

export interface Dropped {
  /** Of the file or folder. */
  readonly name: string;
  readonly isFolder: boolean;
  readonly files: readonly DroppedFile[];
}

/** The first thing that was dropped; `undefined` where that is neither a file nor a folder. */
export async function droppedIn(items: DataTransferItemList): Promise<Dropped | undefined> {
  // Read at once: after the event the list is empty.
  const entry = [...items].find(({ kind }) => kind === "file")?.webkitGetAsEntry();
  if (!entry) return undefined;
  const files = await filesBelow(entry, "");
  return { name: entry.name, isFolder: entry.isDirectory, files };
}

async function filesBelow(entry: FileSystemEntry, path: string): Promise<DroppedFile[]> {
  if (entry.isFile) {
    const file = await new Promise<File>((resolve, reject) => (entry as FileSystemFileEntry).file(resolve, reject));
    return [{ path, file }];
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  const found: DroppedFile[] = [];
  for (;;) {
    // A browser gives a hundred at a time, then none.
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (some.length === 0) return found;
    for (const each of some) found.push(...(await filesBelow(each, path === "" ? each.name : `${path}/${each.name}`)));
  }
}

/** What was chosen in a file input, a folder or one file. */
export function chosenIn(list: FileList): Dropped | undefined {
  const [first] = list;
  if (!first) return undefined;
  if (!first.webkitRelativePath) return { name: first.name, isFolder: false, files: [{ path: "", file: first }] };
  const [name = ""] = first.webkitRelativePath.split("/");
  const files = [...list].map((file) => ({ path: file.webkitRelativePath.slice(name.length + 1), file }));
  return { name, isFolder: true, files };
}
