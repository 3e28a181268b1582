/** Bytes as a reference has them itself. */

/** Bytes that are turned into characters at once: functions take some ten thousand arguments. */
const step = 8192;

export function base64(bytes: Uint8Array): string {
  let text = "";
  for (let from = 0; from < bytes.length; from += step)
    text += String.fromCharCode(...bytes.subarray(from, from + step));
  return `base64:${btoa(text)}`;
}
