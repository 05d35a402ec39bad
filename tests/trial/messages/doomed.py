"""A program whose workers are killed with SIGKILL again and again: before, while and after a mail leaves, and at
any other moment. It starts the next one until nothing waits any more, and prints how many were killed.

    python doomed.py <seed> <chance per mail> <longest life in seconds> <mute or asked>
"""

import os
import random
import signal
import sys
import threading
import time

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "trial.settings")
django.setup()

from django.conf import settings  # noqa: E402
from django.core.mail import EmailMessage  # noqa: E402
from django.db import connections  # noqa: E402
from django.urls import reverse  # noqa: E402

from trial.messages import services as messages  # noqa: E402
from trial.messages.adapters import FolderBackend  # noqa: E402
from trial.messages.models import OutgoingMail  # noqa: E402
from trial.waves import services as waves  # noqa: E402

SEED, CHANCE, LONGEST_S = int(sys.argv[1]), float(sys.argv[2]), float(sys.argv[3])
IS_MUTE = sys.argv[4] == "mute"


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


class DeadlyFolder(FolderBackend):
    """A mail server near which workers die."""

    def keep(self, mail: EmailMessage) -> None:
        fate = random.random() / CHANCE if CHANCE else 3
        if fate < 1 / 3:
            die()
        if fate < 2 / 3:
            threading.Timer(random.random() / 500, die).start()
        super().keep(mail)
        if fate < 1:
            die()

    def has_message(self, message_id: str) -> bool:
        return not IS_MUTE and super().has_message(message_id)


def work(seed: int) -> None:
    """The life of one worker: a beat, and what is due."""
    random.seed(seed)
    if CHANCE:
        threading.Timer(random.random() * LONGEST_S, die).start()
    waves.ask_for_due_mails()
    messages.send_due_mail()
    os._exit(0)


def main() -> None:
    settings.EMAIL_BACKEND = "doomed.DeadlyFolder"
    sys.modules["doomed"] = sys.modules["__main__"]
    reverse("portal:home")  # read the site map once, and not in each worker
    killed, lives = 0, 0
    while True:
        connections.close_all()
        child = os.fork()
        if child == 0:
            work(SEED * 100_000 + lives)
        lives += 1
        killed += os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL
        if OutgoingMail.objects.exclude(wave="").exists() and not OutgoingMail.objects.unsettled().exists():
            break
        time.sleep(0.05)
    print(killed)


main()
