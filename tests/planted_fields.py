"""Sentences as a physician, an ecologist and a particle physicist write them, right and wrong.

One study stands for all three: it tells sick from sound (`roc_auc`), weighs (`rmse`), and was
taken to a second hospital, a wetland and another shower. Nothing here is from a worked example.
"""


def _of(model: float, reference: float, half: float, *, down: bool) -> dict:
    """Return one metric of model and reference, with intervals of this half width."""
    gain = reference - model if down else model - reference
    rows = (("model", model), ("reference", reference), ("difference", gain))
    return {who: {"value": value, "low": value - half, "high": value + half} for who, value in rows}


SETS = {
    "validation": {
        "n_rows": 2505,
        "n_groups": 316,
        "metrics": {
            "roc_auc": _of(0.873, 0.812, 0.021, down=False),
            "rmse": _of(0.244, 0.381, 0.013, down=True),
            "bias": _of(-0.031, 0.046, 0.009, down=True),
            "ece": _of(0.0246, 0.0511, 0.004, down=True),
        },
    },
    "hospital_b": {
        "n_rows": 861,
        "n_groups": 120,
        "metrics": {
            "roc_auc": _of(0.741, 0.802, 0.028, down=False),
            "rmse": _of(0.417, 0.392, 0.017, down=True),
        },
    },
    "wetland": {
        "n_rows": 204,
        "n_groups": 17,
        "metrics": {"rmse": _of(0.493, 0.402, 0.034, down=True)},
    },
    "shower_b": {
        "n_rows": 9400,
        "n_groups": 9400,
        "metrics": {"rmse": _of(0.262, 0.377, 0.011, down=True)},
    },
}
CHECKS = [{"id": "split.groups", "notebook": "03_split", "state": "pass", "value": 0}]


def _number(value: float, low: float | None = None, high: float | None = None, unit: str = ""):
    return {"value": value, "low": low, "high": high, "unit": unit}


NUMBERS = {
    "04_train": {
        "outliers": _number(0.0249),
        "noise_ratio": _number(3.04, 2.8, 3.3),
        "half_ratio": _number(0.512, 0.47, 0.55),
        "far": _number(0.212),
        "missed": _number(0.302, 0.27, 0.33),
        "rejection": _number(104.0, 92.0, 118.0),
        "cold": _number(0.0391),
        "fit_ms": _number(12.4, unit="ms"),
        "dozen": _number(12.0),
        "heavier": _number(1.52),
        "rate": _number(6.2e-5, 5.1e-5, 7.4e-5),
        "found": _number(0.698, 0.66, 0.73),
        "mass": _number(91.2, 90.8, 91.6, unit="GeV"),
        "three_quarters": _number(0.747),
    }
}
SETTINGS = {
    "study": {"title": "Fever", "target": "sepsis", "seeds": [0, 1]},
    "split": {"test": 0.2},
    "stress": {"noise": [0.5, 1.0, 2.0, 4.0]},
    "thresholds": {"split": {"groups": 0}},
}
KEYS = ("singer2016", "quinn2020")

