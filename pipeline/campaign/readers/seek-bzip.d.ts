/** Types for the functions used of seek-bzip, which has no types of its own. */
declare module "seek-bzip" {
  const bunzip: {
    /** Writes the decompressed bytes of `input`; with `multistream`, of all streams in it. Throws on a wrong CRC. */
    decode(
      input: {
        readByte(): number;
        /** Copies bytes into `buffer`, and returns their number. */
        read(buffer: Uint8Array, offset: number, length: number): number;
        eof(): boolean;
      },
      output: { writeByte(byte: number): void },
      multistream: boolean,
    ): unknown;
  };
  export default bunzip;
}
