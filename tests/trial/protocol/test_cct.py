"""The shipped protocol states what Rojas et al. (2023) report."""

import hashlib
from datetime import time

from trial.protocol.schema_conduct import last_day, last_day_of_grace

TABLE_1 = (
    "Step 1. Settling and focusing the mind",
    "Step 2. Loving-kindness and compassion for a loved one",
    "Step 3a. Compassion for oneself",
    "Step 3b. Loving-kindness for oneself",
    "Step 4. Shared common humanity and appreciation of others",
    "Step 5. Cultivating compassion for others",
    "Step 6. Active compassion",
    "Integrated practice",
)
SCALES = (
    "csp_24",
    "scs_sf",
    "iri_28",
    "dass_21",
    "phi",
    "ffmq_20_provisional",
    "mbi_ss_15",
    "ders_28",
    "brs_6",
    "covid_concern",
)


def test_trial_is_registered_and_approved_as_published(cct):
    assert (cct.registration.registry, cct.registration.number) == ("ClinicalTrials.gov", "NCT04690452")
    assert cct.ethics.reference == "Ref. 20/742-EC_X"


def test_44_participants_in_two_arms_of_equal_ratio(cct):
    assert cct.target_sample_size == 44
    assert [(arm.id, arm.role, arm.ratio) for arm in cct.arms] == [
        ("cct", "programme", 1),
        ("waitlist", "waitlist", 1),
    ]


def test_waitlist_receives_the_programme_after_follow_up(cct):
    waitlist = cct.arm("waitlist")

    assert (waitlist.crosses_over_to, waitlist.crosses_over_after) == ("cct", "follow_up")


def test_cohort_is_drawn_after_the_baseline_assessment(cct):
    assert (cct.randomisation.method, cct.randomisation.after_wave) == ("cohort_draw", "pre")
    assert [wave.id for wave in cct.waves_before_randomisation] == ["pre"]


def test_six_inclusion_and_four_exclusion_criteria_each_with_its_moment_and_judge(cct):
    inclusion = [(c.moment, c.judged_by) for c in cct.inclusion_criteria]
    exclusion = [(c.moment, c.judged_by) for c in cct.exclusion_criteria]

    by_participant = ("screening", "participant")
    assert inclusion == [by_participant] * 3 + [("consent", "system")] + [by_participant] * 2
    assert exclusion == [
        by_participant,
        ("each_session", "instructor"),
        ("programme_start", "system"),
        ("each_wave", "participant"),
    ]


def test_programme_is_8_weekly_sessions_of_120_minutes_with_30_minutes_of_practice_a_day(cct):
    programme = cct.programme("cct")

    assert tuple(str(session.title) for session in programme.sessions) == TABLE_1
    assert (programme.session_minutes, programme.every_days, programme.days) == (120, 7, 49)
    assert programme.practice_minutes_a_day == 30
    assert programme.total_session_minutes == 16 * 60
    assert programme.total_practice_minutes == 28 * 60


def test_every_session_hands_out_audio_and_workbook(cct):
    kinds = [[material.kind for material in s.materials] for s in cct.programme("cct").sessions]

    assert kinds == [["audio", "workbook"]] * 8


def test_three_waves_ask_the_ten_scales_of_table_2(cct):
    assert [wave.id for wave in cct.waves] == ["pre", "post", "follow_up"]
    assert [wave.instruments for wave in cct.waves] == [SCALES] * 3
    assert cct.questionnaire_minutes == 105


def test_waves_lie_before_the_start_after_the_end_and_two_months_later(cct):
    days = [(wave.anchor, wave.opens_days, last_day(wave), last_day_of_grace(wave)) for wave in cct.waves]

    assert days == [
        ("programme_start", -10, -4, -3),
        ("programme_end", 1, 7, 9),
        ("programme_end", 61, 74, 76),
    ]
    assert {wave.opens_at for wave in cct.waves} == {time(9)}


def test_every_wave_asks_about_other_programmes_and_adverse_events(cct):
    for wave in cct.waves:
        assert set(cct.safety.adverse_events.asked) | {"other_programme"} <= set(wave.questions)