RIGHT = [
    # Words and digits that are links, and so.
    "The error falls by [more than a third](#gain.validation.rmse).",
    "The error falls by [over a third](#gain.validation.rmse), or [36 %](#gain.validation.rmse).",
    "The reduction is [more than 30 %](#gain.validation.rmse) of the error of the score.",
    "It is [more than 0.35](#gain.validation.rmse) as a share.",
    "Biomass is [a third more precise](#gain.validation.rmse) than by allometry.",
    "[About one in forty](#04_train.outliers) patients is an outlier.",
    "[One in forty](#04_train.outliers) is an outlier, [1 in 40](#04_train.outliers).",
    "[Seven in ten](#04_train.found) of the nests are found.",
    "[7 out of 10](#04_train.found) nests are found.",
    "Three times the noise: the spread grows [threefold](#04_train.noise_ratio).",
    "The spread [triples](#04_train.noise_ratio) in the dark.",
    "The spread grows by [a factor of three](#04_train.noise_ratio).",
    "The spread grows by [a factor of about 3](#04_train.noise_ratio).",
    "The spread is [3×](#04_train.noise_ratio) as wide, [3.0x](#04_train.noise_ratio) to be exact.",
    "The width is [halved](#04_train.half_ratio) by the second sensor.",
    "A second sensor [halves](#04_train.half_ratio) the width.",
    "[A dozen](#04_train.dozen) plots were lost.",
    "[Four hundredths](#04_train.cold) of the sites are too cold, [a few per cent](#04_train.cold).",
    "A wet trunk is [half again as](#04_train.heavier) heavy, [one and a half times](#04_train.heavier).",
    "QCD is rejected by [two orders of magnitude](#04_train.rejection).",
    "QCD is rejected by [a factor of 100](#04_train.rejection), within 15 per cent.".replace(
        ", within 15 per cent", ""
    ),
    "The width of false alarms is [$6.2 \\times 10^{-5}$](#04_train.rate).",
    "We measure [$0.244 \\pm 0.013$](#validation.rmse.model) in the logarithm.",
    "There the area is [$87\\,\\%$](#validation.roc_auc.model).",
    "The area under the curve is [`0.873`](#validation.roc_auc.model).",
    "Training saw [2 505](#validation.n_rows) rows.",
    "Training saw [2\u00a0505](#validation.n_rows) rows, [2\u2009505](#validation.n_rows).",
    "Training saw [2\u202f505](#validation.n_rows) rows, [2.5 thousand](#validation.n_rows).",
    "There are [three hundred and sixteen](#validation.n_groups) patients.",
    "[Three quarters](#04_train.three_quarters) of the trees stand dry, [¾](#04_train.three_quarters).",
    "The fit needs [12 ms](#04_train.fit_ms).",
    "The peak lies at [91.2 GeV](#04_train.mass), or [91.2 ± 0.4](#04_train.mass) GeV.",
    "In hospital B the model is [worse](#hospital_b.roc_auc.difference) than the score.",
    "In the wetland the error is [0.493](#wetland.rmse.model).",
    "From home to hospital B the area falls from [0.87](#validation.roc_auc.model) to "
    "[0.74](#hospital_b.roc_auc.model).",
    "Unlike in hospital B, the model is [better](#validation.roc_auc.difference).",
    "On the validation rows the reference has an area of [0.81](#validation.roc_auc.reference).",
    "Nothing of this is seen in the wetland: at home the error is [0.244](#validation.rmse.model).",
    "When the noise is doubled, the error is [three times](#04_train.noise_ratio) as large.",
    "With twice the noise, the error is [three times](#04_train.noise_ratio) as large.",
    # Free: set by hand, named, cited, or no number of the study.
    "The noise was multiplied by 0.5, 1, 2 and 4, and the error of the model was taken each time.",
    "We scale the errors by 0.5, 1, 2 and 4.",
    "Singer et al. (2016, `singer2016`) found an area of 0.74 with the same score.",
    "Others reach [0.74](@singer2016), which is lower than our model's "
    "[0.873](#validation.roc_auc.model).",
    "The model does better than the [0.74](@singer2016) of Singer et al.",
    "Fever is a temperature above [38.3 °C](#given), as always.",
    "We take a prevalence of [two per cent](#given) for granted in the model of the ward.",
    "A dozen papers say so, and two thirds of the authors are physicists.",
    "The detector has a twofold symmetry, and half a page tells how it is used.",
    "The second half of the season is wetter than the first.",
    "The two halves of the detector were read out by different people.",
    "Objects such as SPT-CL J2106-5844 and MACS J0717.5+3745 have larger errors.",
    "2MASX J01234567+0123456, NGC 4151 and HD 209458b have a larger error than 3C 273.",
    "PSR B1913+16 and GW170817 are cleaner, and 4U 1820-30 is worse than SN 1987A.",
    "The error is larger in DR17 than in Gaia DR3, as arXiv:2106.12345 (v2) says.",
    "See doi:10.1051/0004-6361/202243940, PMID: 31234567 or arXiv:hep-ex/0605055 for lower ones.",
    "With scikit-learn 1.5 and 1.4.2 the results are the same as with Geant4 10.7 and Pythia 8.3.",
    "Fits are faster with Python 3.12 on Ubuntu 22.04 with CUDA 12.1.",
    "Patients of ward 12 with COVID-19, HbA1c and IL-6 values are not worse off.",
    "Landsat 8, Sentinel-2 and MOD13Q1 give lower resolution than the drone.",
    "The field lies at 47°22′ N, 8°33′ E, at a declination of −58°44′, lower than others.",
    "The visit of 14:30 was later than that of 09:15 on 3 May 2021.",
    "The error model follows Section 3.2, Table S2 and equation (4) of Quinn (2020).",
    "Intervals at 68 % are smaller than those at 95 % confidence.",
    "We use ten-fold cross-validation, five seeds and two hidden layers.",
    "A coin has an area of 0.5, and a perfect score 1.",
    "The test keeps a fifth of the rows, 20 %, and is larger than needed.",
    "Twice a year the plots are visited; a third visit is rare.",
    "Each plant was weighed three times, and the mean is used.",
    "Sensors were read every ten minutes, one in the shade and one in the sun.",
    "1. Fit at home.\n2. Compare with the score.\n3. Go to hospital B.",
    "The penalty is `C=0.1` and the depth `max_depth = 6`.",
    "The dose doubles as a marker of age, with double precision and double-blind grading.",
    "The Higgs was found in 2012, and the 1990s had no better detector.",
    "Half an hour of rain is enough, and a quarter of an hour of sun, for the error to be lower.",
    "Run 2 and Run 3 differ, and Hospital 2 has a larger ward than Hospital 1.",
    "The Λ(1405) and the X(3872) are smaller than the model would have it.",
    "The model of type 2 diabetes has two or three inputs more, and one in the other half.",
    "`results/04_train/ladder.csv` has the errors of rung 3 and of rung 4.",
    "We need at least 30 rows in each stratum.",
    "A score is computed in two ways, and the third is left out.",
    "The limit $z_{\\max}$ and $x^2 + y^2$ are as in the model of 2014.",
]

