/** The plot of what was read, whichever kind it is. */
import type { PlotData } from "../load.ts";
import { fieldPlot } from "./field.ts";
import { histogramPlot } from "./histogram.ts";
import { profilePlot, seriesPlot } from "./lines.ts";
import type { Plot, PlotOptions } from "./plot.ts";
import { trackPlot } from "./track.ts";

/** `undefined` of a single value, which is a sentence. */
export function drawPlot(data: PlotData, options: PlotOptions): Plot | undefined {
  switch (data.kind) {
    case "series":
      return seriesPlot(data, options);
    case "profile":
      return profilePlot(data, options);
    case "track":
      return trackPlot(data, options);
    case "field":
      return fieldPlot(data, options);
    case "histogram":
      return histogramPlot(data, options);
    case "value":
      return undefined;
  }
}
