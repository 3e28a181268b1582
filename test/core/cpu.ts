/** Milliseconds of processor time that `run` takes in this thread, the best of three: what else the machine does is no matter. */
export function cpuTime(run: () => void): number {
  const times = Array.from({ length: 3 }, () => {
    const start = process.threadCpuUsage();
    run();
    const { user, system } = process.threadCpuUsage(start);
    return (user + system) / 1000;
  });
  return Math.min(...times);
}
