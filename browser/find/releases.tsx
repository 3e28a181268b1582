/** The releases, the newest first, each with what changed, and a way to what is new in it. */
import { useEffect, useState } from "preact/hooks";
import { grouped } from "../../pipeline/core/text/plural.ts";
import { oneLine } from "../../pipeline/core/text/shown.ts";
import { texts } from "../texts/texts.ts";
import type { History, ReleaseLine } from "./details.ts";
import { ask, historyOfReleases, isLocal, setAsk } from "./state.ts";

/** Releases at a time. */
const atOnce = 50;

export function Releases() {
  const { find } = texts;
  const [history, setHistory] = useState<History | undefined>(undefined);
  const [problem, setProblem] = useState<string | undefined>(undefined);
  const [most, setMost] = useState(atOnce);
  useEffect(() => {
    historyOfReleases()?.then(setHistory, (error: Error) => setProblem(error.message));
  }, []);
  if (problem !== undefined) return <p class="notice">{find.failed(problem)}</p>;
  if (!history) return <p class="count">{find.reading}</p>;
  const left = history.releases.length - most;
  return (
    <>
      <ol class="releases">
        {history.releases.slice(0, most).map((line) => (
          <Release key={line.number} {...line} />
        ))}
      </ol>
      {left > 0 && (
        <button type="button" class="more" onClick={() => setMost(most + atOnce)}>
          {find.showMore(grouped(Math.min(left, atOnce)))}
        </button>
      )}
    </>
  );
}

function Release({ number, day, changes, rollbackOf, why }: ReleaseLine) {
  const { find } = texts;
  const counts = Object.entries(changes).map(([op, count]) => find.changes[op]?.(grouped(count)) ?? `${count} ${op}`);
  return (
    <li>
      <h2>{find.release(number, day)}</h2>
      <p>
        {[
          ...counts,
          ...(rollbackOf === undefined ? [] : [find.restored(rollbackOf)]),
          ...(why ? [oneLine(why)] : []),
        ].join(", ")}
      </p>
      {isLocal() && (
        <button type="button" class="plain" onClick={() => setAsk({ ...ask.value, view: "list", since: number - 1 })}>
          {find.whatIsNew}
        </button>
      )}
    </li>
  );
}
