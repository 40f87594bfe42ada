"""Reads what is printed on a terminal."""
import os
import select
import time


def pieces(master, deadline):
    """Yields texts as they come, until the terminal's end or a time (of time.time())."""
    while time.time() < deadline:
        if not select.select([master], [], [], 0.1)[0]:
            continue
        try:
            piece = os.read(master, 4096)
        except OSError:
            return
        if not piece:
            return
        yield piece.decode("utf-8", "replace")
