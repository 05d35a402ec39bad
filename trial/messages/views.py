"""The demo's mailbox: what the site has sent into its folder. It exists in the demo only."""

import email
import email.policy
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe


@dataclass(frozen=True, slots=True)
class Shown:
    to: str
    subject: str
    date: str
    text: str


def _messages(folder: Path) -> list[Shown]:
    files = sorted(folder.glob("*.log"), key=lambda file: file.stat().st_mtime_ns, reverse=True)
    return [_shown(file.read_bytes()) for file in files[:100]]


def _shown(raw: bytes) -> Shown:
    message = email.message_from_bytes(raw, EmailMessage, policy=email.policy.default)
    body = message.get_body(("plain",))
    return Shown(message["to"], message["subject"], message["date"], body.get_content() if body else "")


@login_not_required
@require_safe
def mailbox(request: HttpRequest) -> HttpResponse:
    if not settings.IN_DEMO:
        raise Http404
    folder = Path(settings.MAIL_FOLDER)
    return render(request, "trial/messages_mailbox.html", {"mails": _messages(folder), "folder": folder})
