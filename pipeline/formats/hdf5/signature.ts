/** How a file of HDF5 begins. Apart from what reads one, for those who only ask. */

/** "\x89HDF\r\n\x1a\n", at the beginning or behind a user block of 512 bytes, or twice that, and so on. */
export function isHdf5(start: Uint8Array): boolean {
  const signature = [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a];
  return [0, 512, 1024, 2048].some((offset) => signature.every((byte, i) => start[offset + i] === byte));
}
