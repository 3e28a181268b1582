/**
 * Derived units of the SI, those accepted for use with it, and numbers with names.
 *
 * A line a unit: names (`singular`, or `singular/plural`), a bar, symbols, and its definition by others, in any order.
 * Facts of the SI brochure; where the value of a unit was measured, it is the one that UDUNITS-2.2.28 takes.
 *
 * @see https://www.bipm.org/en/publications/si-brochure
 */
export const accepted = `
radian | rad = 1
steradian | sr = rad2
hertz | Hz = s-1
gram | g = 1e-3 kg
newton | N = kg m s-2
pascal | Pa = N m-2
joule | J = N m
watt | W = J s-1
coulomb | C = A s
volt | V = W A-1
farad | F = C V-1
ohm | \u03a9 \u2126 = V A-1
siemens | S = A V-1
weber | Wb = V s
tesla | T = Wb m-2
henry | H = Wb A-1
lumen | lm = cd sr
lux | lx = lm m-2
becquerel | Bq = s-1
gray | Gy = J kg-1
sievert | Sv = J kg-1
katal | kat = mol s-1
degree_celsius celsius degree_C degreeC deg_C degC | °C ℃ = K @ 273.15

minute | min = 60 s
hour | h hr = 60 min
day | d = 24 h
pi | π = 3.141592653589793
degree arc_degree angular_degree arcdeg | ° = pi/180
arc_minute angular_minute arcminute arcmin | ' ′ = degree/60
arc_second angular_second arcsecond arcsec | " ″ = arc_minute/60
liter litre | L l = dm3
tonne metric_ton | t = 1000 kg
electronvolt electron_volt | eV = 1.60217733e-19 J
unified_atomic_mass_unit atomic_mass_unit atomicmassunit amu | u = 1.6605402e-27 kg
astronomical_unit | au = 1.495978707e11 m
astronomical_unit_BIPM_2006 | ua = 1.495979e11 m
nautical_mile nmile = 1852 m
knot international_knot knot_international | kt kts = nautical_mile/hour
angstrom ångström | \u00c5 \u212b = 1e-10 m
are | a = 100 m2
hectare = 100 are
barn | b = 1e-28 m2
bar = 1e5 Pa
gal = cm s-2
curie | Ci = 3.7e10 Bq
roentgen | R = 2.58e-4 C kg-1
rem = 1e-2 Sv

percent | % = 0.01
| ppm ppmv = 1e-6
| ppb ppbv = 1e-9
| ppt pptv = 1e-12
| ppq ppqv = 1e-15
avogadro_constant = 6.02214179e23 mol-1
molecule molec nucleon nuc = 1/avogadro_constant
count bit = 1
byte octet = 8
`;
