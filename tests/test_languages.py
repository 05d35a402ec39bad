"""Every word that people see exists in English and in Spanish, and the compiled Spanish is the written one."""

import gettext
import io
import re
from collections import Counter
from functools import cache
from pathlib import Path

import allauth
import django
import pytest
from babel.messages import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract
from babel.messages.pofile import read_po
from django.contrib import auth
from django.utils.translation import override
from django.utils.translation.template import templatize

from trial.people.adapters import BORROWED
from trial.templatetags.face import in_words

ROOT = Path(__file__).resolve().parent.parent
SPANISH = ROOT / "trial" / "locale" / "es" / "LC_MESSAGES"
PYTHON = sorted(file for room in ("trial", "questionnaires", "analysis") for file in (ROOT / room).rglob("*.py"))
TEMPLATES = sorted((ROOT / "templates").rglob("*.*"))
KEYWORDS = DEFAULT_KEYWORDS | {
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext_lazy": (1, 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext_lazy": ((1, "c"), 2, 3),
}
PLACEHOLDER = re.compile(r"%\(\w+\)[\d.]*[a-z]|%[sd]|<[^>]+>")

# Names and notations that a template may say outside of its translate tags.
NOT_ENGLISH = {"Equipoise", "UTC"}
SEEN_ATTRIBUTES = re.compile(
    r"""\s(?:aria-label|aria-description|alt|title|placeholder|data-label)=(["'])(.*?)\1""", re.S
)
SEEN_ARGUMENTS = re.compile(r"""\|(?:default|default_if_none|yesno|pluralize|add):(["'])(.*?)\1""", re.S)
TRANSLATED = re.compile(r"{%\s*(comment|blocktrans(?:late)?)\b.*?{%\s*end\1\s*%}", re.S)
CLASSES = re.compile(r"{% block (?:width|audience) %}.*?{% endblock %}")  # blocks that hold a class attribute
TEMPLATE_TAG = re.compile(r"{%.*?%}|{{.*?}}|{#.*?#}", re.S)
MARKUP = re.compile(r"<!--.*?-->|<[^>]*>|&\w+;", re.S)

Key = tuple[str | None, str | tuple[str, ...]]


@cache
def catalogue() -> Catalog:
    with (SPANISH / "django.po").open("rb") as file:
        return read_po(file, locale="es")


def entries() -> list:
    return [message for message in catalogue() if message.id]


def forms(text: str | tuple[str, ...]) -> tuple[str, ...]:
    return text if isinstance(text, tuple) else (text,)


def key_of(context: str | None, words: str | tuple) -> Key:
    """As babel reads a catalogue, so an extracted string: singular and plural, without None."""
    said = tuple(word for word in forms(words) if word is not None)
    return context, said if len(said) > 1 else said[0]


def in_python(source: bytes) -> set[Key]:
    found = extract("python", io.BytesIO(source), KEYWORDS, options={"encoding": "utf-8"})
    return {key_of(context, words) for _, words, _, context in found}


def in_template(source: str) -> set[Key]:
    lines = templatize(source).splitlines()
    return in_python("\n".join(line.strip() for line in lines).encode())


@cache
def wanted() -> frozenset[Key]:
    python = [in_python(file.read_bytes()) for file in PYTHON if b"gettext" in file.read_bytes()]
    return frozenset().union(*python, *(in_template(file.read_text()) for file in TEMPLATES))


def bare_words(source: str) -> list[str]:
    """Words that a template says outside of its translate tags: in text, attributes that are read, filters."""
    source = TRANSLATED.sub(" ", CLASSES.sub(" ", source))
    plain = TEMPLATE_TAG.sub(" ", source)
    seen = [MARKUP.sub(" ", plain)]
    seen += [value for _, value in SEEN_ATTRIBUTES.findall(plain) + SEEN_ARGUMENTS.findall(source)]
    return [word for text in seen for word in re.findall(r"[^\W\d_]{2,}", text) if word not in NOT_ENGLISH]


def test_every_string_of_the_source_is_in_the_catalogue():
    assert wanted() - {key_of(entry.context, entry.id) for entry in entries()} == set()


def test_catalogue_holds_nothing_that_the_source_no_longer_says():
    assert {key_of(entry.context, entry.id) for entry in entries()} - wanted() == set()


def test_no_entry_is_empty_fuzzy_or_obsolete():
    unfinished = [entry.id for entry in entries() if entry.fuzzy or not all(forms(entry.string))]

    assert unfinished == []
    assert list(catalogue().obsolete) == []


