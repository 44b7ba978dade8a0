"""kombu's broker in a folder, with messages that appear in it as a whole."""

import json
import os
import time
import uuid
from pathlib import Path
from typing import Any

from kombu.exceptions import ChannelError
from kombu.transport import filesystem


class Channel(filesystem.Channel):
    """
    kombu's own opens a message's file before it writes it: a reader that comes in between takes an
    empty message away, which is lost and ends the worker.
    """

    def _put(self, queue: str, payload: Any, **kwargs: Any) -> None:  # type: ignore[override]
        folder = Path(self.data_folder_out)
        # Readers take the oldest first, by name, and only names that end with their queue's.
        name = f"{round(time.monotonic() * 1000)}_{uuid.uuid4()}"
        partial = folder / f"{name}.partial"
        try:
            partial.write_text(json.dumps(payload), encoding="utf-8")
            os.replace(partial, folder / f"{name}.{queue}.msg")
        except OSError as error:
            raise ChannelError(f"No message can be put into {folder}: {error.strerror}") from error


class Transport(filesystem.Transport):
    Channel = Channel
