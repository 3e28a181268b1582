/**
 * How long the event loop was kept from everybody else.
 *
 * In processor time of this thread, which a busy machine does not add to: other processes take turns with ours, too.
 */

/** The longest turn in ms for which nothing else could run, while `running` did. */
export async function longestTurn(running: Promise<unknown>): Promise<number> {
  let longest = 0;
  let over = false;
  const watching = (async () => {
    for (let last = used(); !over; ) {
      await new Promise(setImmediate);
      const now = used();
      longest = Math.max(longest, now - last);
      last = now;
    }
  })();
  try {
    await running;
  } finally {
    over = true;
    await watching;
  }
  return longest;
}

/** ms */
function used(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}
