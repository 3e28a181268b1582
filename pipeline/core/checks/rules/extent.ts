/** Rules on time and place: what searches, maps and time lines of the portal rest on. */
import type { Rules } from "../rule.ts";

export const extentRules = {
  "no-time": {
    level: "warning",
    finds: "The dataset has no time: neither coordinates nor attributes have one.",
    reason: "It is on no time line, and no search by time finds it.",
    fix: "Add a time coordinate with CF units, or time_coverage_start and time_coverage_end.",
  },
  "no-place": {
    level: "warning",
    finds: "The dataset has no place: neither coordinates nor attributes have one.",
    reason: "It is on no map, and no search by place finds it.",
    fix: "Add latitude and longitude coordinates, or geospatial_lat_min, _lat_max, _lon_min and _lon_max.",
  },
  "time-units": {
    level: "warning",
    finds: "Units or calendar of a time coordinate can't be understood.",
    reason: "xarray may open the dataset with `decode_times=False` only.",
    fix: "Write units such as `seconds since 2024-08-11 00:00:00`, and a calendar that CF has.",
  },
  "time-range": {
    level: "warning",
    finds: "Times are beyond the dates that xarray or RFC 3339 have.",
    reason: "The dataset is on no time line, and xarray may refuse its times.",
    fix: "Correct the units, and declare the value that stands for missing as `_FillValue`.",
  },
  "declared-time": {
    level: "warning",
    finds: "time_coverage attributes can't be read, or differ from the time coordinate.",
    reason: "Searches that rest on the attributes give wrong results.",
    fix: "Correct or remove them.",
  },
  "declared-place": {
    level: "warning",
    finds: "geospatial attributes can't be read, or differ from the coordinates.",
    reason: "Searches that rest on the attributes give wrong results.",
    fix: "Correct or remove them.",
  },
  "place-units": {
    level: "warning",
    finds: "A latitude or longitude has units that are no degrees.",
    reason: "The dataset is on no map.",
    fix: "Write `degrees_north` and `degrees_east`, or use another standard name.",
  },
  "impossible-place": {
    level: "warning",
    finds: "Latitudes or longitudes are beyond ±90° or ±360°.",
    reason: "Plots and searches by place include points that do not exist.",
    fix: "Declare the value that stands for missing as `_FillValue`.",
  },
  "doubtful-extent": {
    level: "warning",
    finds: "Values of a coordinate contradict its attributes.",
    reason: "Its extent is left out.",
    fix: "Declare the value that stands for missing as `_FillValue`, and correct the attributes.",
  },
  "all-missing": {
    level: "warning",
    finds: "Every value of a coordinate is missing.",
    reason: "Nothing can be selected by it.",
    fix: "Write its values, or remove it.",
  },
  "sampled-extent": {
    level: "warning",
    finds: "A coordinate is too large to be read whole; its extent comes from a sample.",
    reason: "The extent may be too small.",
    fix: "Declare geospatial_lat_min … geospatial_lon_max and time_coverage_start, time_coverage_end.",
  },
  "large-coordinate": {
    level: "warning",
    finds: "A coordinate is too large, or in too many or too large chunks, to be read.",
    reason: "The dataset's extent stays unknown, and opening it takes long.",
    fix: "Write coordinates in few chunks of at most some megabytes.",
  },
  "ambiguous-date": {
    level: "warning",
    finds: "A column has dates of which the day or the month may come first.",
    reason: "They are not read, because half of all readers would read other dates.",
    fix: "Write dates as `2024-08-11T10:00:00Z`.",
  },
  "foreign-crs": {
    level: "warning",
    finds: "GeoJSON or GeoParquet has coordinates that are not longitude and latitude.",
    reason: "Where they are is not known, and GeoJSON (RFC 7946) has no others, so that the dataset is on no map.",
    fix: "Convert it to longitude and latitude, with `ogr2ogr -t_srs EPSG:4326`.",
  },
  "large-track": {
    level: "warning",
    finds: "A file of tracks is too large to be read.",
    reason: "Its time and place are not known.",
    fix: "Split it by day or flight, or leave out positions.",
  },
  "ends-at-midnight": {
    level: "hint",
    finds: "A sidecar's end is a day without a time, which is 00:00 UTC of that day.",
    reason: "The last day is left out of searches where it was to be included.",
    fix: "Write the end with a time, such as `2024-09-30T23:59:59Z`.",
  },
} as const satisfies Rules;
