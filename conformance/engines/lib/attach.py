"""Attaches to a container's monitor (conmon) as CRI-O does: sends a text, prints what comes back until it holds another.

usage: attach.py SOCKET TEXT ANSWER SECONDS

The socket is of type SOCK_SEQPACKET; the first byte of each message that comes names the stream (2: stdout, 3: stderr).
"""
import os
import socket
import sys
import time

path, text, answer, seconds = sys.argv[1], sys.argv[2], sys.argv[3], float(sys.argv[4])
connection = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
# a socket's address holds 107 bytes at most
os.chdir(os.path.dirname(path))
connection.connect(os.path.basename(path))
connection.settimeout(seconds)
connection.send(text.encode())
heard, deadline = "", time.time() + seconds
try:
    while answer not in heard and time.time() < deadline:
        message = connection.recv(8193)
        if not message:
            break
        heard += message[1:].decode("utf-8", "replace")
except socket.timeout:
    pass
print(heard, end="", flush=True)
