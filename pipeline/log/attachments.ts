/** Limits on names and sizes of attachments: files alongside the head of a log. */
import { Failure } from "../core/failure.ts";

/** Bytes. A signed IPNS record has at most 10 KiB. */
export const largestAttachment = 1 << 20;

/**
 * Rejects invalid names of attachments, which become paths on disks and in git trees.
 *
 * @throws Failure `input`
 */
export function assertAttachmentName(name: string): void {
  // No part begins with a dot: neither `..` nor `.git` nor what git itself reads, such as `.gitattributes`.
  if (name.length <= 200 && /^[A-Za-z0-9][A-Za-z0-9.-]*(\/[A-Za-z0-9][A-Za-z0-9.-]*)*$/.test(name)) return;
  throw new Failure("input", `“${name.slice(0, 80)}” can't be the name of a file stored with the log`, {
    hint: "letters, digits, dots and hyphens, in parts divided by /, each beginning with a letter or digit",
  });
}

/** @throws Failure `input` if `bytes` are more than an attachment may have. */
export function assertAttachmentSize(name: string, bytes: Uint8Array): void {
  if (bytes.length <= largestAttachment) return;
  throw new Failure(
    "input",
    `${name}: ${bytes.length} bytes are too many for a file stored with the log (${largestAttachment})`,
  );
}
