/** One Kubo for a whole test file: starting it takes a second, most tests need no fresh one. */
import { afterAll } from "vitest";
import { type Kubo, kuboBinary, startKubo } from "./kubo.ts";

export interface SharedKubo {
  /** False where this machine can't have it; see {@link kuboBinary}. */
  readonly there: boolean;
  /** The same for all callers in this file: started by the first, with its settings, ended after the last test. */
  started(settings?: Readonly<Record<string, boolean | number | string>>): Promise<Kubo>;
}

export async function useKubo(): Promise<SharedKubo> {
  const there = (await kuboBinary()) !== undefined;
  let running: Promise<Kubo> | undefined;
  afterAll(async () => (await running)?.stop());

  const start = async (settings: Readonly<Record<string, boolean | number | string>>): Promise<Kubo> => {
    const kubo = await startKubo();
    for (const [name, value] of Object.entries(settings)) {
      await kubo.ipfs("config", "--json", name, JSON.stringify(value));
    }
    if (Object.keys(settings).length > 0) await kubo.restart();
    return kubo;
  };
  return { there, started: (settings = {}) => (running ??= start(settings)) };
}
