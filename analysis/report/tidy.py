"""The data and the estimates as tidy tables of plain names and unrounded numbers, for other programs."""

from collections.abc import Mapping

import pandas as pd

from analysis.change_results import ChangeResult
from analysis.frames import TrialFrames
from analysis.results import OutcomeResult, SetResults
from analysis.stats.baseline import BaselineTable
from analysis.stats.little_mcar import LittleMcar

# Said in every row of a table: a file that is sent on must not pass for what it is not.
LABELS = {"real": "real", "closed": "closed: groups under letters", "shuffled": "rehearsal: shuffled labels"}


def data_tables(frames: TrialFrames) -> dict[str, pd.DataFrame]:
    """Return the data by file name: scores, participants with their sets, and raw answers by instrument."""
    people = frames.participants.copy()
    for set_id in sorted(frames.sets):
        people[f"in_{set_id}"] = people["participant"].isin(frames.sets[set_id])
    tables = {"scores": frames.scores, "participants": people}
    tables |= {f"answers-{slug}": frame for slug, frame in frames.items.items()}
    return {name: table.assign(labels=_labels(frames)) for name, table in tables.items()}


def result_tables(frames: TrialFrames, results: SetResults) -> dict[str, pd.DataFrame]:
    """Return every estimate by file name."""
    models = {id: found for id, found in results.outcomes.items() if isinstance(found, OutcomeResult)}
    tables = {
        "scores": results.scores,
        "contrasts": _stacked({id: found.contrasts for id, found in models.items()}),
        "coefficients": _stacked({id: found.fixed for id, found in models.items()}),
        "means": _stacked({id: found.means for id, found in models.items()}),
        "within": _stacked({id: found.within for id, found in models.items()}),
        "joint": _stacked({id: found.joint for id, found in models.items()}),
        "models": _models(models),
        "not-analysed": _refusals(results),
        "consistency": results.alphas,
        **_baseline(results),
        **_quality(results),
    }
    told = {name: table for name, table in tables.items() if not table.empty}
    return {name: table.assign(labels=_labels(frames)) for name, table in told.items()}


def _labels(frames: TrialFrames) -> str:
    return ("simulated, " if frames.is_simulated else "") + LABELS[frames.labels]


def _stacked(tables: Mapping[str, pd.DataFrame], name: str = "outcome") -> pd.DataFrame:
    """One table under the other, the name of each in the first column."""
    parts = [table.assign(**{name: id})[[name, *table.columns]] for id, table in tables.items()]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()


def _models(models: Mapping[str, OutcomeResult]) -> pd.DataFrame:
    rows = [
        (id, of.fit.n_obs, of.fit.n_subjects, of.fit.singular, of.fit.criterion, of.fit.sd_subject, of.fit.sd_residual)
        for id, of in models.items()
    ]
    names = ["outcome", "observations", "participants", "singular", "criterion", "sd_participant", "sd_residual"]
    return pd.DataFrame(rows, columns=names)


def _refusals(results: SetResults) -> pd.DataFrame:
    rows = [("model", id, found) for id, found in results.outcomes.items() if isinstance(found, str)]
    rows += [("reliable change", id, found) for id, found in results.changes.items() if isinstance(found, str)]
    rows += [("baseline", id, found) for id, found in results.baseline.items() if isinstance(found, str)]
    rows += [("mcar", id, found) for id, found in results.mcar.items() if isinstance(found, str)]
    return pd.DataFrame(rows, columns=["of", "variable", "why"])


def _baseline(results: SetResults) -> dict[str, pd.DataFrame]:
    found = [table for table in results.baseline.values() if isinstance(table, BaselineTable)]

    def joined(name: str) -> pd.DataFrame:
        parts = [table for each in found if not (table := getattr(each, name)).empty]
        return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()

    return {
        "baseline-numbers": joined("continuous"),
        "baseline-categories": joined("categorical"),
        "baseline-differences": joined("differences"),
        "baseline-tests": joined("tests"),
    }


def _quality(results: SetResults) -> dict[str, pd.DataFrame]:
    changes = {id: found for id, found in results.changes.items() if isinstance(found, ChangeResult)}
    tests = {id: found for id, found in results.mcar.items() if isinstance(found, LittleMcar)}
    rows = [(id, found.statistic, found.df, found.p, found.n, found.variables) for id, found in tests.items()]
    return {
        "missing": pd.DataFrame() if isinstance(results.missing, str) else results.missing.table,
        "mcar": pd.DataFrame(rows, columns=["outcome", "statistic", "df", "p", "n", "variables"]),
        "reliable-change": _stacked({id: found.change.counts for id, found in changes.items()}),
        "reliable-change-tests": _change_tests(changes),
    }


def _change_tests(changes: Mapping[str, ChangeResult]) -> pd.DataFrame:
    rows = []
    for id, found in changes.items():
        criteria, test = found.change.criteria, found.comparison
        figures = (criteria.sd, criteria.reliability, found.change.s_diff, criteria.critical, found.cutoff)
        chi = (None,) * 4 if isinstance(test, str) else (*_chi(test.chi_square), test.exact.p)
        rows.append((id, *figures, *chi))
    names = ["outcome", "sd", "reliability", "s_diff", "critical", "cutoff", "chi_square", "df", "p", "p_exact"]
    return pd.DataFrame(rows, columns=names)


def _chi(test) -> tuple[float, int, float]:
    return test.statistic, test.df, test.p
