"""Makes submissions that no page of ours sends, and knows what must come of each."""

import contextlib
import random
import re
import urllib.parse
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

from questionnaires import catalogue
from questionnaires.asking import Value
from questionnaires.models import Sitting
from tests import factories
from tests.web import TOKEN, Reply, Visitor

STRANGE = [
    *("", " ", "1 ", " 1", "\n1", "\0", "1\0", "\ud800", "\udfff\ud800", "\u202e1\u202c", "\u2066" * 30, "\ufeff1"),
    *("1e308", "-1e308", "NaN", "inf", "-1", "+1", "1.0", "0x1", "1_0", "01", "٣", "１", "²", "9" * 400, "99999"),
    *("None", "null", "true", "[]", "[1]", "{}", "skip ", "SKIP", "i-1", "EX1", "*", "%s", "%00", "../..", "A" * 9000),
    *("<script>alert(1)</script>", "'; DROP TABLE questionnaires_answer; --", "=1+1", "\N{PILE OF POO}" * 20),
]
BIG = b"i-1=" + b"1" * 10_000_000
BODIES = [
    (b"item=%ED%A0%80&code=%FF%FE&key=%", "application/x-www-form-urlencoded"),
    (b"&&&===%%%;;;\xff\x00", "application/x-www-form-urlencoded"),
    (b'{"item": "1", "code": 1e308}', "application/json"),
    (b"--x\r\nContent-Disposition: form-data; name=item\r\n\r\n1", "multipart/form-data; boundary=x"),
    (b"", "multipart/form-data"),
    (b"+AGk-", "application/x-www-form-urlencoded; charset=utf-7"),
    (b"i-1=1", "application/x-www-form-urlencoded; charset=no-such"),
    (b"&".join(b"i-%d=1" % number for number in range(3000)), "application/x-www-form-urlencoded"),
    (b"\x1f\x8b" + bytes(300), "application/octet-stream"),
]
HEADERS = [
    {"Accept-Language": "es-" * 3000},
    {"Accept-Language": "\x80\xff, *;q=1e308"},
    {"Cookie": "participant=\x80\xff; csrftoken=" + TOKEN},
    {"Origin": "null"},
    {"X-Forwarded-Proto": "https"},
    {"X-Requested-With": "XMLHttpRequest", "Accept": b"\x00".hex()},
    {"Transfer-Encoding": "chunked"},
]
SLUGS = [each.slug for each in factories.askable_instruments()]


@dataclass
class Attempt:
    """`taken` is what is kept of it: pairs of item and value."""

    send: Callable[[], Reply]
    expected: set[int]
    slug: str = ""
    taken: list[tuple[str, Value]] = field(default_factory=list)


def code_from(text: str, item: str, slug: str) -> list[int | None]:
    """What this text says as an answer: one code, or none for a text that no button has."""
    known = catalogue.load(slug).by_key.get(item)
    if known is None:
        return []
    if text == "skip":
        return [None]
    return [option.code for option in known.scale.options if str(option.code) == text]


def is_number(sent: str | list[str]) -> bool:
    """Whether Django's field would read this as a whole number."""
    with contextlib.suppress(ValueError):
        return int(re.sub(r"\.0*\s*$", "", sent[-1] if isinstance(sent, list) else sent)) >= 0
    return False


