/** A component whose script is fetched when it is first shown. */
import { signal } from "@preact/signals";
import type { ComponentType } from "preact";
import { useEffect } from "preact/hooks";
import { texts } from "../texts/texts.ts";
import { failure } from "./state.ts";

/** Where the script can't be fetched, the page shows why; asking again fetches it again. */
export function later<Props extends object>(load: () => Promise<ComponentType<Props>>): ComponentType<Props> {
  const loaded = signal<{ readonly Component: ComponentType<Props> } | undefined>(undefined);
  return (props) => {
    useEffect(() => {
      if (loaded.value) return;
      load().then(
        (Component) => {
          loaded.value = { Component };
        },
        (error: Error) => {
          failure.value = error.message;
        },
      );
    }, []);
    return loaded.value ? <loaded.value.Component {...props} /> : <p class="count">{texts.find.reading}</p>;
  };
}
