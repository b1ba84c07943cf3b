"""What columns are called: identifiers, things that rows share, times, weights, positions, truths.

Names are compared without case, dashes and signs between their words.
"""

from __future__ import annotations

import re

# Words that name a row or a thing by themselves, in several sciences.
_THINGS = """
id ids uid uuid guid index row rownames rowid name names objname objectname mainid object obj
objid objno objectid designation source sourceid sourcename src srcid target targetid targetname
targname host hostname hostid hostgal hosttic galaxy galaxyname galid gal halo haloid subhalo
subhaloid cluster clusterid groupid group groups tree treeid snapshot simulation simid
realization realisation star starname starid kic kepid kepler keplername kepoiname koi koiname
tic ticid epic epicid toi hip hipno hd hr hic tyc gaia gaiaid gaiadr2 gaiadr3 dr2 dr3 dr2name
dr3name sourceiddr3 tmass tmassid twomass 2mass 2massid wise wiseid allwise catwise panstarrs
psid ps1id ps1objid objidps1 sdss sdssid sdssname sdssobjid specobjid specobj bestobjid
photoobjid specid thingid thing brickid brickobjid brickname brick apogee apogeeid apstarid
sobjectid galahid raveid raveobsid rave lamost lamostid obsid desid coaddid coaddobject
coaddobjectid diaobject diaobjectid diasource diasourceid candid oid ztfid snid snname iauname
transient ogleid asassnid macho catid catalogid crossid recno seq plate plateid fiber fiberid
fibre fibreid fiberno healpix hpx hpix ipix hpxpixel healpixid tile tileid field fieldid
pointing pointingid exposureid expid expnum image imageid frameid visitid chipid cutout cutoutid
event eventid eventnumber eventno eventnr evt evtid evtnum evtnumber evtno run runid runnumber
runno runnum lumi lumiblock luminosityblock ls lbn spill patient patientid subject subjectid
subj participant participantid person personid case caseid donor donorid individual individualid
animal animalid mouse mouseid family familyid pedigree household householdid hhid school
schoolid hospital hospitalid clinic clinicid proband encounter encounterid hadmid icustayid
stayid admissionid mrn pid cellline cellid barcode molecule moleculeid mol molid moleculename
compound compoundid smiles canonicalsmiles inchi inchikey cas casno casnumber casrn cid chembl
chemblid pubchem pubchemcid drugbank zincid ligand ligandid protein proteinid uniprot uniprotid
uniprotkb accession accessionnumber pdb pdbid pdbcode gene geneid genename genesymbol ensembl
ensemblid entrez entrezid transcript transcriptid sequence sequenceid seqid rsid snp probe
probeid genome genomeid isolate isolateid strain strainid formula composition material
materialid mpid icsd icsdid cifid structureid sample sampleid samplename sampleno specimen
specimenid batch batchid lot lotid wafer waferid aliquot experiment experimentid exptid station
stationid stationname stationcode site siteid sitename sitecode buoy buoyid wmo wmoid float
floatid floatnumber platformnumber well wellid wellname borehole boreholeid bore plot plotid
transect transectid quadrat catchment basin basinid gauge gaugeid glacier glacierid lake lakeid
storm stormid cyclone earthquake quakeid volcano crater craterid location locationid place
county fips zip zipcode postcode parcel parcelid scene sceneid granule granuleid tract orbit
orbitnumber orbitid track trackid swath cruise cruiseid profileid castid engine engineid unitid
unitnumber machine machineid device deviceid sensorid vehicle vehicleid battery batteryid user
userid customer customerid session sessionid trial trialid recording recordingid file filename
fileid path url doi
"""
THINGS = frozenset(_THINGS.split())
# Behind such a word one of these names a thing, too: run_number, plate_no, object_name.
TAILS = ("number", "num", "no", "nr", "name", "code", "key", "id", "ids", "uid", "idx", "index")
# Before such a word they say where it is from.
CATALOGUES = ("pl", "st", "sy", "koi", "toi", "sdss", "gaia", "des", "ps1", "my", "orig", "parent")
# Codes of kinds, of which there are few: they are named like identifiers and are none.
KINDS = re.compile(
    r"^(pdg|particle|class|type|kind|category|filter|band|ccd|detector|camera|instrument|telescope"
    r"|flag|quality|status|label|spectral|morph|phase"
    r"|survey|mode|grade|level|charge|parton|flavor"
    r"|gender|sex|race|atom|element|land|species|country|region|method)"
    r"_?(ids?|codes?|no|num|number|name|key)$"
)
TIMES = re.compile(
    r"^(mjd|jd|bjd|hjd|tjd|btjd|bkjd|rjd|tbjd|tai|utc|gps|gpstime|date|datetime|timestamp|timebjd"
    r"|timebtjd|timestampms|bjdtdb|bjdutc|jdutc|hjdutc|bmjd|obsdate|dateobs|obstime|timeobs|obsjd"
    r"|obsmjd|mjdobs|jdobs|jdstart|jdmid|mjdmid|mjdstart|mjdend|expmjd|midmjd|midpointtai|epochmjd"
    r"|midpointmjdtai|mjdexp|taimjd|mjdavg|avgmjd|observationdate|observationtime|acquisitiondate"
    r"|datatime|dateutc|timeutc|utctime|datetimeutc|timejd|timemjd|unix(time(s(tamp)?)?|ts)?"
    r"|eventtime|epoch(s|ms|seconds|time)|unixepoch|timestamps|triggertime"
    r"|samplingdate|sampledate|collectiondate|visitdate|admissiondate|discoverydate|peakmjd)"
    r"(2[345]\d*)?$"  # the day from which on it is counted
)
# They hold a time only where the rows stand in its order and follow each other in the target.
MAYBE_TIMES = re.compile(
    r"^(time|t|times|epoch|night|day|hours?|seconds?|days|obsnight|cadenceno|years?|yrs?"
    r"|(decimal|fractional|dec|frac)(year|yr|date)|(year|yr)(decimal|frac(tion)?))$"
)
JULIAN = re.compile(r"(^|[^a-z])(night|date|epoch|[bhm]?jd)")
WEIGHTS = re.compile(
    r"^(sample|stat|event|evt|mc|gen|row|kaggle|train(ing)?|survey|design|final|sampling"
    r"|xsec|base|inverse(prob(ability)?)?|ip|prob(ability)?|p|rep|pileup|lumi|vmax|ivar"
    r")(weights?|wgts?|wts?)(nominal)?$|^(weights?|wgts?|wt)(mc|gen|event|sample|total|final"
    r"|nominal|stat|norm|lumi|xsec)$|^(weights?|wgts?)$"
)
TRUTH = re.compile(r"^(true|truth|mctruth)_", re.IGNORECASE)
SKY = re.compile(
    r"^(ra|dec|_(ra|dec?)|_?(ra|dec?)([._]?(icrs|deg|rad|j?2000|b?1950|fk[45]|mean|obs|stack))+"
    r"|(alpha|delta)_?(j2000|sky|icrs)|glon|glat|elon|elat|(gal|ecl)_?(lon|lat)"
    r"|right_?ascension|declination)(_?deg)?$",
    re.IGNORECASE,
)
# Beside a weight they say that it is one of a body.
BODY = ("height", "age", "sex", "gender", "bmi", "length", "width", "waist", "systolic")


