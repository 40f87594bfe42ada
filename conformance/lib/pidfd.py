"""Listens on a pidfd socket, takes the descriptor that a runtime sends, and reports as JSON on stdout.

usage: pidfd.py SOCKET SIGNAL SECONDS

Prints "ready" once the socket listens, then a line of JSON: the messages, how many descriptors came, and the pid behind the first
(proc_pid_fdinfo(5)). When a file SOCKET.go appears it sends SIGNAL through the descriptor, waits for the process to end, and prints "ended".
"""
import array
import json
import os
import select
import signal
import socket
import sys
import time

path, number, seconds = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
server.bind(path)
server.listen(4)
server.settimeout(seconds)
print("ready", flush=True)
connection, _ = server.accept()
connection.settimeout(seconds)
report = {"messages": [], "descriptors": 0, "pid": 0}
descriptor = -1
while True:
    data, ancillary, _, _ = connection.recvmsg(4096, socket.CMSG_SPACE(16 * 4))
    for level, kind, content in ancillary:
        if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
            fds = array.array("i")
            fds.frombytes(content[: len(content) - len(content) % fds.itemsize])
            report["descriptors"] += len(fds)
            descriptor = fds[0]
    if not data:
        break
    report["messages"].append(data.decode("utf-8", "replace"))
if descriptor >= 0:
    for line in open("/proc/self/fdinfo/%d" % descriptor):
        if line.startswith("Pid:"):
            report["pid"] = int(line.split()[1])
print(json.dumps(report), flush=True)
while not os.path.exists(path + ".go"):
    time.sleep(0.01)
try:
    signal.pidfd_send_signal(descriptor, number)
except ProcessLookupError:
    pass
if select.select([descriptor], [], [], seconds)[0]:
    print("ended", flush=True)
