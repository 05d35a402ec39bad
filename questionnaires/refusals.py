"""What can be refused about answering. Pure; the sentences are said by whoever refuses."""


class AnswerRefused(Exception):
    """Something about answering that cannot be; the message is a sentence for the person who answers."""


class UnknownItem(AnswerRefused):
    """The sheet has no such item."""


class OutsideCodes(AnswerRefused):
    """The value is not among the item's codes."""


class Unreadable(AnswerRefused):
    """What was written is not what the question asks for, or cannot be kept as it is."""


class NotUnderWay(AnswerRefused):
    """The sitting is not opened, not open yet, or past its grace."""


class Stopped(AnswerRefused):
    """The respondent has left the questionnaires."""


class AlreadySubmitted(AnswerRefused):
    """What was handed in stays as it was."""


class NotYours(AnswerRefused):
    """The sitting is somebody else's."""


class KeyReused(AnswerRefused):
    """The key has been used for another answer."""
