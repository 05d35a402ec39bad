"""The twin: simulated trials that walk through the same services as a real one, on a clock of their own.

Their people, answers and effects are invented (analysis.simulation); their rules are not. Every act is done at the
moment at which it would have happened, so that windows, receipts and the trail look as they would.
"""

from datetime import date, timedelta

from analysis.twin import answers, conduct, people
from analysis.twin.story import REASON, Team, new_story
from trial.protocol.models import Trial

__all__ = ["REASON", "finished_trial", "recruiting_trial"]

PEOPLE, LEAVING = 44, 4
SO_FAR, DAYS_BEFORE_START = 31, 6


def finished_trial(source: bytes, *, starts_on: date, team: Team) -> Trial:
    """As the published trial went: 44 people, four of the programme's arm leaving before it began, groups opened.

    `team` names a principal investigator, who asks for that, and a statistician, who confirms it.
    """
    story = new_story(source, starts_on=starts_on, team=team)
    people.enrol(story, PEOPLE)
    answers.first_wave(story)
    conduct.answer_cases(story)
    conduct.draw(story)
    conduct.leave_before_the_start(story, LEAVING)
    conduct.hold_programme(story)
    answers.later_waves(story)
    conduct.answer_cases(story)
    conduct.cross_over(story)
    return conduct.end(story)


def recruiting_trial(source: bytes, *, today: date, team: Team) -> Trial:
    """In the middle of recruitment: the first wave is open, and there is somebody at each point of the way."""
    story = new_story(source, starts_on=today + timedelta(days=DAYS_BEFORE_START), team=team)
    people.enrol(story, SO_FAR)
    people.stop_on_the_way(story)
    answers.some_of_the_first_wave(story)
    conduct.send_nothing(story.trial)
    return story.trial
