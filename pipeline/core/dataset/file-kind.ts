/** What a file or folder is, whether or not a reader describes it: for people a name, for programs a media type. */
export interface FileKind {
  /** Begins in lower case unless its first word is a name: `PNG image`, `plain text`. */
  readonly name: string;
  /** As IANA registers it; where it has none, as most programs call it. */
  readonly mediaType: string;
}
