/** Views for tests: folded from releases and rendered, as a portal is. */
import { emptyStates, foldsOf, rendered, withRelease } from "../../pipeline/views/folds.ts";
import type { Content, Memory, Past, PortalFile, States, View } from "../../pipeline/views/view.ts";

/** The states of a view after some releases. */
export function statesAfter<Of extends States>(
  view: View<Of>,
  past: readonly Past[],
  from: States = emptyStates(foldsOf([view])),
): States {
  const folds = foldsOf([view]);
  return past.reduce((states, { release, ...block }) => withRelease(folds, states, { release, block }), from);
}

/** The files of a view in the portal of the release in `content`. @param before as {@link statesAfter} returns them. */
export function filesOf<Of extends States>(
  view: View<Of>,
  before: States,
  content: Content,
  memory?: Memory,
): PortalFile[] {
  const { draft, sides } = content;
  const states = withRelease(foldsOf([view]), before, { release: draft, ...(sides && { sides }) });
  return [...rendered(view, states, content, memory)];
}
