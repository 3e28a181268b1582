/**
 * Units of other systems and of single fields, in the form of `si.ts`: what UDUNITS-2 calls common.
 *
 * Values are those of NIST Special Publication 811, appendix B, as UDUNITS-2.2.28 rounds them.
 *
 * @see https://www.nist.gov/pml/special-publication-811
 */
export const common = `
sec = s
amp = A
degree_kelvin degree_K degreeK deg_K degK | °K = K
degree_rankine degree_R degreeR deg_R degR | °R = K/1.8
fahrenheit degree_fahrenheit degree_F degreeF deg_F degF | °F ℉ = K/1.8 @ 459.67
candle = cd
einstein = mol
baud | Bd bps = Hz

degree_north degree_N degreeN degree_east degree_E degreeE = degree
degree_true degree_T degreeT = degree
degree_west degree_W degreeW = -1 degree
grade = 0.9 degree
circle cycle turn revolution rotation = 2 pi
rotation_per_second/rotations_per_second | rps cps = rotation/s
| rpm = rotation/min

pound avoirdupois_pound | lb = 0.45359237 kg
avoirdupois_ounce = 2.834952e-2 kg
dram | dr = avoirdupois_ounce/16
grain | gr = 6.479891e-5 kg
scruple = 20 grain
apdram = 60 grain
apounce = 480 grain
appound = 5760 grain
pennyweight = 1.555174e-3 kg
troy_ounce apothecary_ounce = 3.110348e-2 kg
troy_pound apothecary_pound = 0.3732417 kg
carat = 2e-4 kg
assay_ton = 2.916667e-2 kg
slug = 14.5939 kg
bag = 94 pound
ton short_ton = 2000 pound
long_ton = 2240 pound
short_hundredweight = 45.35924 kg
long_hundredweight = 50.80235 kg

inch international_inch | in = 2.54 cm
foot/feet international_foot/international_feet | ft = 12 inch
yard international_yard | yd = 3 foot
mile international_mile | mi = 5280 foot
US_survey_foot/US_survey_feet = 1200/3937 m
US_survey_yard = 3 US_survey_foot
US_survey_mile US_statute_mile = 5280 US_survey_foot
fathom = 6 US_survey_foot
rod pole perch = 16.5 US_survey_foot
furlong = 660 US_survey_foot
chain = 20.11684 m
arpentlin = 191.835 foot
mil = 2.54e-5 m
barleycorn = inch/3
big_point = inch/72
printers_point = 3.514598e-4 m
pica printers_pica = 12 printers_point
micron = 1e-6 m
fermi = 1e-15 m
parsec = 3.085678e16 m
light_year = 9.46073e15 m

tex = 1e-6 kg m-1
denier = 1.111111e-7 kg m-1
perm_0C/perms_0C = 5.72135e-11 kg/(Pa s m2)
perm_23C/perms_23C = 5.74525e-11 kg/(Pa s m2)

acre = 160 rod2
circular_mil = 5.067075e-10 m2
darcy = 9.869233e-13 m2

| cc = cm3
stere = m3
acre_foot/acre_feet = 1.233489e3 m3
board_foot/board_feet = 2.359737e-3 m3
register_ton = 2.831685 m3
bushel | bu = 3.523907e-2 m3
peck | pk = bushel/4
US_dry_gallon = 4.404884e-3 m3
US_dry_quart dry_quart = US_dry_gallon/4
US_dry_pint dry_pint = US_dry_gallon/8
gallon US_liquid_gallon liquid_gallon = 3.785412e-3 m3
barrel | bbl = 42 gallon
firkin = barrel/4
quart US_liquid_quart liquid_quart = gallon/4
pint US_liquid_pint liquid_pint | pt = gallon/8
cup US_liquid_cup liquid_cup = gallon/16
gill US_liquid_gill liquid_gill = gallon/32
fluid_ounce US_fluid_ounce liquid_ounce US_liquid_ounce | oz floz = gallon/128
tablespoon | Tbl Tbsp tbsp Tblsp tblsp = fluid_ounce/2
teaspoon | tsp = tablespoon/3
fluid_dram | fldr = fluid_ounce/8
UK_liquid_gallon Canadian_liquid_gallon = 4.54609e-3 m3
UK_liquid_quart = UK_liquid_gallon/4
UK_liquid_pint = UK_liquid_gallon/8
UK_liquid_cup = UK_liquid_gallon/16
UK_liquid_gill = UK_liquid_gallon/32
UK_fluid_ounce UK_liquid_ounce = UK_liquid_gallon/160

year tropical_year | yr = 3.15569259747e7 s
month = year/12
week = 7 day
fortnight = 14 day
common_year = 365 day
leap_year = 366 day
Julian_year = 365.25 day
Gregorian_year = 365.2425 day
lunar_month = 29.530589 day
tropical_month = 27.321582 day
sidereal_month = 27.321661 day
sidereal_year = 3.155815e7 s
sidereal_day = 86164.09 s
sidereal_hour = 3590.17 s
sidereal_minute = 59.83617 s
sidereal_second = 0.9972696 s
work_year = 2056 hour
work_month = work_year/12
shake = 1e-8 s
jiffy = 0.01 s
eon = 1e9 year

sverdrup = 1e6 m3 s-1
standard_free_fall gravity force dynamic geopotential | gp = 9.80665 m s-2
conventional_water water | H2O h2o = gravity 1000 kg m-3
water_4C/waters_4C water_39F/waters_39F = gravity 999.972 kg m-3
water_60F/waters_60F = gravity 999.001 kg m-3
mercury_0C/mercuries_0C mercury_32F/mercuries_32F conventional_mercury | Hg = gravity 13595.1 kg m-3
mercury_60F/mercuries_60F = gravity 13556.8 kg m-3

dyne = 1e-5 N
pond = 9.80665e-3 N
kilogram_force/kilograms_force force_kilogram | kgf = 9.80665 N
gram_force/grams_force force_gram | gf = 1e-3 kgf
force_ounce ounce_force/ounces_force | ozf = 0.2780139 N
force_pound pound_force/pounds_force | lbf = 4.4482216152605 N
force_ton ton_force/tons_force = 2000 lbf
kip = 1000 lbf
poundal = 0.138255 N

atmosphere standard_atmosphere | atm = 101325 Pa
technical_atmosphere | at = kg gravity cm-2
torr millimeter_Hg/millimeters_Hg | mm_Hg mm_hg mmHg mmhg = mm Hg
millimeter_Hg_0C/millimeters_Hg_0C = mm mercury_0C
| cm_Hg cmHg = cm Hg
inch_Hg/inches_Hg | in_Hg inHg = inch Hg
inch_Hg_32F/inches_Hg_32F = inch mercury_32F
inch_Hg_60F/inches_Hg_60F = inch mercury_60F
| cm_H2O cmH2O = cm H2O
inch_H2O_39F/inches_H2O_39F = inch water_39F
inch_H2O_60F/inches_H2O_60F = inch water_60F
foot_water/feet_water foot_H2O/feet_H2O footH2O/feetH2O | ftH2O fth2o = foot water
| psi = pound gravity in-2
| ksi = kip in-2
barie barye = 0.1 Pa

poise = 0.1 Pa s
stokes | St = 1e-4 m2 s-1
rhe = 10/(Pa s)

erg = 1e-7 J
calorie IT_calorie | cal = 4.1868 J
thermochemical_calorie = 4.184 J
Btu IT_Btu = 1055.05585262 J
therm US_therm | thm = 1.054804e8 J
EC_therm = 1.05506e8 J
TNT = 4.184e6 J kg-1
ton_TNT/tons_TNT = 4.184e9 J
watthour = W h
| bev = 1e9 eV

voltampere | VA = V A
horsepower shaft_horsepower | hp = 745.6999 W
metric_horsepower = 735.499 W
electric_horsepower = 746 W
water_horsepower = 746.043 W
UK_horsepower = 745.7 W
boiler_horsepower = 9809.5 W
refrigeration_ton ton_of_refrigeration/tons_of_refrigeration = 12000 Btu/h
clo = 0.155 K m2 W-1

abampere biot = 10 A
statampere = 3.33564e-10 A
gilbert = 0.7957747 A
| e = 1.602176487e-19 C
statcoulomb = 3.33564e-10 C
faraday C12_faraday = 96485.31 C
chemical_faraday = 96495.7 C
physical_faraday = 96521.9 C
abfarad = 1e9 F
statfarad = 1.11265e-12 F
abhenry = 1e-9 H
stathenry = 8.987554e11 H
abmho = 1e9 S
statmho = 1.11265e-12 S
abohm = 1e-9 ohm
statohm = 8.987554e11 ohm
abvolt = 1e-8 V
statvolt = 299.7925 V
gamma = 1e-9 T
gauss = 1e-4 T
maxwell = 1e-8 Wb
unit_pole = 1.256637e-7 Wb
oersted | Oe = 79.57747 A m-1

footcandle = 0.1076391 lx
footlambert = 3.426259 cd m-2
lambert = 1e4/pi cd m-2
blondel apostilb = cd/(pi m2)
stilb | sb = 1e4 cd m-2
nit | nt = cd m-2
phot | ph = 1e4 lx
langley = 41840 J m-2

kayser = 100 m-1
dobson | DU = 446.2e-6 mol m-2
potential_vorticity_unit | PVU = 1e-6 m2 s-1 K kg-1

| BZ = lg(re 1e-18 m3)
| BW = lg(re 1 W)
| Bm = lg(re 1e-3 W)
| BV = lg(re 1 V)
| Bv = lg(re 0.775 V)
| B\u00b5V = lg(re 1e-6 V)
| B_SPL = lg(re 20e-6 Pa)
| dB = 0.1 lg(re 1)
`;
