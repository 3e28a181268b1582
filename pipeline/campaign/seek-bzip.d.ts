/** What is used of seek-bzip, which comes without types. */
declare module "seek-bzip" {
  const bunzip: {
    /** Writes what `input` unpacks to, of all streams in it where `multistream`. Throws on a wrong CRC. */
    decode(
      input: {
        readByte(): number;
        /** Fills `buffer` and returns how much it had for it. */
        read(buffer: Uint8Array, offset: number, length: number): number;
        eof(): boolean;
      },
      output: { writeByte(byte: number): void },
      multistream: boolean,
    ): unknown;
  };
  export default bunzip;
}
