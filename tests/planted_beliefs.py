"""Sentences that claim a belief of before the result, and innocent ones with the same words.

The rule of `boxloop.notebooks.beliefs` was written after the first eighty. Of the next twenty it
caught seven and accused two of twenty innocent ones; mended, it caught fourteen of the last twenty
and accused one. What it was mended for since is known to it, so these numbers, and not those of
today, say what it does with sentences that nobody has seen.
"""

CLAIMS = """\
We expected the gain to vanish in simulator B, and it did.
That refutes what we believed before the test, that the shape indicators would be the weak point.
As predicted, the model degrades as soon as the noise is doubled.
Before the test we thought that the faint end would be the problem.
Contrary to what we had hoped, adaptation did not help.
As expected, the scatter grows towards low mass.
The result is the opposite of what we had anticipated.
Our expectation was that the forest would win; it lost.
We had predicted a loss of a third, and found less.
It was our belief that more spectra would cure it.
Nobody in the team foresaw that the cuts would hold up better.
The simulation shift was larger than we expected.
We were wrong about the dust: it hardly matters.
Going in, we assumed that pile-up would dominate the errors.
The prediction made in 01 came true.
This confirms our hypothesis that colour carries the information.
Our guess had been that the second peak matters most.
Against expectation, the network is no better than ridge.
What we anticipated was a uniform loss; what we see is a loss at the faint end.
As we had foreseen, the jets with two prongs are the ones that survive.
Unexpectedly, the model gains where the labels are poor.
To our surprise the reference holds up in all bins.
We did not expect the merger fraction to matter.
We had thought the photometric redshifts would be the limit.
Prior to the stress test our money was on the calibration.
The outcome bears out our prediction of a shallower slope.
The test disproved our conjecture on the role of metallicity.
Exactly as anticipated, the coverage falls short in the tail.
I expected the opposite.
We would have sworn that the season matters more than the depth.
The loss is smaller than anticipated.
The authors believed at the outset that age would be the main driver.
We hypothesised that resampling would help, and it does not.
Just as we thought, the second hospital is the harder one.
It turned out worse than we had feared.
In line with our expectations, sites with loam are predicted best.
Our prior expectation of a gain in the clear sky is not borne out.
The finding overturns our initial assumption that humidity drives the error.
We suspected beforehand that the labels were noisy, and the check agrees.
No one on our side had reckoned with a loss at high redshift.
The model does what we had in mind in 01: it gains most at low metallicity.
This is precisely the pattern that motivated the study, and which we foretold.
None of us saw the loss at high airmass coming.
Before running the stress test, the consensus was that noise would be harmless.
Our hope that pre-training would close the gap was not fulfilled.
The drop is twice what had been anticipated.
As we suspected from the outset, the labels of the second year are poor.
We had hoped for a gain of a tenth; the interval holds zero.
In hindsight our trust in the second sensor was misplaced.
It came as a surprise to us that the forest beats the network.
We went into this with the conviction that depth matters more than cadence.
The hypothesis formulated in the scoping chapter is refuted.
We anticipated correctly that merging systems would be biased low.
That young patients fare worse is the reverse of what was expected.
Just as foreseen, the network overfits after thirty epochs.
Much to our surprise, the wettest plots are predicted best.
I had assumed the tails would be heavier.
Everyone in the group was convinced that the trigger would bias the sample.
What was meant to be the strong side of the model turned out to be its weak one.
The effect goes in the direction that we had predicted.
We expected the worst segment to lie at low signal, and there it lies.
The loss under the second simulator is smaller than we thought.
As anticipated, the nearest neighbours fall behind.
We believed that the ratio of the bands would carry the model.
Contrary to our expectation, the time of day does not matter.
The result agrees with our hypothesis on the role of soil.
Before looking, we predicted that the tails would be too heavy.
We did not foresee that the detector upgrade would matter.
Our initial guess was a slope of two.
The expected gain did not materialise.
That the gain survives in the north was not expected.
This is what we had expected from the shape of the curve.
The prediction in 04 that products would suffice is borne out.
We thought at first that the missing labels were the reason.
The authors expected a clear win for the network.
It is the opposite of what the rationale in 04 promised.
Unlike what we assumed beforehand, the two seasons do not differ.
Nobody expected the reference to survive the third test.
The test confirms what we suspected: the scatter is set by the centre.
Our bet on the second derivative paid off.
""".splitlines()
INNOCENT = """\
The expected sign of the slope is positive.
The expected value of the statistic under the null is zero.
The expected loss is minimised by the posterior mean.
It was believed to be a kilonova by Smith et al.
The predicted mass is too low for heavy clusters.
As expected of a Poisson process, the variance equals the mean.
Signal rows are twelve times as many as the signal expected in data.
We expect the next pass to use the spectra of the faint half.
The expected calibration error is the mean distance from the diagonal.
A model can be tested for what somebody thought of only.
Theory predicts a slope of 5/3 for self-similar clusters.
Regression towards the mean is to be expected at both ends.
The prediction of the model is a number per object.
Predicted and true mass are compared in bins.
Why should a result that cannot be checked be believed?
Surprising results need more evidence than expected ones.
The search asks how surprising the count is.
Objects that surprise most stand near the top of the ranking.
Nothing surprised us.
The prior of the Gaussian process is flat in log length scale.
We assumed a flat cosmology with a matter density of 0.3.
Before the test set is opened, the criteria are locked.
Before the test we calibrate the scores on validation rows.
The background is predicted from the sidebands.
Halos are assumed to be independent.
A reader may expect the flexible method to win.
The expected background from the sidebands is subtracted.
What did the authors expect, and what did they find?
Say beforehand which inputs should differ and in which direction.
In 1998 cosmologists expected a decelerating universe.
Fewer events pass than expected from the fit.
The number expected by chance is half a row.
Expected and observed counts agree in every bin.
Fink and ALeRCE predicted classes for the same alerts.
Unexpected missing values are refused by the reader.
The predictions of the model were wrong for the faint half.
He thought of the atom as a planetary system.
The hypothesis that both samples share one distribution is rejected.
The patients were believed to be free of disease at entry.
Hoped-for improvements in resolution need a new detector.
As expected from photon statistics, the noise falls with the root of the exposure.
The standard model predicts a branching ratio of a few per cent.
Each expected count is the integral of the fitted function over the bin.
The patient was thought to have pneumonia until the scan.
We hope that the next release of the survey brings deeper bands.
We predict the age of each tree from the width of its rings.
The conformal set is larger than expected if the scores are not exchangeable.
Our predictions for the faint half are biased low.
We suspect that dust is the cause; a test with infrared colours would tell.
The null hypothesis is rejected at five per cent.
What would you expect if the labels were shuffled?
The interval is as wide as predicted by the binomial formula.
Before the test we split the rows by hospital.
Newton believed in absolute time.
We assumed independent errors in all bands.
The prediction is right for nine objects of ten.
A surprising excess deserves a second sample.
Our working hypothesis is that the second peak is nickel.
The search was carried out as planned.
We thought of the pipeline as one estimator.
The sign agrees with the one that the manifest expects.
We expect the error to fall as the square root of the number of rows.
Fitted and expected counts differ by less than their errors.
The largest excess expected in twenty windows is two standard deviations.
Regression to the mean shrinks the predicted range, as theory demands.
What one believes of the prior decides the posterior.
Kepler expected circular orbits.
The model predicted a mass for each halo.
Lochner et al. predicted that bright training sets do not represent faint objects.
The coverage is as promised in every stratum.
We hoped in vain for clear weather, so three nights are missing.
We assumed that the halos are independent.
Predicted probabilities were right in nine bins of ten.
The hypothesis of equal means is kept.
A prediction that comes without an error bar is of no use.
If the gain is what we expect, the next survey will see it.
Fewer than expected by chance would be a sign of a leak.
The forecast of the weather service is an input.
These results were obtained before the test set was opened.
Nobody has looked at the sealed rows.
It was thought that the class is rare, by Smith et al. and others.
""".splitlines()
# What the rule gets wrong, and nobody has mended.
MISSED = ["The authors expected a clear win for the network."]
ACCUSED = ["We hoped in vain for clear weather, so three nights are missing."]
