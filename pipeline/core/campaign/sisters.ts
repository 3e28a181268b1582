/** Other campaigns whose data is found with this one's: `sisters:` of campaign.yaml, and what remotes.json has of each. */

/** A name of something pulled: part of labels and addresses. */
export const pulledName = /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/;

/** What is published of a sister: whose it is, which release, and the parts of its portal that are linked. */
export interface Sister {
  /** What it is called here. */
  readonly name: string;
  readonly campaign: string;
  readonly title: string;
  readonly release: number;
  readonly portal: string;
  /** Its STAC catalog, a folder of its portal. */
  readonly stac: SisterPart;
}

export interface SisterPart {
  readonly cid: string;
  readonly tsize: number;
}

/** Where this campaign's portal links the STAC of a sister. No name in a tree becomes this: after a `~` come two hex digits. */
export const sisterFolder = (name: string): string => `stac/~sister--${name}`;