WRONG = [
    # Links that are not so.
    "The error falls by [more than a half](#gain.validation.rmse).",
    "The error falls by [less than a third](#gain.validation.rmse).",
    "The error is [halved](#gain.validation.rmse) by the model.",
    "We [halve](#gain.validation.rmse) the error of the score.",
    "The spread grows [fourfold](#04_train.noise_ratio).",
    "The spread [doubles](#04_train.noise_ratio) in the dark.",
    "The spread has [doubled](#04_train.noise_ratio) in the dark.",
    "The spread [quadruples](#04_train.noise_ratio) in the dark.",
    "The spread grows [5-fold](#04_train.noise_ratio).",
    "The spread grows by [a factor of five](#04_train.noise_ratio).",
    "The spread grows by [a factor of 2](#04_train.noise_ratio).",
    "The spread is [2x](#04_train.noise_ratio) as wide.",
    "The width is [doubled](#04_train.half_ratio) by the second sensor.",
    "[One in twenty](#04_train.outliers) patients is an outlier.",
    "[1 in 20](#04_train.outliers) patients is an outlier.",
    "[Nine in ten](#04_train.found) of the nests are found.",
    "[9 out of 10](#04_train.found) nests are found.",
    "[Two dozen](#04_train.dozen) plots were lost.",
    "[Half a dozen](#04_train.dozen) plots were lost.",
    "[Eight hundredths](#04_train.cold) of the sites are too cold.",
    "[A few per cent](#04_train.missed) of the patients are missed.",
    "A wet trunk is [three times as](#04_train.heavier) heavy.",
    "QCD is rejected by [three orders of magnitude](#04_train.rejection).",
    "QCD is rejected [a thousandfold](#04_train.rejection).",
    "The rate of false alarms is [$6.2 \\times 10^{-4}$](#04_train.rate).",
    "We measure [$0.214$](#validation.rmse.model) in the logarithm.",
    "We measure [$0.244 \\pm 0.031$](#validation.rmse.model) in the logarithm.",
    "The area under the curve is [`0.893`](#validation.roc_auc.model).",
    "Training saw [2 055](#validation.n_rows) rows.",
    "Training saw [2\u00a0550](#validation.n_rows) rows.",
    "There are [three hundred and sixty](#validation.n_groups) patients.",
    "[Two thirds](#04_train.three_quarters) of the trees stand dry.",
    "[Impressively](#gain.validation.rmse), the error is smaller.",
    "The error is [dramatically smaller and quite splendid](#04_train.half_ratio).",
    "In hospital B the model reaches an area of [0.873](#validation.roc_auc.model).",
    "In the wetland the error is [0.244](#validation.rmse.model).",
    "On the sealed test set the area is [0.873](#validation.roc_auc.model).",
    "On the validation rows the area is only [0.741](#hospital_b.roc_auc.model).",
    "Under shower B the error of the model is [0.244](#validation.rmse.model).",
    "Our model reaches an RMSE of [0.041](#given).",
    "The RMSE of the model is [0.041](@singer2016).",
    "On the validation rows the AUC of our model is [0.95](#given).",
    "The error is [0.041](@somebody2031).",
    "The RMSE is [0.041](#given).",
    # Bare, and of the study.
    "The error of the model grows fourfold in the dark.",
    "The error of the score doubles in the wetland.",
    "The model halves the error.",
    "The model has tripled the purity of the sample.",
    "Seven in ten patients of hospital B are missed by the model.",
    "In the wetland, 7 out of 10 trees are predicted too heavy.",
    "Nine out of ten jets are tagged correctly.",
    "A dozen of the model's predictions are outliers.",
    "Two dozen patients are misclassified by the network.",
    "The scatter of the model is $\\sigma = 0.087$.",
    "We find $\\mathrm{AUC} = 0.95$ at home.",
    "The network reaches $R^2 \\approx 0.99$ on the rows of the wetland.",
    "The RMSE of the model is `0.041`.",
    "The model reaches `auc = 0.95`.",
    "Against the score the error is smaller by a factor of four.",
    "Against the score the error is smaller by an order of magnitude.",
    "The background is rejected a thousandfold by the network.",
    "A few per cent of the model's masses are outliers.",
    "The model is half again as precise as allometry.",
    "The sensitivity is ninety-one per cent.",
    "The hazard ratio of the model is 2.4 (95 % CI 1.9 to 3.1).",
    "Specificity rises from 71 % to 84 %.",
    "The network wins 2.5× more signal.",
    "The fitted mass of the peak is 93.4 GeV.",
    "Validation used 4 100 patients.",
    "The model needs only a tenth of the time of the score.",
    "The wetland holds 512 rows.",
    "Every third tree is predicted too heavy by the model.",
    "The error on hospital B is twice that at home.",
    "The error grows from 0.21 to 0.33 when the noise is doubled.",
    "The bias is three hundredths too high in the model.",
]
