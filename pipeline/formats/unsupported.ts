/**
 * What is stored is valid as far as we know: this version can't read it. Other errors of a decoder are about the bytes.
 *
 * A finding made of it blames the reader and never the data.
 */
export class Unsupported extends Error {}
