"""The folder in which one central keeps everything: made, tried for writing, and held by one process at a time."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class FolderRefused(Exception):
    """The folder cannot be used; the text says what to do."""


@contextmanager
def claim(folder: Path) -> Iterator[Path]:
    """Hold the folder for this process; raises FolderRefused if it cannot be written or another central has it."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = (folder / "central.lock").open("a+", encoding="utf-8")
    except OSError as error:
        raise FolderRefused(
            f"cannot write into {folder} ({error.strerror}): give a folder that you may write to with --var"
        ) from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            lock.seek(0)
            holder = lock.read().strip() or "?"
            raise FolderRefused(
                f"another central (process {holder}) works in {folder}: stop it, or give another folder with --var"
            ) from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield folder
