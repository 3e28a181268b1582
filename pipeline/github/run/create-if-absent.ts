/**
 * Creates what must exist exactly once: a release, a deployment, an asset.
 *
 * A POST whose answer is lost may have taken effect, and a second one would create a duplicate. So `find` runs before each
 * attempt. An interrupted run is continued by the next.
 */
import { isFailure } from "../../core/failure.ts";
import type { World } from "../../core/world.ts";

export interface Creation<T> {
  /** What is there already. */
  readonly find: () => Promise<T | undefined>;
  readonly create: () => Promise<T>;
}

const attempts = 3;
/** ms. GitHub's lists lag behind its writes. */
const pause = 2_000;

/** @throws Failure as `find` and `make` do; what is unavailable is tried again. */
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
