/** What campaign.yaml says that published files depend on. The same facts, the same items and views. */
export interface Facts {
  readonly campaign: string;
  readonly title: string;
  readonly domain?: string;
  /** Base URLs without trailing slash; the first is the one shown to people. */
  readonly gateways: readonly string[];
  /** Folders this many names deep become STAC collections. */
  readonly collectionDepth: number;
  readonly providers: readonly Provider[];
  /** What people write → what the campaign calls the project. */
  readonly projects: Readonly<Record<string, string>>;
}

export interface Provider {
  readonly name: string;
  readonly description?: string;
  readonly roles?: readonly ("licensor" | "producer" | "processor" | "host")[];
  readonly url?: string;
}