def test_satisfaction_belongs_to_the_programme_and_to_no_wave(cct):
    assert [sheet.instrument for sheet in cct.programme("cct").sheets] == ["satisfaction"]
    assert "satisfaction" not in {slug for wave in cct.waves for slug in wave.instruments}


def test_sociodemographic_sheet_asks_what_the_paper_reports(cct):
    assert cct.sociodemographic.questions == (
        "age",
        "gender",
        "nationality",
        "marital_status",
        "study_year",
        "meditated_before",
        "meditation_minutes",
    )
    assert cct.question("meditation_minutes").shown_if.question == "meditated_before"


def test_24_outcomes_of_the_paper_9_of_them_primary_and_three_totals_besides(cct):
    priorities = [outcome.priority for outcome in cct.outcomes]

    assert [priorities.count(name) for name in ("primary", "secondary", "exploratory")] == [9, 15, 3]


def test_reliable_change_is_judged_for_the_five_clinical_outcomes(cct):
    judged = [outcome.id for outcome in cct.outcomes if outcome.reliable_change]

    assert judged == ["stress", "depression", "anxiety", "exhaustion", "cynicism"]
    assert (cct.analysis.reliable_change.from_wave, cct.analysis.reliable_change.to_wave) == ("pre", "post")


def test_analysis_takes_waitlist_and_pre_as_references(cct):
    plan = cct.analysis

    assert (plan.model, plan.estimation, plan.post_hoc) == ("random_intercept", "reml", "tukey")
    assert (plan.reference_arm, plan.reference_wave) == ("waitlist", "pre")
    assert [contrast.wave for contrast in plan.contrasts] == ["post", "follow_up"]
    assert [(a_set.id, a_set.is_primary) for a_set in plan.sets] == [
        ("all_randomised", True),
        ("as_published", False),
        ("per_protocol", False),
    ]


def test_safety_thresholds_are_14_10_and_17(cct):
    thresholds = {rule.score: rule.at_least for rule in cct.safety.rules}

    assert thresholds == {"depression": 14, "anxiety": 10, "stress": 17}


def test_support_names_112_and_024_in_spain(cct):
    assert [number.number for number in cct.support.in_country("ES")] == ["112", "024"]


def test_support_shows_every_number_where_a_country_has_none(cct):
    assert cct.support.in_country("FR") == cct.support.emergency


def test_consent_says_in_both_languages_what_committees_look_for(cct):
    text = cct.consent_documents[0].text
    points = {
        "en": ("gets in touch", "Do not rely on", "Who sees what", "working days only", "can fail"),
        "es": (
            "se pone en contacto",
            "No confíes en el estudio",
            "Quién ve qué",
            "días laborables",
            "fallar",
        ),
    }

    for language, said in points.items():
        assert [point for point in said if point not in text.in_language(language)] == []


def test_consent_lists_three_levels_of_leaving(cct):
    document = cct.consent_documents[0]
    english = document.text.in_language("en").split("## You can leave at any moment")[1]
    spanish = document.text.in_language("es").split("## Puedes dejarlo en cualquier momento")[1]

    assert (english.count("\n- "), spanish.count("\n- ")) == (3, 3)


def test_consent_has_the_same_sections_and_lists_in_both_languages(cct):
    def shape(text):
        return [row[:2] for row in text.split("\n") if row.startswith(("## ", "- "))]

    text = cct.consent_documents[0].text

    assert shape(text.in_language("en")) == shape(text.in_language("es"))


def test_contacts_are_examples_only(cct):
    assert {contact.email.split("@")[1] for contact in cct.support.contacts} == {"example.org"}


def test_rewards_are_credits_and_a_book_also_after_withdrawal(cct):
    assert [(reward.id, reward.also_after_withdrawal) for reward in cct.rewards] == [
        ("credits", True),
        ("book", True),
    ]


def test_hash_is_that_of_the_files_bytes(cct, cct_text):
    assert cct.sha256 == hashlib.sha256(cct_text.encode()).hexdigest()
