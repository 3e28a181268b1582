/**
 * Section IV.A.1, "Disk Format: Level 2A1 - Data Object Header Prefix", versions 1 and 2, and IV.A.2 on shared messages.
 *
 * A header is a list of messages, in one or more blocks. A message may be shared: then it only names the header that has
 * it. This module knows what messages are, not what they contain.
 */
import { Cursor } from "./cursor.ts";
import { damaged } from "./failures.ts";
import { objectSize } from "./file-budget.ts";
import type { Storage } from "./storage.ts";

export interface Message {
  readonly type: number;
  readonly isShared: boolean;
  readonly bytes: Uint8Array;
  /** Byte of the file where it is. */
  readonly at: number;
  /** Where the header tracks it. */
  readonly creationOrder?: number;
}

export interface ObjectHeader {
  readonly address: number;
  readonly messages: readonly Message[];
}

/** Section IV.A.2. */
export const messageType = {
  dataspace: 0x01,
  linkInfo: 0x02,
  datatype: 0x03,
  oldFillValue: 0x04,
  fillValue: 0x05,
  link: 0x06,
  externalFiles: 0x07,
  layout: 0x08,
  groupInfo: 0x0a,
  filters: 0x0b,
  attribute: 0x0c,
  sharedTable: 0x0f,
  continuation: 0x10,
  symbolTable: 0x11,
  attributeInfo: 0x15,
} as const;

/** Blocks that a continuation message names. */
interface Block {
  readonly address: number;
  readonly length: number;
}

/** @throws Failure `input` where there is no valid header; `unavailable` as the source does. */
export async function readObjectHeader(storage: Storage, address: number): Promise<ObjectHeader> {
  // Most headers are shorter; what is more is read once the length is known.
  const start = await storage.readSome(address, 512, "an object's header");
  const isNew = start.left >= 4 && start.bytes[0] === 0x4f;
  const first = isNew ? await firstNewBlock(storage, address, start) : await firstOldBlock(storage, address, start);
  const messages: Message[] = [];
  const following: Block[] = [];
  const take = (block: Cursor, end: number) => {
    for (const message of messagesIn(block, end, first.style)) {
      storage.budget.spend("memory", objectSize);
      if (message.type === messageType.continuation) following.push(continuationOf(message, storage));
      else if (message.type !== 0) messages.push(message);
    }
  };
  take(first.block, first.end);

  const visited = new Set<number>([address]);
  // The blocks of one header don't overlap, so together they are not longer than the file.
  let budget = storage.source.size;
  for (let next = following.shift(); next; next = following.shift()) {
    if (visited.has(next.address)) throw damaged("an object's header continues in itself", storage.base + next.address);
    visited.add(next.address);
    budget -= next.length;
    if (budget < 0) throw damaged("an object's header is longer than the file", storage.base + address);
    storage.budget.spend("memory", next.length);
    const block = await storage.read(next.address, next.length, "an object's header");
    if (first.style.isNew) {
      block.signature("OCHK");
      checkChecksum(block);
      take(block, block.bytes.length - 4);
    } else take(block, block.bytes.length);
  }
  return { address, messages };
}

interface Style {
  readonly isNew: boolean;
  readonly tracksCreation: boolean;
}

interface FirstBlock {
  readonly block: Cursor;
  readonly end: number;
  readonly style: Style;
}

async function firstNewBlock(storage: Storage, address: number, start: Cursor): Promise<FirstBlock> {
  start.signature("OHDR").version("an object's header", 2);
  const flags = start.uint(1);
  if (flags & 0x20) start.skip(16);
  if (flags & 0x10) start.skip(4);
  const length = start.uint(1 << (flags & 3));
  const prefix = start.position;
  storage.budget.spend("memory", prefix + length);
  const block = await wholeBlock(storage, address, start, prefix + length + 4);
  checkChecksum(block);
  block.position = prefix;
  return { block, end: prefix + length, style: { isNew: true, tracksCreation: (flags & 4) !== 0 } };
}

async function firstOldBlock(storage: Storage, address: number, start: Cursor): Promise<FirstBlock> {
  start.version("an object's header", 1);
  // Reserved, the number of messages, references to the object.
  const length = start.skip(7).uint(4);
  const prefix = 16;
  storage.budget.spend("memory", prefix + length);
  const block = await wholeBlock(storage, address, start, prefix + length);
  block.position = prefix;
  return { block, end: prefix + length, style: { isNew: false, tracksCreation: false } };
}

/** `length` bytes, which mostly have been read with the first ones: a copy, since messages keep them in memory. */
const wholeBlock = (storage: Storage, address: number, { bytes, at }: Cursor, length: number) =>
  length <= bytes.length
    ? new Cursor(bytes.slice(0, length), storage.widths, at)
    : storage.read(address, length, "an object's header");

function checkChecksum(block: Cursor): void {
  const { position } = block;
  block.position = block.bytes.length - 4;
  block.checksum("an object's header");
  block.position = position;
}

function* messagesIn(block: Cursor, end: number, { isNew, tracksCreation }: Style): Generator<Message> {
  const prefix = isNew ? (tracksCreation ? 6 : 4) : 8;
  // In new headers, what is too short for a message is a gap.
  while (end - block.position >= prefix) {
    const type = block.uint(isNew ? 1 : 2);
    const length = block.uint(2);
    const flags = block.uint(1);
    if (!isNew) block.skip(3);
    const creationOrder = tracksCreation ? block.uint(2) : undefined;
    if (block.position + length > end) throw block.damage("a message is longer than its header");
    const at = block.at + block.position;
    const bytes = block.take(length);
    yield { type, isShared: (flags & 2) !== 0, bytes, at, ...(creationOrder !== undefined && { creationOrder }) };
  }
}

function continuationOf(message: Message, storage: Storage): Block {
  const cursor = cursorOf(message, storage);
  return { address: cursor.definedAddress("the rest of an object's header"), length: cursor.length() };
}

/** Over an unshared message. */
export const cursorOf = ({ bytes, at }: Pick<Message, "bytes" | "at">, { widths }: Storage) =>
  new Cursor(bytes, widths, at);