def words_of(name: str) -> list[str]:
    """Return the words of a name, in lower case: `EventNumber` has two, `SOURCE_ID` as well."""
    split = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", str(name).strip())
    return [word for word in re.split(r"[\W_]+", split.lower()) if word]


def bare(name: str) -> str:
    """Return the letters and digits of a name, in lower case."""
    return "".join(sign for sign in str(name).lower() if sign.isalnum())


def names_things(name: str) -> bool:
    """Whether a column is called like one that names rows, or things that they share."""
    words, plain = words_of(name), bare(name)
    if not words or KINDS.match("_".join(words)):
        return False
    if words[0] in CATALOGUES and "".join(words[1:]) in THINGS:
        return True
    if plain in THINGS or re.fullmatch(r"unnamed0?", plain):
        return True
    if words[0] in ("n", "num", "number", "nr", "count"):  # number_of_events
        return False
    last = words[-1]
    if last in ("id", "ids", "uid", "uuid", "guid", "objid", "oid") or words[0] == "id":
        return len(words) > 1
    if re.search(r"[a-z](ID|Id)$", str(name)) or str(name).endswith((".id", "_name")):
        return True
    return last in TAILS and any(
        "".join(words[start:-1]) in THINGS or words[-2] in THINGS for start in range(len(words) - 1)
    )


def names_id(name: str) -> bool:
    """Whether a column is called as the number of something, which cannot be a measurement."""
    words = words_of(name)
    return names_things(name) and (words[-1] in TAILS or bare(name).endswith("id"))


def is_instrument(name: str) -> bool:
    """Whether a column numbers parts of an instrument, which the same things do not share."""
    return bare(name).startswith(("fiber", "fibre", "expnum", "exposure", "chip", "visit", "lumi"))


def names_time(name: str) -> bool:
    """Whether a column is called as one that holds a time."""
    return bool(TIMES.match(bare(name)))


def may_name_time(name: str) -> bool:
    """Whether a column is called as many that hold a time, and some that do not."""
    return bool(MAYBE_TIMES.match(bare(name)))


def names_julian(name: str) -> bool:
    """Whether a name goes with a Julian date: `night`, `obs_date`, `JD`."""
    return bool(JULIAN.search(str(name).lower()))


def names_weight(name: str) -> bool:
    """Whether a column is called as weights of rows are."""
    return bool(WEIGHTS.match(bare(name)))


def may_be_a_body(names: list[str]) -> bool:
    """Whether a table is of bodies, which have a weight of their own."""
    return any(word in BODY for name in names for word in words_of(name))
