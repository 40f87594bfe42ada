"""Runs a command on a new terminal and reports as JSON what it printed and how it ended.

usage: terminal.py INPUT COLUMNS ROWS COMMAND...     INPUT is written after the first output
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

text, columns, rows, command = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4:]
pid, master = pty.fork()
if pid == 0:
    fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    os.execvp(command[0], command)
output, written = "", False
for piece in pieces(master, time.time() + 30):
    output += piece
    if text and not written:
        os.write(master, text.encode())
        written = True
_, status = os.waitpid(pid, 0)
print(json.dumps({"output": output, "code": os.waitstatus_to_exitcode(status)}))
