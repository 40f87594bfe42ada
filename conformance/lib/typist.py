"""Types lines into an interactive program on a terminal of its own and prints what was on the screen, as a JSON list: one text a line.

usage: typist.py PROMPT LINES COMMAND...     LINES is a JSON list of texts, each typed when PROMPT is there; the last one ends the program
"""
import fcntl
import json
import os
import pty
import struct
import sys
import termios
import time

from pty_reader import pieces

prompt, lines, command = sys.argv[1], json.loads(sys.argv[2]), sys.argv[3:]
pid, master = pty.fork()
if pid == 0:
    fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 50, 200, 0, 0))
    os.execvp(command[0], command)
deadline = time.time() + 18


def screen(until):
    """What is printed until a text, or the end."""
    output = ""
    for piece in pieces(master, deadline):
        output += piece
        if until is not None and until in output:
            break
    return output


screen(prompt)
screens = []
for index, line in enumerate(lines):
    os.write(master, line.encode())
    screens.append(screen(prompt if index + 1 < len(lines) else None))
os.waitpid(pid, 0)
print(json.dumps(screens))
