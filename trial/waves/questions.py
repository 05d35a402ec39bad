"""A wave's own questions, in the plain form in which a sitting carries them (`questionnaires.own_questions`)."""

from typing import Any

from trial.protocol.kinds import Text
from trial.protocol.schema import Protocol
from trial.protocol.schema_conduct import Wave
from trial.protocol.schema_enrolment import Question


def questions_of(protocol: Protocol, wave: Wave) -> list[dict[str, Any]]:
    """What `new_sitting(questions=...)` takes for this wave: its own questions, in its order."""
    return [plain(protocol.question(id)) for id in wave.questions]


def plain(question: Question) -> dict[str, Any]:
    """The question as a dict that JSON can hold; what it does not have is left out."""
    said: dict[str, Any] = {
        "id": question.id,
        "kind": question.kind,
        "text": _words(question.text),
        "may_be_skipped": question.may_be_skipped,
    }
    for key in ("hint", "unit"):
        if getattr(question, key) is not None:
            said[key] = _words(getattr(question, key))
    if question.options:
        said["options"] = [{"id": option.id, "text": _words(option.text)} for option in question.options]
    if question.kind == "number":
        limits = {"lowest": question.lowest, "highest": question.highest}
        said |= {key: limit for key, limit in limits.items() if limit is not None}
        said["is_whole"] = question.is_whole
    if question.shown_if is not None:
        said["shown_if"] = {"question": question.shown_if.question, "answers": list(question.shown_if.answers)}
    return said


def _words(text: Text) -> dict[str, str]:
    return dict(text.versions)
