/**
 * Names of places that campaigns go to, with the box of each: what "near Barbados" means without asking a server.
 *
 * Boxes are generous, to a degree or so: a question is about a region, and the map shows which box was searched.
 */
import type { Box } from "../../dataset/extent.ts";
import { fold } from "../index/words.ts";

/** Names in lower case without accents; of several, all mean the place. */
const table: readonly (readonly [names: string, west: number, south: number, east: number, north: number])[] = [
  // Oceans and seas
  ["atlantic|atlantic ocean|atlantik", -82, -60, 20, 68],
  ["north atlantic|nordatlantik", -82, 0, 0, 68],
  ["south atlantic|sudatlantik", -68, -60, 20, 0],
  ["tropical atlantic|tropischer atlantik", -62, -10, 15, 20],
  ["pacific|pacific ocean|pazifik", 120, -60, -68, 62],
  ["north pacific|nordpazifik", 120, 0, -100, 62],
  ["south pacific|sudpazifik", 145, -60, -68, 0],
  ["indian ocean|indischer ozean", 20, -60, 120, 28],
  ["southern ocean|sudozean", -180, -90, 180, -50],
  ["arctic|arktis|arctic ocean", -180, 66, 180, 90],
  ["antarctica|antarctic|antarktis", -180, -90, 180, -60],
  ["mediterranean|mediterranean sea|mittelmeer", -6, 30, 37, 46],
  ["caribbean|caribbean sea|karibik", -88, 9, -59, 23],
  ["gulf of mexico", -98, 18, -80, 31],
  ["baltic|baltic sea|ostsee", 9, 53, 31, 66],
  ["north sea|nordsee", -4, 51, 10, 61],
  ["norwegian sea", -10, 62, 18, 76],
  ["barents sea", 16, 67, 65, 82],
  ["fram strait|framstrasse", -20, 76, 15, 82],
  ["greenland sea", -45, 70, 10, 83],
  ["labrador sea", -65, 50, -43, 66],
  ["weddell sea", -65, -79, -10, -60],
  ["ross sea", 155, -86, -145, -70],
  ["black sea|schwarzes meer", 27, 40, 42, 48],
  ["red sea|rotes meer", 32, 12, 44, 30],
  ["arabian sea", 50, 0, 78, 26],
  ["bay of bengal", 79, 4, 96, 23],
  ["south china sea", 99, -3, 122, 24],
  ["coral sea", 142, -26, 170, -7],
  // Islands and places of campaigns
  ["barbados", -59.8, 12.9, -59.3, 13.5],
  ["bco|deebles point", -59.5, 13.1, -59.4, 13.2],
  ["cape verde|cabo verde|kap verde|kapverden", -25.5, 14.7, -22.5, 17.3],
  ["mindelo|sao vicente", -25.2, 16.7, -24.8, 17],
  ["sal", -23.1, 16.5, -22.8, 16.9],
  ["canary islands|canaries|kanaren", -18.3, 27.5, -13.3, 29.5],
  ["azores|azoren", -31.5, 36.8, -24.9, 39.9],
  ["madeira", -17.4, 32.3, -16.1, 33.2],
  ["bermuda", -65, 32.1, -64.5, 32.5],
  ["trinidad|tobago", -62, 9.9, -60.4, 11.4],
  ["puerto rico", -67.4, 17.8, -65.1, 18.6],
  ["guadeloupe", -61.9, 15.8, -61, 16.6],
  ["ascension", -14.5, -8.1, -14.2, -7.8],
  ["saint helena|st helena", -5.9, -16.1, -5.6, -15.8],
  ["hawaii", -160.5, 18.8, -154.7, 22.4],
  ["galapagos", -92, -1.5, -89, 0.7],
  ["maldives|malediven", 72.5, -0.8, 73.9, 7.2],
  ["reunion|la reunion", 55.2, -21.5, 55.9, -20.8],
  ["mauritius", 57.2, -20.6, 57.9, -19.9],
  ["manus", 146.4, -2.3, 147.5, -1.8],
  ["nauru", 166.8, -0.7, 167, -0.4],
  ["fiji|fidschi", 176.8, -19.3, -178, -16],
  ["samoa", -172.9, -14.2, -171.3, -13.3],
  ["guam", 144.5, 13.2, 145, 13.7],
  ["okinawa", 127.5, 26, 128.4, 26.9],
  ["iceland", -24.6, 63.2, -13.4, 66.6],
  ["faroe islands|faroer", -7.8, 61.3, -6.2, 62.5],
  ["svalbard|spitsbergen|spitzbergen", 10, 76.4, 34, 81],
  ["ny-alesund|ny alesund", 11.6, 78.8, 12.2, 79.1],
  ["jan mayen", -9.2, 70.7, -7.8, 71.2],
  ["kiruna", 19.5, 67.5, 21, 68.2],
  ["greenland|gronland", -74, 59.5, -11, 84],
  ["helgoland", 7.7, 54.1, 8, 54.3],
  ["lindenberg", 13.8, 52, 14.4, 52.4],
  ["black forest|schwarzwald", 7.5, 47.5, 8.7, 49],
  ["alps|alpen", 5, 43.5, 16.5, 48.3],
  // Lands
  ["europe|europa", -25, 34, 45, 72],
  ["africa|afrika", -18, -35, 52, 38],
  ["west africa|westafrika", -18, 4, 16, 21],
  ["sahara", -17, 15, 35, 34],
  ["sahel", -18, 11, 38, 18],
  ["namibia", 11.7, -29, 25.3, -16.9],
  ["germany|deutschland", 5.8, 47.2, 15.1, 55.1],
  ["united kingdom|uk", -8.7, 49.8, 1.8, 60.9],
  ["scandinavia|skandinavien", 4, 55, 31.5, 71.3],
  ["north america|nordamerika", -170, 14, -52, 84],
  ["south america|sudamerika", -82, -56, -34, 13],
  ["brazil|brasilien", -74, -34, -34, 5.3],
  ["amazon|amazonas", -79, -15, -48, 5],
  ["asia|asien", 26, -10, -169, 81],
  ["india|indien", 68, 6.5, 97.5, 35.5],
  ["japan", 122.9, 24, 146, 45.6],
  ["australia|australien", 112.9, -43.8, 153.7, -10.5],
  ["darwin", 130.6, -12.7, 131.2, -12.2],
  ["new zealand|neuseeland", 166, -47.5, 179, -34],
  // Belts
  ["tropics|tropen", -180, -23.5, 180, 23.5],
  ["equator|aquator", -180, -2, 180, 2],
  ["northern hemisphere|nordhalbkugel", -180, 0, 180, 90],
  ["southern hemisphere|sudhalbkugel", -180, -90, 180, 0],
  ["dateline|date line|antimeridian|datumsgrenze", 177.5, -90, -177.5, 90],
  ["north pole|nordpol", -180, 85, 180, 90],
  ["south pole|sudpol", -180, -90, 180, -85],
];

const boxes: ReadonlyMap<string, Box> = new Map(
  table.flatMap(([names, ...box]) => names.split("|").map((name) => [name, box] as const)),
);

/** Names of places, the longest first: "tropical atlantic" before "atlantic". */
export const placeNames: readonly string[] = [...boxes.keys()].sort((a, b) => b.length - a.length);

/** The box of a place, [west, south, east, north] in degrees; `undefined` for an unknown name. */
export function placeBox(name: string): Box | undefined {
  return boxes.get(fold(name).replace(/\s+/g, " ").trim());
}
