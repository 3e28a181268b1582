/** Types for the functions used of stac-node-validator, which has no types of its own. */
declare module "stac-node-validator" {
  interface SchemaError {
    /** JSON pointer into the document; absent where the schema itself could not be used. */
    readonly instancePath?: string;
    readonly message?: string;
  }

  export interface Report {
    readonly valid: boolean | null;
    /** The address passed to `loader`. */
    readonly source: string | null;
    readonly messages: readonly string[];
    readonly results: {
      readonly core: readonly SchemaError[];
      readonly extensions: Readonly<Record<string, readonly SchemaError[]>>;
    };
    readonly children: readonly Report[];
  }

  /** `loader` returns the document or schema at an address. Whatever it throws becomes a message in the report. */
  export default function validate(
    documents: readonly string[],
    options: { readonly loader: (address: string) => Promise<unknown> },
  ): Promise<Report>;
}
