/** Records the blocks of the files of a task that stay in place, wherever they were hashed. */
import type { Profile } from "../../../dag/profile.ts";
import type { PlaceRecorder } from "../in-place/record-places.ts";
import { filesIn, type Hashed, type Task } from "./hash-files.ts";

export function recordTask(task: Task, hashed: Hashed, profile: Profile, places: PlaceRecorder): void {
  const { chunkSize } = profile;
  if (task.kind === "range") {
    const { path, size, modified, offset } = task;
    if (hashed.inPlace?.[0] === modified) places.record({ path, size, modified }, offset, hashed.digests, chunkSize);
    return;
  }
  let file = 0;
  for (const each of filesIn(hashed, profile)) {
    const modified = hashed.inPlace?.[file] ?? Number.NaN;
    const path = task.paths[file++]!;
    if ("digests" in each && !Number.isNaN(modified))
      places.record({ path, size: each.bytes, modified }, 0, each.digests, chunkSize);
  }
}
