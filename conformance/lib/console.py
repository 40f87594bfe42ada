"""Listens on a console socket, takes the terminal that a runtime sends, talks to it, and reports as JSON on stdout.

usage: console.py SOCKET INPUT SECONDS

Prints "ready" once the socket listens. INPUT is written to the terminal; what comes back is read until its end or until
SECONDS have passed.
"""
import array
import json
import os
import socket
import sys
import termios
import fcntl
import struct
import time

from pty_reader import pieces

path, text, seconds = sys.argv[1], sys.argv[2], float(sys.argv[3])
server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
server.bind(path)
server.listen(4)
server.settimeout(seconds)
print("ready", flush=True)
report = {"connections": 0, "messages": [], "descriptors": 0, "output": "", "size": None, "tty": False}
deadline = time.time() + seconds
master = -1
try:
    connection, _ = server.accept()
    report["connections"] += 1
    connection.settimeout(seconds)
    while True:
        data, ancillary, flags, _ = connection.recvmsg(4096, socket.CMSG_SPACE(16 * 4))
        for level, kind, content in ancillary:
            if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
                fds = array.array("i")
                fds.frombytes(content[: len(content) - len(content) % fds.itemsize])
                report["descriptors"] += len(fds)
                if len(fds):
                    master = fds[0]
        if not data:
            break
        report["messages"].append(data.decode("utf-8", "replace"))
    if master >= 0:
        report["tty"] = os.isatty(master)
        rows, columns, _, _ = struct.unpack("HHHH", fcntl.ioctl(master, termios.TIOCGWINSZ, b"\0" * 8))
        report["size"] = [columns, rows]
        print("terminal", flush=True)
        os.write(master, text.encode())
        for piece in pieces(master, deadline):
            report["output"] += piece
except socket.timeout:
    report["timeout"] = True
print(json.dumps(report), flush=True)
