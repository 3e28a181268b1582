/**
 * Objects of a file: what kind a header is of (section IV.A.1), and groups, datasets and named datatypes made of its
 * messages.
 */

import { type Recent, recent } from "../../core/recent.ts";
import type { Decompressors } from "../decompressors.ts";
import { openDataset } from "./dataset.ts";
import { attributesOf } from "./messages/attribute.ts";
import { readDatatype, typeSize } from "./messages/datatype.ts";
import type { Hdf5Group, Hdf5Link, Hdf5NamedType, Hdf5Object } from "./model.ts";
import { damaged } from "./structure/failures.ts";
import { linksOf } from "./structure/links.ts";
import { messageType, type ObjectHeader } from "./structure/object-header.ts";
import type { Objects } from "./structure/objects.ts";

export interface ObjectsOfFile {
  readonly objects: Objects;
  readonly using: Decompressors;
  /** Address of the root group's header. */
  readonly root: number;
  /** Links of groups that soft links led through last, by name, by the address of the group. */
  readonly ledThrough: Recent<number, ReadonlyMap<string, Hdf5Link>>;
}

/** Groups whose links are remembered. */
const mostLedThrough = 64;

/** For `ObjectsOfFile.ledThrough`. */
export function linksByName(objects: Objects): ObjectsOfFile["ledThrough"] {
  return recent(mostLedThrough, async (address) => {
    const links = await linksOf(objects, await objects.header(address));
    return new Map(links.map((link) => [link.name, link]));
  });
}

/** Soft links that lead to soft links, at most: as many as HDF5 follows by default. */
const mostLinksFollowed = 16;

/** As `Hdf5File.objectAt`. */
export async function objectAt(file: ObjectsOfFile, address: number, path: string): Promise<Hdf5Object> {
  const header = await file.objects.header(address);
  const has = (type: number) => header.messages.some((message) => message.type === type);
  if (has(messageType.symbolTable) || has(messageType.linkInfo) || has(messageType.link))
    return groupOf(file, header, path);
  if (has(messageType.layout)) return openDataset(file.objects, header, path, file.using);
  return namedType(file, header, path);
}

function groupOf(file: ObjectsOfFile, header: ObjectHeader, path: string): Hdf5Group {
  const { objects } = file;
  return {
    kind: "group",
    path,
    address: header.address,
    attributes: () => attributesOf(objects, header),
    links: () => linksOf(objects, header),
    async open(link) {
      const address = await addressOf(file, header.address, link, mostLinksFollowed);
      return address === undefined ? undefined : objectAt(file, address, joined(path, link.name));
    },
  };
}

/** Where a link of the group at this address leads; `undefined` where that is nowhere in this file. */
async function addressOf(
  file: ObjectsOfFile,
  group: number,
  { target }: Hdf5Link,
  followed: number,
): Promise<number | undefined> {
  if (target.kind === "hard") return target.address;
  if (target.kind !== "soft" || followed === 0) return undefined;
  let address: number | undefined = target.path.startsWith("/") ? file.root : group;
  for (const name of target.path.split("/")) {
    file.objects.storage.budget.spend("steps", 1);
    if (name === "" || name === ".") continue;
    const link: Hdf5Link | undefined = (await file.ledThrough.get(address)).get(name);
    address = link && (await addressOf(file, address, link, followed - 1));
    if (address === undefined) return undefined;
  }
  return address;
}

async function namedType({ objects }: ObjectsOfFile, header: ObjectHeader, path: string): Promise<Hdf5NamedType> {
  const cursor = await objects.fieldsOf(header, messageType.datatype);
  if (!cursor)
    throw damaged("an object is neither a group nor a dataset nor a datatype", objects.storage.base + header.address);
  const type = readDatatype(cursor);
  objects.storage.budget.spend("memory", typeSize(type));
  return {
    kind: "datatype",
    path,
    address: header.address,
    type,
    attributes: () => attributesOf(objects, header),
  };
}

const joined = (path: string, name: string) => (path.endsWith("/") ? `${path}${name}` : `${path}/${name}`);
