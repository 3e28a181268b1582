/** What all pages of the portal have around them. */
import { type Content, html } from "./html.ts";

/** No script, style or data but those of the portal: texts in a page are by strangers. */
export const policy = [
  "default-src 'none'",
  "script-src 'self' blob:",
  "style-src 'self'",
  "connect-src 'self' data:",
  "img-src 'self' data: blob:",
  "media-src 'self' blob:",
  "worker-src blob:",
  "base-uri 'none'",
  "form-action 'none'",
].join("; ");

export interface PageFrame {
  readonly title: string;
  /** The way from the page to the top of the portal: empty, or ends with a slash. */
  readonly root: string;
  /** Name of the script in `app/`, and of its style sheet. */
  readonly script: "find" | "dataset" | "contribute";
  /** Classes of the body, by which the style sheet knows the page. */
  readonly kind: string;
  /** More elements of the head, each on a line. */
  readonly head?: Content;
}

/** A page, whole. */
export function documentOf({ title, root, script, kind, head }: PageFrame, body: Content): string {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<title>${title}</title>
${head}<link rel="icon" href="data:,">
<link rel="stylesheet" href="${root}app/${script}.css">
<script type="module" src="${root}app/${script}.js"></script>
</head>
<body class="${kind}">
${body}</body>
</html>
`.text;
}
