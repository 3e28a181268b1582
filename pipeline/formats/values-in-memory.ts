/** Values that a reader has in memory, as `core/cf` asks for them. */
import type { Raw, ReadValues } from "../core/cf/variable.ts";
import type { World } from "../core/world.ts";
import { piecesOf } from "./read-values.ts";

/**
 * Passes on the values that `valuesOf` gives for a variable of one dimension, some at a time, with turns for others.
 *
 * @param valuesOf `undefined` where a variable's values are not known
 * @param isWhole whether they are all of the variable's; a sample answers requests for `some` only
 */
export function readFromMemory(
  valuesOf: (name: string) => Promise<Raw | undefined>,
  isWhole: boolean,
  world: World,
): ReadValues {
  return async ({ name }, which, visit) => {
    if (which === "all" && !isWhole) return false;
    const values = await valuesOf(name);
    if (!values) return false;
    for (const piece of piecesOf(values, { from: [0], size: [values.length] })) {
      visit(piece);
      await world.sleep(0);
      world.signal.throwIfAborted();
    }
    return true;
  };
}
