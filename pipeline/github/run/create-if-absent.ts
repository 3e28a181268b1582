/**
 * What there should be exactly one of: a release, a deployment, an asset.
 *
 * A POST whose answer is lost may have taken effect, and made again it would leave two. So it is looked for first, and
 * again before it is made a second time. Stopped anywhere, running it again finds what is there.
 */
import { isFailure } from "../../core/failure.ts";
import type { World } from "../../core/world.ts";

export interface Creation<T> {
  /** What is there already. */
  readonly find: () => Promise<T | undefined>;
  readonly create: () => Promise<T>;
}

const attempts = 3;
/** ms. Lists lag a little behind what was just made. */
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
      world.log(`${error.message}; looking whether it took effect`);
      await world.sleep(error.wait ?? pause);
    }
  }
}
