/** What is used of stac-node-validator, which comes without types. */
declare module "stac-node-validator" {
  interface SchemaError {
    /** JSON pointer into the document; absent where the schema itself could not be used. */
    readonly instancePath?: string;
    readonly message?: string;
  }

  export interface Report {
    readonly valid: boolean | null;
    /** The address that `loader` was given. */
    readonly source: string | null;
    readonly messages: readonly string[];
    readonly results: {
      readonly core: readonly SchemaError[];
      readonly extensions: Readonly<Record<string, readonly SchemaError[]>>;
    };
    readonly children: readonly Report[];
  }

  /** `loader` gives what stands at an address: that of a document, or of a schema. What it throws is a message in the report. */
  export default function validate(
    documents: readonly string[],
    options: { readonly loader: (address: string) => Promise<unknown> },
  ): Promise<Report>;
}
