/**
 * Bytes of one file, read by ranges: all that the readers of single-file formats ask of where a file is.
 *
 * A file on disk, a UnixFS file of a node and a gateway that answers range requests are each a `RangeSource`.
 * Readers get theirs through `withBlocks` (`formats/block-cache.ts`), so that structures near one another cost one read.
 */

export interface RangeSource {
  /** Bytes. */
  readonly size: number;

  /**
   * `length` bytes from `offset`; fewer where the file ends before, none past its end.
   *
   * Independent reads may run in parallel. The bytes may be a view of memory that others read, too: never written to.
   *
   * @throws Failure `unavailable` where the bytes can't be had now.
   */
  read(offset: number, length: number): Promise<Uint8Array>;
}
