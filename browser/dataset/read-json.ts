/** A JSON file of the portal. */

/** @returns `undefined` where there is none, or the host does not answer: what would be shown from it is an extra. */
export async function readJson(url: string): Promise<unknown> {
  try {
    const response = await fetch(url);
    return response.ok ? ((await response.json()) as unknown) : undefined;
  } catch (error) {
    // Not answered, or another page in its place.
    if (error instanceof TypeError || error instanceof SyntaxError) return undefined;
    throw error;
  }
}
