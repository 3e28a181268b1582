/** What was found as folders, with the size of each. A folder's contents are rendered when it is opened. */
import { useState } from "preact/hooks";
import { hrefOf, type ListRow } from "../../pipeline/core/page/row.ts";
import { grouped } from "../../pipeline/core/text/plural.ts";
import { formatBytes, oneLine } from "../../pipeline/core/text/shown.ts";
import { texts } from "../texts/texts.ts";
import { type Folder, foldersOf } from "./folders.ts";
import { isLocal } from "./state.ts";

/** Folders that have fewer entries are open at first. */
const fewEntries = 12;

export function Tree({ rows }: { readonly rows: readonly ListRow[] }) {
  const { find } = texts;
  if (!isLocal()) {
    return (
      <p class="notice">
        {find.treeOfLarge} <a href="tree/">{find.allFiles}</a> · <a href="stac/catalog.json">STAC</a>
      </p>
    );
  }
  const root = foldersOf(rows);
  return (
    <div class="tree">
      <Contents folder={root} isFew={root.count <= fewEntries * 2} />
    </div>
  );
}

function Contents({ folder, isFew }: { readonly folder: Folder; readonly isFew: boolean }) {
  return (
    <ul>
      {folder.folders.map((each) => (
        <OneFolder
          key={each.name}
          folder={each}
          isFirstOpen={isFew || folder.folders.length + folder.rows.length === 1}
        />
      ))}
      {folder.rows.map((row) => (
        <Leaf key={row.path} row={row} />
      ))}
    </ul>
  );
}

function OneFolder({ folder, isFirstOpen }: { readonly folder: Folder; readonly isFirstOpen: boolean }) {
  const [isOpen, setOpen] = useState(isFirstOpen);
  const { name, count, size } = folder;
  return (
    <li>
      <details open={isOpen} onToggle={(event) => setOpen(event.currentTarget.open)}>
        <summary>
          <span class="folder-name">{oneLine(name)}</span>{" "}
          <span class="number">{texts.find.folder(grouped(count), size === undefined ? "" : formatBytes(size))}</span>
        </summary>
        {isOpen && <Contents folder={folder} isFew={count <= fewEntries} />}
      </details>
    </li>
  );
}

function Leaf({ row }: { readonly row: ListRow }) {
  const { path, kind, title, size, reason } = row;
  const name = path.slice(path.lastIndexOf("/") + 1);
  return (
    <li class={`leaf ${kind}`}>
      <a href={hrefOf(row)}>{oneLine(name)}</a>
      {title !== name && title !== path && <span class="of"> {oneLine(title).slice(0, 300)}</span>}
      {size !== undefined && <span class="number"> {formatBytes(size)}</span>}
      {reason !== undefined && (
        <p class="reason">
          <strong>{texts.find.unreadable}:</strong> {oneLine(reason).slice(0, 400)}
        </p>
      )}
    </li>
  );
}