def test_placeholders_and_tags_agree_with_the_english_ones():
    def parts(text: str) -> Counter:
        return Counter(PLACEHOLDER.findall(text))

    wrong = [
        (english, spanish)
        for entry in entries()
        for english in forms(entry.id)
        for spanish in forms(entry.string)
        if parts(english) != parts(spanish)
    ]

    assert wrong == []


def test_catalogue_says_its_language_and_names_nobody():
    headers = dict(catalogue().mime_headers)

    assert (headers["Language"], headers["Plural-Forms"]) == ("es", "nplurals=2; plural=(n != 1);")
    assert (headers["Last-Translator"], headers["Language-Team"]) == ("", "Spanish")


def test_compiled_catalogue_is_the_written_one():
    with (SPANISH / "django.mo").open("rb") as file:
        compiled = gettext.GNUTranslations(file)._catalog
    written = {}
    for entry in entries():
        for number, spanish in enumerate(forms(entry.string)):
            english = forms(entry.id)[0] if entry.context is None else f"{entry.context}\x04{forms(entry.id)[0]}"
            written[(english, number) if isinstance(entry.id, tuple) else english] = spanish

    assert {english: spanish for english, spanish in compiled.items() if english} == written


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ('{% translate "Unheard of" %}', {(None, "Unheard of")}),
        ("<p>{% blocktranslate %}Unheard {{ of }}{% endblocktranslate %}</p>", {(None, "Unheard %(of)s")}),
        (
            "  {% blocktranslate count n=n %}one{% plural %}{{ n }} many{% endblocktranslate %}\n <br>",
            {(None, ("one", "%(n)s many"))},
        ),
        ('{{ day|date:_("j F") }}', {(None, "j F")}),
    ],
)
def test_new_string_of_a_template_is_found(source, found):
    assert in_template(source) == found
    assert found - wanted() == found


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ('label = _("Unheard "\n    "of")', {(None, "Unheard of")}),
        ('gettext_lazy("Unheard of")', {(None, "Unheard of")}),
        ('ngettext("one thing", "%(n)d things", n)', {(None, ("one thing", "%(n)d things"))}),
        ('pgettext("a place", "Unheard of")', {("a place", "Unheard of")}),
    ],
)
def test_new_string_of_the_code_is_found(source, found):
    assert in_python(source.encode()) == found
    assert found - wanted() == found


def test_templates_say_nothing_outside_of_translate_tags():
    bare = {str(file.relative_to(ROOT)): words for file in TEMPLATES if (words := bare_words(file.read_text()))}

    assert bare == {}


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("<h1>Bare words</h1>", ["Bare", "words"]),
        ('<a title="Bare" href="{% url "home" %}">{% translate "Home" %}</a>', ["Bare"]),
        ('{{ name|default:"nobody" }}{{ code|default:"-" }}{{ done|yesno:"yes,no" }}', ["nobody", "yes", "no"]),
        ('{% block width %}frame-narrow{% endblock %}<p class="lead">7</p>', []),
        ("<p>{{ name }} is {% if a %}here{% endif %}</p>", ["is", "here"]),
        ("{% comment %}Not said{% endcomment %}<p>Equipoise &middot; 112</p>", []),
        ("{% blocktranslate %}Said <b>well</b>{% endblocktranslate %}", []),
    ],
)
def test_bare_words_are_found(source, found):
    assert bare_words(source) == found


def test_borrowed_sentences_are_still_those_of_django_and_allauth():
    folders = [Path(django.__file__).parent / "conf", Path(auth.__file__).parent, Path(allauth.__file__).parent]
    theirs = [gettext.translation("django", folder / "locale", ["es"]) for folder in folders]
    borrowed = [forms(said) for _, said in in_python((ROOT / "trial" / "people" / "adapters.py").read_bytes())]

    def is_known(said: tuple[str, ...]) -> bool:
        if len(said) == 1:
            return any(their.gettext(*said) != said[0] for their in theirs)
        return any(their.ngettext(*said, 2) != said[1] for their in theirs)

    assert [said for said in borrowed if not is_known(said)] == []
    assert len(borrowed) == len(BORROWED)


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (["uno"], "uno"),
        (["agua", "hielo"], "agua y hielo"),
        (["estadística", "gestión", "investigación"], "estadística, gestión e investigación"),
        (["padres", "hijos"], "padres e hijos"),
    ],
)
def test_spanish_list_says_e_before_the_sound_i(names, said):
    with override("es"):
        assert in_words(names) == said
