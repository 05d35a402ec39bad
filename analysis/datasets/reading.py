"""From the database to frames: who was randomised, what they answered, in which analysis set.

Masked by default: the arm of each person is what `trial.allocation.visibility` gives for an analysis, shuffled until
the trial is unmasked. Before that nothing that follows the arms is read: no attendance, and from what nobody withdrew.
"""

from collections.abc import Mapping
from datetime import UTC, datetime

import pandas as pd

from analysis.datasets.sets import members
from analysis.frames import TrialFrames
from analysis.models import Kind, Report, Status
from analysis.plan import Plan
from questionnaires import catalogue
from questionnaires.models import Answer
from questionnaires.own_questions import SLUG as OWN_QUESTIONS
from questionnaires.scoring import score
from trial.allocation.visibility import Labels, labels_for_analysis
from trial.enrolment.models import Level, Screening, SociodemographicAnswers, Withdrawal
from trial.flow.services import enrolment_counts
from trial.people.models import Participant
from trial.protocol.models import ProtocolVersion, Trial

# Answers by participant, wave and instrument: codes by item, None where somebody preferred not to answer.
Sheets = Mapping[tuple[str, str, str], Mapping[str | int, int | None]]
NEVER = datetime.min.replace(tzinfo=UTC)


def trial_frames(
    trial: Trial, version: ProtocolVersion, plan: Plan, labels: Labels | None = None, *, now: datetime
) -> TrialFrames:
    """Read everything a report needs, at the cost of ten queries whatever the number of participants.

    A sheet counts once it is handed in, or once nothing more can be answered: what it lacks then is missing by the
    instrument's own rule. Scores are computed here from the raw answers. `labels`: those of a closed report, whose
    `plan` has letters for arms as well.
    """
    labels = labels or labels_for_analysis(trial)
    people = Participant.objects.filter(trial=trial, code__in=labels.by_code)
    code_of = {key: code for code, key in people.values_list("code", "respondent_key")}
    codes = sorted(code_of.values())
    arms = {code: labels.by_code[code] for code in codes}
    kept_until = _kept_until(trial)
    hidden = {code for code, moment in kept_until.items() if moment is None}
    sheets = _sheets(plan, code_of, kept_until, now)
    scores = _scores(plan, codes, arms, sheets)
    chosen = members(version, plan, labels.kind, arms, scores, taken_back=hidden)
    return TrialFrames(
        labels=labels.kind,
        scores=scores,
        participants=_participants(trial, plan, codes, arms, hidden=hidden),
        items=_items(sheets),
        sets=chosen.sets,
        unavailable=chosen.unavailable,
        left_out=chosen.left_out,
        enrolment=enrolment_counts(trial),
        is_simulated=trial.is_simulated,
    )


def _kept_until(trial: Trial) -> dict[str, datetime | None]:
    """Of those who took back the use of their data: until when it had been analysed by then, if it ever was."""
    reports = Report.objects.filter(trial=trial, kind=Kind.REAL, status=Status.DONE)
    read = sorted(moment for moment in reports.values_list("data_read_at", flat=True) if moment)
    withdrawals = Withdrawal.objects.filter(participant__trial=trial, level=Level.DATA)
    pairs = withdrawals.values_list("participant__code", "withdrawn_at")
    return {code: max((at for at in read if at <= withdrawn_at), default=None) for code, withdrawn_at in pairs}


def _sheets(plan: Plan, code_of: Mapping, kept_until: Mapping[str, datetime | None], now: datetime) -> Sheets:
    handed_in = Answer.objects.filter(sheet__submitted_at__isnull=False)
    in_sitting = Answer.objects.filter(sheet__sitting__submitted_at__isnull=False)
    over = Answer.objects.filter(sheet__sitting__accepts_until__lte=now)
    waves = [wave.id for wave in plan.waves]
    answers = (handed_in | in_sitting | over).filter(
        sheet__questions=[], sheet__sitting__respondent__in=code_of, sheet__sitting__wave__in=waves
    )
    rows = answers.values_list(
        "sheet__sitting__respondent", "sheet__sitting__wave", "sheet__instrument", "item", "code", "stored_at"
    )
    found: dict[tuple[str, str, str], dict[str | int, int | None]] = {}
    for respondent, wave, instrument, item, code, stored_at in rows.iterator(chunk_size=10_000):
        who = code_of[respondent]
        if who in kept_until and stored_at > (kept_until[who] or NEVER):
            continue
        if instrument == OWN_QUESTIONS or item not in catalogue.load(instrument).by_key:
            continue  # said in words of one's own: no code, no score
        found.setdefault((who, wave, instrument), {})[item] = code
    return found


def _scores(plan: Plan, codes: list[str], arms: Mapping[str, str], sheets: Sheets) -> pd.DataFrame:
    """One row a participant and wave of the plan, whether or not anything was answered."""
    computed = {place: score(catalogue.load(place[2]), answers) for place, answers in sheets.items()}
    rows = []
    for code in codes:
        for wave in plan.waves:
            found = {
                outcome.id: computed.get((code, wave.id, outcome.instrument or ""), {}).get(outcome.score or "")
                for outcome in plan.outcomes
            }
            rows.append({"participant": code, "wave": wave.id, "arm": arms[code], **found})
    frame = pd.DataFrame(rows, columns=["participant", "wave", "arm", *(outcome.id for outcome in plan.outcomes)])
    return frame.astype({outcome.id: float for outcome in plan.outcomes})


def _items(sheets: Sheets) -> dict[str, pd.DataFrame]:
    rows: dict[str, list[dict]] = {}
    for (code, wave, instrument), answers in sorted(sheets.items()):
        rows.setdefault(instrument, []).append({"participant": code, "wave": wave, **answers})
    frames = {}
    for instrument, found in rows.items():
        keys = [item.key for item in catalogue.load(instrument).items]
        frame = pd.DataFrame(found, columns=["participant", "wave", *keys])
        frames[instrument] = frame.astype(dict.fromkeys(keys, float))
    return frames


def _participants(
    trial: Trial, plan: Plan, codes: list[str], arms: Mapping[str, str], *, hidden: set[str]
) -> pd.DataFrame:
    """What each person said of themselves, at screening or on the sheet; nothing of those who took it back."""
    screened = Screening.objects.filter(participant__trial=trial, reopened_at__isnull=True)
    sheets = SociodemographicAnswers.objects.filter(participant__trial=trial)
    answers: dict[str, dict] = {}
    for found in (screened, sheets):
        for code, given in found.values_list("participant__code", "answers"):
            answers.setdefault(code, {}).update(given)
    names = [each.id for each in plan.characteristics]
    rows = [
        {"participant": code, "arm": arms[code]}
        | {name: None if code in hidden else answers.get(code, {}).get(name) for name in names}
        for code in codes
    ]
    frame = pd.DataFrame(rows, columns=["participant", "arm", *names])
    numbers = [each.id for each in plan.characteristics if each.kind == "number"]
    return frame.astype(dict.fromkeys(numbers, float))
