/** Small soundings as ASPEN writes them, for tests. */

/** Seconds from the release, mb, degC, degrees east, degrees north. */
export type SoundingRow = readonly [time: number, pressure: number, temperature: number, lon: number, lat: number];

const released = "2024, 08, 11, 10:15:00";
const field = (name: string, value: string, width: number) => name.padEnd(width) + value;

export function eolFile(rows: readonly SoundingRow[], release = released): string {
  const header = [
    field("Data Type/Direction:", "AVAPS SOUNDING DATA, Channel 3/Descending", 43),
    field("File Format/Version:", "EOL Sounding Format/1.1", 43),
    field("Project Name/Platform:", "PERCUSION/HALO, D-ADLR", 43),
    field("Launch Site:", "", 43),
    field("Launch Location (lon,lat,alt):", "59 25.92'W -59.432000, 13 09.78'N 13.163000, 14156.16", 43),
    field("UTC Launch Time (y,m,d,h,m,s):", release, 43),
    field("Sonde Id/Sonde Type:", "233945263/RD41", 43),
    field("System Operator/Comments:", "Ada/none, Good Drop", 43),
    field("Post Processing Comments:", "Aspen Version 4.0.2; Created on 20 Aug 2024 20:28 UTC", 43),
    "/",
    "  Time   -- UTC  --   Press    Temp   Dewpt    RH     Uwind   Vwind   Wspd     Dir     dZ    GeoPoAlt     Lon         Lat      GPSAlt ",
    "   sec   hh mm   ss     mb      C       C       %      m/s     m/s     m/s     deg     m/s       m        deg         deg         m   ",
    "-------- -- -- ----- ------- ------- ------- ------- ------- ------- ------- ------- ------- -------- ----------- ----------- --------",
  ];
  const number = (value: number, width: number, digits = 2) => value.toFixed(digits).padStart(width);
  const lines = rows.map(([time, pressure, temperature, lon, lat]) =>
    [
      ...[number(time, 8), "10", "15", " 0.00", number(pressure, 7), number(temperature, 7)],
      ...Array.from({ length: 7 }, () => number(-999, 7)),
      ...[number(-999, 8), number(lon, 11, 6), number(lat, 11, 6), number(-999, 8)],
    ].join(" "),
  );
  return `${[...header, ...lines].join("\n")}\n`;
}

export function classFile(rows: readonly SoundingRow[], release = released): string {
  const header = [
    field("Data Type:", "AVAPS SOUNDING DATA/Descending", 35),
    field("Project ID:", "PERCUSION", 35),
    field("Release Site Type/Site ID:", "HALO D-ADLR", 35),
    field("Release Location (lon,lat,alt):", "059 25.92'W, 13 09.78'N, -59.432, 13.163, 14156.2", 35),
    field("UTC Release Time (y,m,d,h,m,s):", release, 35),
    field("Sonde Id/Sonde Type:", "233945263/RD41", 35),
    ...["/", "/", "/", "/", "/"],
    field("Nominal Release Time (y,m,d,h,m,s):", release, 35),
    " Time  Press  Temp  Dewpt  RH    Ucmp   Vcmp   spd   dir   Wcmp     Lon     Lat   Ele   Azi    Alt    Qp   Qt   Qrh  Qu   Qv   QdZ",
    "  sec    mb     C     C     %     m/s    m/s   m/s   deg   m/s      deg     deg   deg   deg     m    code code code code code code",
    "------ ------ ----- ----- ----- ------ ------ ----- ----- ----- -------- ------- ----- ----- ------- ---- ---- ---- ---- ---- ----",
  ];
  const number = (value: number, width: number, digits = 1) => value.toFixed(digits).padStart(width);
  const place = (value: number, missing: number, width: number) => number(value === -999 ? missing : value, width, 3);
  const lines = rows.map(([time, pressure, temperature, lon, lat]) =>
    [
      ...[number(time, 6), number(pressure, 6), number(temperature, 5), "999.0", "999.0", "9999.0", "9999.0"],
      ...["999.0", "999.0", "999.0", place(lon, 9999, 8), place(lat, 999, 7), "999.0", "999.0", "99999.0"],
      ...["99.0", "99.0", "99.0", "99.0", "99.0", "99.0"].map((flag) => flag.padStart(4)),
    ].join(" "),
  );
  return `${[...header, ...lines].join("\n")}\n`;
}

export function frdFile(rows: readonly SoundingRow[]): string {
  const header = [
    " Dropwindsonde of the Hurricane Research Division, AOML, Miami",
    " Sounding name: D20240811_101500",
    " Mission ID: 20240811H1          Sonde ID: 233945263",
    " Date: 240811                    Lat:  13.163 N",
    " Time: 101500                    Lon:  59.432 W",
    "",
    "IX      t (s)  P (mb)    T (C)    RH (%)  Z (m)   WD    WS (m/s)   U (m/s)   V (m/s)  NS  WZ (m/s)  ZW (m)   FP  FT  FH  FW    LAT (N)   LON (E)",
  ];
  const lines = rows.map(
    ([time, pressure, temperature, lon, lat], i) =>
      `${String(i + 1).padStart(4, "0")} ${time.toFixed(2).padStart(7)} ${pressure.toFixed(1).padStart(7)} ${temperature.toFixed(2).padStart(9)}   -999.0    -999  -999  -999.00   -999.00   -999.00    0  -999.0    -999     0   0   0   0 ${lat.toFixed(3).padStart(11)} ${lon.toFixed(3).padStart(9)}`,
  );
  return `${[...header, ...lines].join("\n")}\n`;
}
