"""What a chapter asks of the machinery without naming its project, its settings and its seed.

Imports stand inside the methods: a chapter is stale when code changes that it has used, and it
uses no more than it asks for.
"""

import warnings
from typing import TYPE_CHECKING, Any

from boxloop.notebooks.folder import desks

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

    import numpy as np
    import pandas as pd

    from boxloop.figures.bulk import Bulk
    from boxloop.measure.conformal import Plan
    from boxloop.measure.decision import Home
    from boxloop.measure.pushes import Pushes
    from boxloop.measure.scope import Scope
    from boxloop.measure.transform import Reach
    from boxloop.measure.working_points import Proposal
    from boxloop.predict.bundle import Bundle
    from boxloop.predict.fresh import Afresh
    from boxloop.record.classes import Classes
    from boxloop.record.failures import Log
    from boxloop.record.rehearsal import Rehearsal
    from boxloop.record.traced import Results
    from boxloop.split.division import Parts


class Desk:
    """The methods of a `boxloop.record.station.Station` that tie functions to its project."""

    # What the station has for them.
    name: str
    project: Any
    settings: Any
    _all_settings: Any
    _trains: bool
    _home_rows: int | None
    task: Any
    table: Any
    seed: int
    draws: int
    smoke: bool
    read: Any
    keep: Any
    number: Any
    uses: Any
    file: Any
    has: Any
    _made: Any
    folder: Any
    _checks: dict[str, dict]
    _sets: dict[str, dict]
    _numbers: dict[str, dict]
    _predicted: list
    _predicted_before: list

    # Rows.

    def exploration(self, labelled: "pd.DataFrame") -> "pd.DataFrame":
        """Return the rows that 01 and 02 may look at; the split keeps them in training.

        Raises
        ------
        UserError
            If the table has not the columns that study.toml names, or words for numbers.
        """
        from boxloop.record.promises import refuse_a_broken_manifest
        from boxloop.split.division import exploration

        refuse_a_broken_manifest(labelled, self._all_settings)
        return exploration(labelled, self.settings)

    def divide(self, labelled: "pd.DataFrame", **others: Any) -> "Parts":
        """Return the parts of the labelled rows; see `boxloop.split.division.divide`.

        Parameters
        ----------
        labelled : DataFrame
        **others
            ``domains`` and ``for_training``: other labelled rows.
        """
        from boxloop.split.division import divide

        parts = divide(labelled, self.settings, **others)
        self._home_rows = len(parts.home)
        return parts

    def units(self, frame: "pd.DataFrame") -> "np.ndarray":
        """Return for each row the unit that is never cut in two: its group, else its id."""
        from boxloop.split.division import units

        return units(frame, self.settings)

    def folds(self, frame: "pd.DataFrame") -> list[tuple]:
        """Return the cross-validation that fits the split: (rows to fit, rows held out)."""
        from boxloop.split.division import folds

        return folds(frame, self.settings)

    def thin(self, frame: "pd.DataFrame", *, most: int = 50_000) -> "pd.DataFrame":
        """Return at most about `most` rows, by whole units and in their order."""
        from boxloop.split.division import thin

        return thin(frame, self.settings, most=most)

    # Predictors.

    def load_models(self, *names: str) -> dict[str, Any]:
        """Return what 04 has fitted, by name: ``model``, ``reference``, ``trivial``."""
        from boxloop.measure.model_file import load_model

        return {name: load_model(self.file(f"04_train/{name}.skops")) for name in names}

    def guess(self, estimator: Any, frame: "pd.DataFrame") -> "np.ndarray":
        """Return the guess of a fitted estimator for each row of a table, shape (n,)."""
        from boxloop.measure.task import guess

        return guess(estimator, self.task.seen(frame))

    def guesses(self, fitted: "Mapping", frame: "pd.DataFrame") -> "dict[str, np.ndarray]":
        """Return the guesses of several fitted estimators for the rows of a table, by name."""
        return {name: self.guess(estimator, frame) for name, estimator in fitted.items()}

    def columns(self, guesses: "Mapping") -> "dict[str, np.ndarray]":
        """Return guesses as columns of a table: by name, and of several classes one for each."""
        found: dict[str, np.ndarray] = {}
        for who, said in guesses.items():
            names = self.task.columns(who)
            found |= {who: said} if names == who else dict(zip(names, said.T, strict=True))
        return found

    def compare(
        self,
        frame: "pd.DataFrame",
        guesses: "Mapping",
        *,
        metrics: list[str] | None = None,
        share: float = 1,
    ) -> dict:
        """Return the metrics of guesses with intervals; see `boxloop.measure.task.Task.compare`.

        Parameters
        ----------
        share : float
            Of the usual number of bootstrap draws, where many tables are compared.
        """
        draws = round(self.draws * share)
        return self.task.compare(frame, guesses, draws=draws, seed=self.seed, metrics=metrics)

    def classes(
        self,
        frame: "pd.DataFrame",
        guesses: "Mapping",
        *,
        names: "Iterable[str]" = (),
        share: float = 1 / 2,
    ) -> "Classes":
        """Return the classes of a table one by one; see `boxloop.record.classes.Classes`.

        Parameters
        ----------
        names : iterable of str, optional
            Several classes, where the study asks for one of interest.
        share : float
            Of the usual number of bootstrap draws.
        """
        from boxloop.record.classes import Classes

        options = {"draws": round(self.draws * share), "seed": self.seed}
        return Classes(frame, guesses, self.task, self.settings, tuple(names), **options)

    def class_table(self, scores: "pd.DataFrame | None" = None) -> "pd.DataFrame | None":
        """Return the numbers of each class as text; see `boxloop.record.classes.class_table`.

        Parameters
        ----------
        scores : DataFrame, optional
            Else those that this chapter has kept in ``classes.csv``; None where it has none.
        """
        from pandas import read_csv

        from boxloop.record.classes import class_table

        kept = self.folder / "classes.csv"
        if scores is None and not kept.is_file():
            return None
        return class_table(read_csv(kept) if scores is None else scores)

    def found_by_class(
        self, frame: "pd.DataFrame", fitted: "Mapping", *, share: float = 1 / 10, **facts: Any
    ) -> "pd.DataFrame":
        """Return the share of each class that is decided rightly, and `facts` in columns.

        See `boxloop.record.classes.Classes.right`.

        Parameters
        ----------
        share : float
            Of the usual number of bootstrap draws.
        """
        found = self.classes(frame, self.guesses(fitted, frame), share=share)
        return found.right.assign(**facts)

    def draw_class_stress(self, table: "pd.DataFrame") -> Any:
        """Return the figure of classes under stress; see `boxloop.figures.classes`."""
        from boxloop.figures.classes import draw_class_stress

        return draw_class_stress(table)

    def left_out(
        self, model: Any, train: "pd.DataFrame", validation: "pd.DataFrame"
    ) -> "pd.DataFrame":
        """Return what happens to each class that training has not; see `left_out` in `measure`."""
        from boxloop.measure.left_out import left_out

        positive = None if self.task.classes else self.settings.study.positive_class
        options = {"inputs": self.settings.inputs, "seed": self.seed, "positive": positive}
        return left_out(model, train, validation, self.task, **options)

    def errors_of(self, frame: "pd.DataFrame", guessed: "np.ndarray") -> "pd.Series":
        """Return guess less truth of each row; of several classes what the true one was denied."""
        from pandas import Series

        from boxloop.measure.classes import error

        return Series(error(self.task.truth(frame), guessed), index=frame.index)

    def measure_primary(
        self, frame: "pd.DataFrame", fitted: "Mapping", *, share: float = 1
    ) -> dict[str, float]:
        """Return the primary metric of each estimator: ``<name>``, ``<name>_low``, ``_high``."""
        from boxloop.measure.stress import measure_primary

        draws = round(self.draws * share)
        return measure_primary(frame, fitted, self.settings, draws=draws, seed=self.seed)

    def at_home(self, frame: "pd.DataFrame", fitted: "Mapping", *, share: float = 1 / 5) -> "Home":
        """Return what harder rows are judged against; see `boxloop.measure.decision.Home`.

        Parameters
        ----------
        frame : DataFrame
            Undisturbed validation rows.
        fitted : dict of fitted estimators
            ``model``, ``reference`` and, for who knows nothing, ``trivial``.
        share : float
            Of the usual number of bootstrap draws.
        """
        from boxloop.measure.decision import Home

        draws = round(self.draws * share)
        return Home(frame, dict(fitted), self.settings, draws=draws, seed=self.seed)

    def predict_deployment(
        self,
        rows: "pd.DataFrame",
        model: Any,
        *,
        train: "pd.DataFrame",
        validation: "pd.DataFrame",
        half_width: "float | np.ndarray | None" = None,
    ) -> "pd.DataFrame":
        """Return a prediction and its scope; see `boxloop.measure.predicted.predictions`."""
        from boxloop.measure.predicted import predictions

        known = {"train": train, "validation": validation}
        return predictions(rows, model, self.settings, half_width=half_width, **known)

    @property
    def drawn(self) -> str:
        """What to say of deployment rows that are a random sample; nothing where all are here."""
        data = self.settings.data
        return data.drawn if data else ""

    def scope(self, train: "pd.DataFrame", validation: "pd.DataFrame") -> "Scope":
        """Return what tells rows that are like the training rows; see `boxloop.measure.scope`."""
        from boxloop.measure.scope import Scope

        inputs = self.settings.inputs
        return Scope().fit(train[inputs], validation[inputs])

    def keep_bundle(self, *, model_hash: str) -> "Bundle":
        """Write the model with all that a prediction needs to ``model/``, and return it opened.

        See `boxloop.predict.bundle`.
        """
        from boxloop.base.files import read_cache
        from boxloop.predict.bundle import Bundle, write
        from boxloop.predict.layout import BUNDLE

        optional = {"intervals": "intervals.json", "error_scale": "error_scale.skops"}
        found = {
            key: self.file(f"05_diagnose/{name}")
            for key, name in optional.items()
            if self.has(f"05_diagnose/{name}")
        }
        # Read without a note: times of the last training are in it, and change nothing here.
        made_with = read_cache(self.project.station("04_train") / "machine.json")
        folder = write(
            self.folder / BUNDLE,
            root=self.project.root,
            settings=self.settings,
            model=self.file("04_train/model.skops"),
            model_hash=model_hash,
            train=self.table("train"),
            validation=self.table("validation"),
            made_with=made_with if isinstance(made_with, dict) else None,
            **found,
        )
        for path in sorted(folder.iterdir()):
            self._made(path)
        return Bundle.open(folder)

    def afresh(self, bundle: "Path", rows: "pd.DataFrame") -> "Afresh":
        """Return what a bundle says of rows in a fresh Python; see `boxloop.predict.fresh`."""
        from boxloop.predict.fresh import ask

        return ask(bundle, rows, home=self.project.root)

    def interval_plan(
        self,
        model: Any,
        train: "pd.DataFrame",
        validation: "pd.DataFrame",
        *,
        setting: "np.ndarray",
    ) -> "Plan":
        """Return by which rows, level and score intervals are set; see `measure.conformal.plan`."""
        from boxloop.measure.conformal import plan

        return plan(model, train, validation, self.settings, setting=setting, seed=self.seed)

    def half_width(self, rows: "pd.DataFrame") -> "float | np.ndarray | Reach | None":
        """Return half of the width of the intervals that 05 has set, per row where errors differ.

        None where 05 has set none.
        """
        if not self.has("05_diagnose/intervals.json"):
            return None
        from boxloop.measure.predicted import half_width

        facts = self.read("05_diagnose/intervals.json")
        return half_width(facts, lambda: self._error_scale(rows))

    def _error_scale(self, rows: "pd.DataFrame") -> "np.ndarray":
        """Return the size of the error that 05 has learnt to predict, shape (n,)."""
        from boxloop.measure.model_file import load_model

        scale = load_model(self.file("05_diagnose/error_scale.skops"))
        return scale.predict(self.task.seen(rows))

    def model_facts(self, model: Any, X: "pd.DataFrame") -> dict[str, Any]:
        """Return what names a fitted model: a hash of its guesses, its inputs, its parameters."""
        from boxloop.measure.model_file import model_hash, parameters

        return {"hash": model_hash(model, X), "inputs": list(X), "params": parameters(model)}

    def rehearse(self, choice: str, *, membership: "Callable | None" = None) -> "Rehearsal":
        """Return the study's own path, to be run with shuffled labels or with rows taken away.

        Parameters
        ----------
        choice : str
            The rung of ``study.models.ladder`` that is fitted.
        membership : callable, optional
            For a search that learns from regions of the resonance: which of its values lie inside.
        """
        from boxloop.record.rehearsal import Rehearsal

        return Rehearsal(self.project, choice, seed=self.seed, membership=membership)

    def map(self, function: "Callable", items: "Iterable") -> list:
        """Return ``[function(item) for item in items]``, computed by the cluster if there is one.

        The result of `function` depends on its item alone: randomness comes from seeds in it.
        """
        from boxloop.measure.fits import each

        return each(function, items)

    def ablations(self, names: "Iterable[str]", models: Any) -> dict[str, list[str]]:
        """Return which columns to take away: each of `names`, and those of ``models.ABLATIONS``.

        Raises
        ------
        UserError
            If ``ABLATIONS`` names a column that the models are not handed.
        """
        from boxloop.base.errors import UserError

        together, seen = dict(getattr(models, "ABLATIONS", {})), self.settings.seen
        for label, columns in together.items():
            if unknown := [name for name in columns if name not in seen]:
                msg = (
                    f"ABLATIONS['{label}'] in study/models.py names '{unknown[0]}', which is no "
                    f"input of study.toml: write one of {', '.join(seen)} there."
                )
                raise UserError(msg)
        return {f"without {name}": [name] for name in names} | together

    # What is expected, before it is measured.

    def predict(
        self,
        name: str,
        sentence: str,
        *,
        of: str,
        below: float | None = None,
        above: float | None = None,
        between: "tuple[float, float] | None" = None,
    ) -> "pd.DataFrame":
        """Register what you expect of a result, in 01 or 04; return what is registered so far.

        07 scores it (`predictions`), and prose links to ``#prediction.NAME``. What is refused says
        `boxloop.record.foreseen.register`.

        Parameters
        ----------
        name : str
            Letters, digits and ``_``; unlike that of any other prediction.
        sentence : str
            What you expect, in words.
        of : str
            The address of the result, as in a link: ``"gain.simulator_b.rmse"``.
        below, above : float, optional
            One of them, or `between`: on which side of it the value will lie.
        between : pair of float, optional
            The value will lie between the two, ends included.
        """
        import pandas as pd

        from boxloop.record.foreseen import register
        from boxloop.record.predictions import FILE, prediction, rows_of
        from boxloop.record.prose import results_of

        one = prediction(
            name, sentence, of=of, chapter=self.name, below=below, above=above, between=between
        )
        self._predicted[:] = register(one, self, results_of(self.project))
        self.keep(FILE, rows_of(self._predicted))
        facts = {"id": "id", "sentence": "prediction", "of": "of", "words": "predicted"}
        rows = [
            {label: getattr(row, key) for key, label in facts.items()} for row in self._predicted
        ]
        return pd.DataFrame(rows).set_index("id")

    def predictions(self) -> "pd.DataFrame":
        """Return every prediction with what was measured, and how it stands to that.

        Columns as in `boxloop.record.predictions.scored`, and ``earlier``: how it stood in passes
        that had learnt something else. A chapter scores what it and those before it have measured.
        """
        from boxloop.record.foreseen import table

        return table(self.project, self._results(), chapter=self.name)

    # Which model, and by what it was chosen.

    def rungs(self, models: Any) -> dict[str, Any]:
        """Return the ladder of the study, unfitted: each rung has its motivation.

        Raises
        ------
        UserError
            If one has none, or a feature in it is worked out of what is no input.
        """
        from boxloop.record.promises import rungs_of

        return rungs_of(models, self.seed, self.settings.inputs)

    def levels(self, test: Any) -> list[float]:
        """Return the levels of a stress test, from [stress] of study.toml.

        Raises
        ------
        UserError
            If it has none there.
        """
        from boxloop.record.promises import levels_of

        return levels_of(test, self.settings.stress)

    def flexibility(
        self, ladder: "Mapping", frame: "pd.DataFrame", *, membership: "Callable | None" = None
    ) -> "pd.DataFrame":
        """Return how flexible each rung is, the least flexible first.

        By its effective degrees of freedom; see `boxloop.measure.flexible.flexibility`.
        """
        from boxloop.measure.flexible import flexibility

        known = {"settings": self.settings, "groups": self.units(frame)}
        X, y = self.task.seen(frame), self.task.truth(frame)
        return flexibility(ladder, X, y, membership=membership, **known)

    def additive_share(self, model: Any, frame: "pd.DataFrame") -> float:
        """Return how much of what a fitted model says is a sum of one curve per input."""
        from boxloop.measure.flexible import additive_share

        inputs = [name for name in self.settings.inputs if name in frame]
        return additive_share(model, self.task.seen(frame), inputs=inputs, seed=self.seed)

    def uncertainty(self, frame: "pd.DataFrame", members: "Iterable[np.ndarray]") -> "pd.DataFrame":
        """Return what refits disagree about, and what they get wrong together, by distance.

        See `boxloop.measure.ensemble.by_distance`; scores become probabilities first.

        Parameters
        ----------
        frame : DataFrame of n rows
        members : arrays of shape (n,)
            Guesses of refits, out of the folds of `frame`; of several classes (n, K).
        """
        import numpy as np

        from boxloop.measure.ensemble import by_distance
        from boxloop.measure.segments import calibrated
        from boxloop.measure.shift import alike, distances, spread_out

        coded = alike({"all": frame[self.settings.inputs]})["all"]
        away = np.full(len(frame), np.nan)
        for fitted, held in self.folds(frame):
            parts = coded.iloc[fitted], [coded.iloc[held]]
            (away[held],) = distances(*parts, scale=spread_out())
        said = np.array(list(members))
        known = np.isfinite(said).all(axis=(0, *range(2, said.ndim)))
        there = np.isfinite(away) & known
        said, truth = said[:, there], self.task.truth(frame)[there]
        if self.task.has_classes and said.ndim < 3:
            said = np.array([calibrated(truth, one) for one in said])
        options = {"groups": self.units(frame)[there], "draws": self.draws // 4, "seed": self.seed}
        return by_distance(truth, said, away[there], **options)

    def rivals(self) -> dict[str, Any]:
        """Return strong models that nobody has tuned, unfitted, by name."""
        from boxloop.measure.untuned import rivals

        return rivals(self.settings, seed=self.seed)

    def draw_trade_off(self, rungs: "pd.DataFrame", *, chosen: str) -> Any:
        """Return the figure of flexibility and interpretability; see `boxloop.figures.trade_off`.

        Parameters
        ----------
        rungs : DataFrame
            Index: names. Columns: the primary metric, what measures flexibility, and the share of
            what a rung says that one curve per input loses.
        chosen : str
        """
        from boxloop.figures.trade_off import draw_trade_off
        from boxloop.measure.metrics import METRICS

        better = METRICS[self.settings.study.primary_metric].better
        return draw_trade_off(rungs, chosen=chosen, label=self.task.axis(), better=better)

    def draw_profiles(
        self, axes: Any, model: Any, tried: "Mapping[str, dict]", frame: "pd.DataFrame"
    ) -> str:
        """Draw what a model says of a few objects with several settings; return along which input.

        It is the one that costs the score most when it is shuffled; the first fold is held out.

        Parameters
        ----------
        axes : array of Axes, one for each way to set the model
        model : unfitted estimator
        tried : dict of its settings, by title
        frame : DataFrame
        """
        from boxloop.figures.profiles import draw_profiles
        from boxloop.measure.explain import leading_inputs

        X, y, cv = self.task.seen(frame), self.task.truth(frame), self.folds(frame)
        options = {"settings": self.settings, "scoring": self.task.scorer(), "most": 1}
        (leading,) = leading_inputs(model, X, y, cv=cv, **options)
        draw_profiles(axes, model, tried, X, y, cv[0], leading)
        return leading

    def best_f1(self, frame: "pd.DataFrame", score: "np.ndarray") -> "Proposal":
        """Return the cut with the highest F1; see `boxloop.measure.working_points.best_f1`.

        Parameters
        ----------
        frame : DataFrame of n rows
        score : array of shape (n,)
            Guesses of models that were not fitted to the row.
        """
        from boxloop.measure.working_points import best_f1

        study, truth = self.settings.study, self.task.truth(frame)
        known: dict[str, Any] = {"groups": self.units(frame), "draws": self.draws}
        known |= {"seed": self.seed, "prevalence": self.task.yardstick(frame).prevalence}
        return best_f1(truth, score, working_point=study.working_point, **known)

    # Of very many inputs, the leading ones.

    def leading(self) -> list[str]:
        """Return the inputs, those first that 04 has found the model to lean on.

        In the order of study.toml where 04 has kept no ``leading.csv``.
        """
        from boxloop.measure.explain import LED

        inputs = list(self.settings.inputs)
        found = self.read(LED) if self.has(LED) else None
        names = list(found["input"].astype(str)) if found is not None and "input" in found else []
        first = [name for name in dict.fromkeys(names) if name in inputs]
        return first + [name for name in inputs if name not in set(first)]

    def shuffled(self, model: Any, frame: "pd.DataFrame") -> "pd.Series":
        """Return what shuffling each input costs on rows held out, the most costly first.

        Of very many inputs the leading ones; see `boxloop.measure.explain.shuffled`.

        Parameters
        ----------
        model : unfitted estimator
        frame : DataFrame
            Its first fold is held out.
        """
        from boxloop.measure.explain import shuffled

        known = {"scoring": self.task.scorer(), "settings": self.settings, "cv": self.folds(frame)}
        return shuffled(model, self.task.seen(frame), self.task.truth(frame), **known)

    def searched(self, model: Any, rows: "pd.DataFrame") -> list[str]:
        """Return the inputs that are worth shuffling one by one: all, or of very many a few.

        See `boxloop.measure.explain.searched`.
        """
        from boxloop.measure.explain import EACH, searched

        inputs = list(self.settings.inputs)
        if len(inputs) <= EACH:
            return inputs
        known = {"scoring": self.task.scorer(), "seed": self.seed, "inputs": inputs}
        return searched(model, self.task.seen(rows), self.task.truth(rows), **known)

    def these(self, model: Any, rows: "pd.DataFrame", names: "Iterable[str]") -> tuple:
        """Return an estimator that is asked with some inputs, and the rows with these alone.

        See `boxloop.measure.explain.these`.
        """
        from boxloop.measure.explain import these

        return these(model, self.task.seen(rows), list(names), list(self.settings.inputs))

    def bulk(self, *sets: Any) -> "Bulk":
        """Return the axis on which the bulk of some numbers is seen; see `boxloop.figures.bulk`.

        Its `show` gives it to axes of matplotlib, and its `note` says what lies outside.

        Parameters
        ----------
        *sets : arrays of numbers, such as what is drawn in one panel
        """
        from boxloop.figures.bulk import find_bulk

        return find_bulk(*sets)

    def pushes(self, model: Any, rows: "pd.DataFrame", leading: "Iterable[str]") -> "Pushes":
        """Return what every input adds to the guesses of some rows; see `boxloop.measure.pushes`.

        The other end of each walk is a training row. Of several classes it is the probability of
        a row's own class that is told apart.

        Parameters
        ----------
        model : fitted estimator
        rows : DataFrame
        leading : names of inputs, the most important first
            The first twelve are told apart, and what is left moves together.
        """
        from boxloop.measure.explain import MOST
        from boxloop.measure.pushes import pushes

        names = list(leading)
        names += [name for name in self.settings.inputs if name not in set(names)]
        players = {name: [name] for name in names[:MOST]}
        if names[MOST:]:
            players["all others"] = names[MOST:]
        seen = self.task.seen(rows), self.task.seen(self.table("train"))
        own = {"of": self.task.truth(rows)} if self.task.classes else {}
        return pushes(model, *seen, players=players, seed=self.seed, **own)

    def draw_pushes(self, parts: "pd.DataFrame", misled: "pd.DataFrame") -> Any:
        """Return the figure of what `pushes` has found; see `boxloop.figures.pushes`."""
        from boxloop.figures.pushes import draw_pushes

        unit = self.settings.study.unit
        shown = f"[{unit}]" if unit and not self.task.has_classes else ""
        return draw_pushes(parts, misled, unit=shown)

    # The seal.

    def ledger(self) -> list[dict]:
        """Return the events of the ledger, oldest first: sealed, trained, criteria, opened.

        Criteria that were changed since the last training are written to it first.
        """
        from boxloop.split.seal import note_criteria, read_ledger

        note_criteria(self.project, self._all_settings)
        return read_ledger(self.project)

    def note_training(self) -> None:
        """Take down that this chapter trains: once it has come to its end, criteria are locked.

        From here on a network that stops before it has converged does not warn: to stop in time
        is meant, and the validation curve shows what comes of it. Other models go on warning.
        """
        warnings.filterwarnings("ignore", module=r"sklearn\.neural_network")
        self._trains = True

    def open_seal(self, *, reason: str, model_hash: str) -> "pd.DataFrame":
        """Return the test rows, after writing to the ledger who asked for what.

        Raises
        ------
        UserError
            If something is in the way (see `boxloop.record.obstacles`), or the seal is broken.
        """
        from boxloop.base.written import reason_for
        from boxloop.record.obstacles import overridden
        from boxloop.split.seal import note_criteria, open_seal

        reason = reason_for("The test set opens only with a reason", reason)
        facts = overridden(self.project, self._all_settings)
        note_criteria(self.project, self._all_settings)
        # Whatever their words: what counts from here on are the criteria of this moment.
        facts["criteria"] = [one.model_dump() for one in self._all_settings.study.criteria]
        return open_seal(self.project, reason=reason, model_hash=model_hash, **facts)

    # What the loop has left so far.

    def read_earlier(self, file: str) -> dict[str, Any]:
        """Return the results of this name, such as ``"checks.json"``, of all chapters before."""
        names = [name for name in desks(self.project) if name < self.name]
        return {name: self.read(f"{name}/{file}") for name in names}

    def passes(self) -> list[dict]:
        """Return the passes on record, oldest first."""
        from boxloop.record.passes import all_passes

        return all_passes(self.project)

    def of_pass(self, number: int, address: str) -> dict[str, float | None] | None:
        """Return ``value``, ``low`` and ``high`` of what a pass found at ``validation.rmse.model``.

        None where it keeps no such number, or there is no such pass: in the first one, say.
        """
        from boxloop.record.traced import Results

        results = Results(self.project, {}, [], note=self._used)
        entry = results.find(f"pass{number}.{address}")
        if entry is None or entry.value is None:
            return None
        return {"value": entry.value, "low": entry.low, "high": entry.high}

    def failures_log(
        self, attempts: "pd.DataFrame", stress: "pd.DataFrame", *, also: "Iterable[dict]" = ()
    ) -> "Log":
        """Return the log of what was dropped, broke or failed; see `boxloop.record.failures.Log`.

        Parameters
        ----------
        attempts : DataFrame, from 04
        stress : DataFrame, from 06
        also : list of dict
            Entries such as those of ``study/failures.toml``.
        """
        from boxloop.record.failures import log

        checks = [row for rows in self.read_earlier("checks.json").values() for row in rows]
        file, metric = self.uses(self.project.failures_file), self.settings.study.primary_metric
        found = {"metric": metric, "passes": self.passes(), "also": also}
        return log(attempts, checks, stress, file, **found)

    def history(self) -> list[dict]:
        """Return a row per pass and one for this run; see `boxloop.record.history.table`."""
        from boxloop.record.history import with_this_run

        checks = [row for rows in self.read_earlier("checks.json").values() for row in rows]
        return with_this_run(self.project, checks)

    def answers(self) -> list[dict]:
        """Return what a person wrote in reply to the questions of the papers, in their order."""
        from boxloop.notebooks.answers import read_answers

        return read_answers(self.project)

    def prose(self) -> list[dict]:
        """Return each number in the prose of all notebooks, judged by the results so far."""
        from boxloop.record.prose import numbers_said

        rows = numbers_said(self.project, self._results())
        # Quick numbers say that everything runs, and accuse no sentence.
        return [row | {"holds": row.get("holds") or None} for row in rows] if self.smoke else rows

    def _results(self) -> "Results":
        """Return the results by address, as far as this chapter and those before it have them."""
        from boxloop.record.traced import Results

        sets = {}
        for metrics in self.read_earlier("metrics.json").values():
            sets |= metrics["sets"]
        checks = [row for rows in self.read_earlier("checks.json").values() for row in rows]
        checks += self._checks.values()
        return Results(self.project, sets | self._sets, checks, note=self._used)

    def _used(self, path: "Path") -> None:
        """Note a file whose numbers the prose speaks of, unless it is this chapter's own."""
        if path.is_relative_to(self.project.root) and not path.is_relative_to(self.folder):
            self.uses(path)

    def code(self) -> dict[str, list[tuple[str, str]]]:
        """Return by chapter the id and the text of its code cells."""
        from boxloop.notebooks.file import code_cells, read_notebook
        from boxloop.notebooks.graph import read_loop

        loop = read_loop(self.project)
        return {chapter.name: code_cells(read_notebook(chapter.path)) for chapter in loop}

    def study_code(self) -> dict[str, str]:
        """Return by name the text of the modules of the study, without its tests.

        A name such as "/helpers" is a module of one's own elsewhere in the project that a chapter
        or the study imports or runs.
        """
        from boxloop.record.own_code import beside, study_modules

        return study_modules(self.project) | beside(self.project)

    # The release.

    def releases(self) -> list[dict]:
        """Return the releases on record, oldest first."""
        from boxloop.record.release import releases

        return releases(self.project)

    def earlier_release(self, *, model_hash: str, reference_hash: str) -> dict | None:
        """Return the release of this model beside this reference on this test set, or None."""
        from boxloop.record.release import earlier

        return earlier(self.project, model_hash, reference_hash)

    def measure_sets(self, opened: "pd.DataFrame", guesses: "Mapping") -> dict[str, dict]:
        """Return the metrics of each set of rows that the opened table holds."""
        from boxloop.measure.sets import measure_sets

        draws, seed = self.draws, self.seed
        return measure_sets(opened, guesses, self.settings, draws=draws, seed=seed)

    def judge_criteria(self, sets: "Mapping") -> list[dict]:
        """Return each criterion of the study with what was measured, and whether it is met."""
        from boxloop.record.results import chapter_numbers, held_to, judge_all, past_of

        held = held_to(past_of(self.project), self.settings)
        asked = self.settings.study.criteria
        numbers = chapter_numbers(self.project, asked, self._used)
        return judge_all(self.settings, {**sets, **numbers}, held)

    def keep_card(self, name: str, card: str) -> Any:
        """Write a card and return it for display, its headings below those of the chapter."""
        from IPython.display import Markdown

        from boxloop.notebooks.prose import without_addresses
        from boxloop.record.cards import demoted, with_overrides
        from boxloop.split.locked import Past
        from boxloop.split.seal import read_ledger

        card = without_addresses(card)
        if name == "model_card.md":
            opened = [dict(one.event) for one in Past(read_ledger(self.project)).counted]
            card = with_overrides(card, opened)
        self.keep(name, card)
        return Markdown(demoted(card))

    def verdict(self) -> dict:
        """Return the verdict as it stands before this chapter has ended, for the model card."""
        from boxloop.record.results import verdict_so_far

        rows = [row for found in self.read_earlier("checks.json").values() for row in found]
        sets: dict[str, dict] = {}
        for found in self.read_earlier("metrics.json").values():
            sets |= found.get("sets", {})
        rows += self._checks.values()
        known = verdict_so_far(self.project, self.settings, self.name, rows, sets | self._sets)
        return known or {"state": "open", "sentence": "Nothing was run yet.", "because": []}

    def power_of_checks(self) -> "pd.DataFrame":
        """Return what the checks of this study could have seen, for the model card."""
        from boxloop.record.cards import power_table
        from boxloop.record.results import read_checks

        return power_table(read_checks(self.project))

    def manifest(self, patterns: list[str]) -> dict[str, str]:
        """Return ``{path: sha256}`` of the files that patterns such as ``data/raw/*`` match."""
        from boxloop.record.release import manifest

        return manifest(self.project, patterns)

    def machine(self) -> dict[str, Any]:
        """Return Python, system, cores and the versions that numbers depend on."""
        from boxloop.base.provenance import machine

        return machine()

    def requirements(self) -> str:
        """Return the exact versions of the environment as the text of a requirements file."""
        from boxloop.base.provenance import requirements

        return requirements()

    def appendix_a(self) -> list[dict]:
        """Return the sheet for the referee, filled in from all results."""
        from boxloop.record.sheets import appendix_a

        return appendix_a(self.project)
