"""Where mails go on a machine without a mail server: into a folder, one whole file each."""

import re
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend

NOT_IN_A_NAME = re.compile(r"[^\w@.-]")


class FolderBackend(BaseEmailBackend):
    """A mail is there whole or not at all, also when its sender is killed; and unlike most mail servers, the folder
    can be asked which Message-IDs it has."""

    def __init__(self, *args: Any, file_path: str | None = None, **named: Any) -> None:
        super().__init__(*args, **named)
        self.folder = Path(file_path or settings.EMAIL_FILE_PATH)

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        self.folder.mkdir(parents=True, exist_ok=True)
        for each in email_messages:
            self.keep(each)
        return len(email_messages)

    def keep(self, mail: EmailMessage) -> None:
        whole = mail.message()
        name = f"{time.time_ns()}-{_name_of(str(whole['Message-ID']))}"
        unfinished = self.folder / f"{name}.part"
        unfinished.write_bytes(whole.as_bytes())
        unfinished.rename(self.folder / f"{name}.log")

    def has_message(self, message_id: str) -> bool:
        return any(self.folder.glob(f"*-{_name_of(message_id)}.log"))


def _name_of(message_id: str) -> str:
    return NOT_IN_A_NAME.sub("", message_id)