class Fuzzer:
    """Makes attempts at one person's sittings, and knows what must come of each."""

    def __init__(self, visitor: Visitor, chance: random.Random, sittings: dict[str, Sitting]) -> None:
        self.visitor, self.chance, self.sittings = visitor, chance, sittings
        self.in_order = {slug: [item.key for item in catalogue.load(slug).items] for slug in SLUGS}
        self.in_force: dict[str, dict[str, Value]] = {slug: {} for slug in SLUGS}
        self.history: dict[str, list[tuple[str, Value]]] = {slug: [] for slug in SLUGS}
        self.keys: list[tuple[str, UUID, str, str]] = []
        self.kinds = [
            *(self.by_script, self.by_script, self.strange_script, self.strange_script, self.stale_key),
            *(self.by_page, self.strange_page, self.strange_page, self.wrong_token, self.wrong_wave),
            *(self.foreign, self.strange_address, self.strange_body, self.strange_method, self.strange_header),
        ]

    def attempt(self) -> Attempt:
        if self.chance.random() < 0.003:
            return self.too_big()
        return self.chance.choice(self.kinds)()

    def one_of(self, slug: str) -> tuple[str, str]:
        item = self.chance.choice(catalogue.load(slug).items)
        return item.key, self.chance.choice([*(str(option.code) for option in item.scale.options), "skip"])

    def at(self, slug: str, which: str = "open", more: str = "") -> str:
        return f"/q/{self.sittings[which].key}/sheets/{slug}/{more}"

    def post(self, at: str, fields: dict[str, object]) -> Callable[[], Reply]:
        body = urllib.parse.urlencode(
            {"csrfmiddlewaretoken": TOKEN, **fields}, doseq=True, encoding="utf-8", errors="surrogatepass"
        )
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        return lambda: self.visitor.send("POST", at, body.encode(), headers)

    def script(self, slug: str, which: str = "open", **fields: object) -> Callable[[], Reply]:
        return self.post(self.at(slug, which, "answer/"), {"key": uuid4(), "waited": 0, **fields})

    def by_script(self) -> Attempt:
        slug, key = self.chance.choice(SLUGS), uuid4()
        item, code = self.one_of(slug)
        self.keys.append((slug, key, item, code))
        taken = [(item, *code_from(code, item, slug))]
        return Attempt(self.script(slug, item=item, code=code, key=key), {200}, slug, taken)

    def strange_script(self) -> Attempt:
        slug = self.chance.choice(SLUGS)
        item, code = self.one_of(slug)
        fields: dict[str, object] = {"item": item, "code": code}
        name = self.chance.choice(["item", "code", "key", "waited"])
        fields[name] = value = self.chance.choice([*STRANGE, ["1", self.chance.choice(STRANGE)]])
        if name == "waited" and is_number(value):
            return Attempt(self.script(slug, item=item, code=code, waited="x"), {400})
        if isinstance(value, list):
            value = value[-1]  # of a field that comes twice the last counts
        item, code = (value, code) if name == "item" else (item, value if name == "code" else code)
        good = code_from(code, item, slug) if name in ("item", "code") else []
        if name in ("item", "code") and good:
            return Attempt(self.script(slug, **fields), {200}, slug, [(item, good[0])])
        return Attempt(self.script(slug, **fields), {400})

    def stale_key(self) -> Attempt:
        if not self.keys:
            return self.by_script()
        slug, key, item, code = self.chance.choice(self.keys)
        other_item, other = self.one_of(slug)
        same = (other_item, other) == (item, code) or self.chance.random() < 0.3
        said = {"item": item, "code": code} if same else {"item": other_item, "code": other}
        return Attempt(self.script(slug, key=key, **said), {200} if same else {409})

    def by_page(self) -> Attempt:
        slug = self.chance.choice(SLUGS)
        pairs = dict(self.one_of(slug) for _ in range(5))
        taken = [(item, *code_from(code, item, slug)) for item, code in pairs.items()]
        was = {f"was-{item}": self.chance.choice(STRANGE) for item in pairs}
        no_item = [each for each in STRANGE[11:] if each not in self.in_order[slug]]
        extra = {f"i-{self.chance.choice(no_item)}": "1", "unknown": self.chance.choice(STRANGE)}
        fields = {**{f"i-{item}": code for item, code in pairs.items()}, **was, **extra}
        return self.page(slug, fields, {302}, taken)

    def strange_page(self) -> Attempt:
        slug = self.chance.choice(SLUGS)
        pairs = dict(self.one_of(slug) for _ in range(3))
        item, _ = self.one_of(slug)
        pairs[item] = self.chance.choice(STRANGE)
        said = {name: code for name, code in pairs.items() if code}
        codes = {name: code_from(code, name, slug) for name, code in said.items()}
        fields: dict[str, object] = {f"i-{name}": [self.chance.choice(STRANGE), code] for name, code in pairs.items()}
        if not all(codes.values()):
            return self.page(slug, fields, {400}, [])
        return self.page(slug, fields, {302}, [(name, code[0]) for name, code in codes.items()])

    def page(self, slug: str, fields: dict[str, object], expected: set[int], taken: list) -> Attempt:
        new = [(item, code) for item, code in taken if self.in_force[slug].get(item, "") != code]
        new.sort(key=lambda pair: self.in_order[slug].index(pair[0]))
        return Attempt(self.post(self.at(slug), fields), expected, slug, new)

    def wrong_token(self) -> Attempt:
        slug = self.chance.choice(SLUGS)
        item, code = self.one_of(slug)
        token = self.chance.choice([*STRANGE, "b" * 32, "b" * 32 + "d" * 32])
        at = self.chance.choice(
            [self.at(slug), self.at(slug, more="answer/"), f"/q/{self.sittings['open'].key}/review/"]
        )
        return Attempt(
            self.post(at, {"item": item, "code": code, f"i-{item}": code, "csrfmiddlewaretoken": token}), {403}
        )

    def wrong_wave(self) -> Attempt:
        which, slug = self.chance.choice(["submitted", "upcoming", "over"]), "dass_21"
        item, code = self.one_of(slug)
        if self.chance.random() < 0.5:
            return Attempt(self.script(slug, which, item=item, code=code), {409})
        return Attempt(self.post(self.at(slug, which), {f"i-{item}": code}), {409})

    def foreign(self) -> Attempt:
        item, code = self.one_of("dass_21")
        if self.chance.random() < 0.3:
            at = self.chance.choice(["", "review/", "receipt/", "sheets/dass_21/"])
            return Attempt(lambda: self.visitor.get(f"/q/{self.sittings['foreign'].key}/{at}"), {404})
        return Attempt(self.script("dass_21", "foreign", item=item, code=code), {404})

    def strange_address(self) -> Attempt:
        text = urllib.parse.quote(self.chance.choice(STRANGE[:-4])[:500].encode("utf-8", "surrogatepass"), safe="")
        at = self.chance.choice(
            [f"/q/{text}/", f"/q/{uuid4()}/", self.at("x")[:-2] + text + "/", f"{self.at('dass_21')}{text}/x"]
        )
        if self.chance.random() < 0.3:
            return Attempt(lambda: self.visitor.get(f"{self.at('dass_21')}?open={text}&{text}"), {200})
        return Attempt(self.post(at, {"item": "1", "code": "1"}), {302, 400, 404, 405})

    def strange_body(self) -> Attempt:
        body, kind = self.chance.choice(BODIES)
        at = self.at(self.chance.choice(SLUGS), more=self.chance.choice(["", "answer/"]))
        return Attempt(lambda: self.alone("POST", at, body, {"Content-Type": kind}), {400, 403})

    def strange_method(self) -> Attempt:
        method = self.chance.choice(["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "NONSENSE", "get"])
        return Attempt(lambda: self.visitor.send(method, self.at("dass_21"), b""), {400, 403, 405})

    def strange_header(self) -> Attempt:
        headers = self.chance.choice(HEADERS)
        return Attempt(lambda: self.alone("GET", self.at("brs_6"), None, headers), {200, 302, 400, 411, 431})

    def alone(self, *request: Any) -> Reply:
        """A request after which the connection is not used again: its body may not end where it says."""
        reply = self.visitor.send(*request)
        self.visitor.hang_up()
        return reply

    def too_big(self) -> Attempt:
        return Attempt(lambda: self.visitor.send_whatever_comes(self.at("dass_21"), BIG), {413})

    def note(self, tried: Attempt) -> None:
        for item, code in tried.taken:
            self.history[tried.slug].append((item, code))
            self.in_force[tried.slug][item] = code
