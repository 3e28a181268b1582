/** Time limits of connections and requests, in milliseconds. */

export const usualLimits = {
  /** From a connection, or the first byte of a further request on it, to the end of the headers. */
  headers: 10_000,
  /** To the end of the request, which for a reader has no body. */
  request: 30_000,
  /** Until a connection without any data is closed. */
  idle: 120_000,
  /** Between requests on one connection. */
  keepAlive: 5_000,
  firstBytes: 60_000,
  /** For a slot among the bodies that are sent at once. */
  place: 10_000,
  /** In which a reader must accept anything where other requests wait for its slot. */
  stall: 5_000,
  /** In which a reader must accept a piece of a body. */
  reader: 60_000,
};

export type Limits = Record<keyof typeof usualLimits, number>;
