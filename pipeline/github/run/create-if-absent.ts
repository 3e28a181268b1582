/**
 * Creates what must exist exactly once: a release, a deployment, an asset.
 *
 * A POST whose response was lost may have taken effect, and a second one would create a duplicate. So `find` runs before each
 * attempt. The next run continues an interrupted one.
 */
import { isFailure } from "../../core/failure.ts";
import type { World } from "../../core/world.ts";

export interface Creation<T> {
  /** Returns the existing object, if any. */
  readonly find: () => Promise<T | undefined>;
  readonly create: () => Promise<T>;
}

const attempts = 3;
/** ms. GitHub's lists lag behind its writes. */
const pause = 2_000;

/** @throws Failure as `find` and `create` do; failures of kind `unavailable` are retried first. */
export async function createIfAbsent<T>({ find, create }: Creation<T>, world: World): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    const known = await find();
    if (known !== undefined) return known;
    try {
      return await create();
    } catch (error) {
      if (!isFailure(error, "unavailable") || attempt === attempts) throw error;
      world.log(`${error.message}; checking whether it took effect`);
      await world.sleep(error.wait ?? pause);
    }
  }
}
