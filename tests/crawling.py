"""Everything that somebody can obtain by following the links and buttons of pages, and which urls those were."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from django.db import transaction
from django.http import HttpResponse
from django.test import Client
from django.urls import resolve

LINK = re.compile(r'(?:href|action)="(/[^"#]*)')
TOKEN = re.compile(rb'name="csrfmiddlewaretoken" value="[^"]*"')
HEADERS = ("Content-Type", "Content-Disposition", "Location", "ETag")
NO_GET = 405


@dataclass(frozen=True)
class Obtained:
    """One answer: the name of its url, its status, and everything in it that is not new with each request."""

    name: str
    status: int
    content: bytes


@contextmanager
def taken_back() -> Iterator[None]:
    """What a page does in here is undone: the next one finds everything as it was."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def crawl(client: Client, start: list[str], *, leaving_out: tuple[str, ...] = ()) -> dict[str, Obtained]:
    """These pages, and every page and file that links lead to from there, except under `leaving_out`.

    An empty form is handed in where a url takes nothing else, and what that does is taken back.
    """
    waiting, found = list(start), {}
    while waiting:
        path = waiting.pop(0)
        if path in found:
            continue
        answer = client.get(path)
        if answer.status_code == NO_GET:
            with taken_back():
                answer = client.post(path)
        found[path] = _obtained(path, answer)
        if "html" in (answer.headers.get("Content-Type") or ""):
            links = {link.replace("&amp;", "&") for link in LINK.findall(answer.content.decode())}
            waiting += sorted(link for link in links if not link.startswith(leaving_out))
    return found


def _obtained(path: str, answer: HttpResponse) -> Obtained:
    body = TOKEN.sub(b"", b"".join(answer.streaming_content) if answer.streaming else answer.content)
    kept = {name: answer.headers.get(name) for name in HEADERS}
    name = resolve(path.partition("?")[0]).view_name
    return Obtained(name, answer.status_code, f"{answer.status_code} {kept}\n".encode() + body)
