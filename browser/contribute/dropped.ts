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
  /** Paths of folders in it, as far as the browser lists them: of a folder that is chosen it names none that is empty. */
  readonly folders?: readonly string[];
}

/** The first thing that was dropped; `undefined` where that is neither a file nor a folder. */
export async function droppedIn(items: DataTransferItemList): Promise<Dropped | undefined> {
  // Read at once: after the event the list is empty.
  const entry = [...items].find(({ kind }) => kind === "file")?.webkitGetAsEntry();
  if (!entry) return undefined;
  const [files, folders]: [DroppedFile[], string[]] = [[], []];
  await gather(entry, "", files, folders);
  return { name: entry.name, isFolder: entry.isDirectory, files, folders };
}

async function gather(entry: FileSystemEntry, path: string, files: DroppedFile[], folders: string[]): Promise<void> {
  if (entry.isFile) {
    const file = await new Promise<File>((resolve, reject) => (entry as FileSystemFileEntry).file(resolve, reject));
    files.push({ path, file });
    return;
  }
  if (path !== "") folders.push(path);
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  for (;;) {
    // A browser gives a hundred at a time, then none.
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (some.length === 0) return;
    for (const each of some) await gather(each, path === "" ? each.name : `${path}/${each.name}`, files, folders);
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
