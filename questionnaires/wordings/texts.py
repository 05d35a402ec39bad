"""The texts of an instrument that a wording pack replaces, each by its key. Pure.

The keys are the items' and the free questions' own ("7", "EX1", "26"); "instructions" (with several parts
"instructions remembered"); "option 3" (with several response scales "option yes_no 1") for each code that has a
label; and "not applicable" for the choice outside the codes. The heading of a part is ours and stays.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace

from questionnaires.instrument import Instrument, Item, ResponseScale, Text

Wording = Mapping[str, str]  # text by key, in one language


def texts_of(instrument: Instrument) -> dict[str, Text]:
    """Every text that a pack replaces, by its key, in the order of the page."""
    texts: dict[str, Text] = {}
    for part in instrument.parts:
        texts[_key(instrument, "instructions", part.key)] = part.instructions
        for item in instrument.items:
            if item.part == part.key:
                texts[item.key] = item.wording
    texts |= {question.key: question.wording for question in instrument.open_questions}
    for scale in scales_of(instrument):
        for option in scale.options:
            if option.label is not None:
                texts[_key(instrument, "option", scale.name, option.code)] = option.label
        if scale.not_applicable is not None:
            texts[_key(instrument, "not applicable", scale.name)] = scale.not_applicable
    return texts


def scales_of(instrument: Instrument) -> list[ResponseScale]:
    return list({item.scale.name: item.scale for item in instrument.items}.values())


def _key(instrument: Instrument, kind: str, of: str, code: int | None = None) -> str:
    """`of` is a part or a response scale: its name stands in the key only where there are several."""
    several = len(instrument.parts) if kind == "instructions" else len(scales_of(instrument))
    return " ".join(str(word) for word in (kind, of if several > 1 else None, code) if word is not None)


def working_wording(instrument: Instrument, language: str) -> dict[str, str]:
    """Our own texts in `language`, by key."""
    return {key: text.in_language(language) for key, text in texts_of(instrument).items()}


def missing_from(instrument: Instrument, wording: Wording) -> tuple[str, ...]:
    """The keys without which a wording is not complete."""
    return tuple(key for key in texts_of(instrument) if key not in wording)


def worded(instrument: Instrument, language: str, wording: Wording) -> Instrument:
    """The instrument with these texts in the place of ours, in `language` only."""

    def said(key: str, text: Text) -> Text:
        return replace(text, **{language: wording.get(key, text.in_language(language))})

    scales = {scale.name: _worded_scale(instrument, scale, said) for scale in scales_of(instrument)}

    def item(each: Item) -> Item:
        return replace(each, wording=said(each.key, each.wording), scale=scales[each.scale.name])

    return replace(
        instrument,
        items=tuple(item(each) for each in instrument.items),
        parts=tuple(
            replace(part, instructions=said(_key(instrument, "instructions", part.key), part.instructions))
            for part in instrument.parts
        ),
        open_questions=tuple(replace(each, wording=said(each.key, each.wording)) for each in instrument.open_questions),
    )


def _worded_scale(instrument: Instrument, scale: ResponseScale, said: Callable[[str, Text], Text]) -> ResponseScale:
    options = tuple(
        replace(option, label=option.label and said(_key(instrument, "option", scale.name, option.code), option.label))
        for option in scale.options
    )
    other = scale.not_applicable
    key = _key(instrument, "not applicable", scale.name)
    return replace(scale, options=options, not_applicable=other and said(key, other))
