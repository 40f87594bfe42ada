"""Plays the service manager of sd_notify(3): binds a datagram socket and writes a line of JSON for each datagram.

usage: notify.py ADDRESS SECONDS     (ADDRESS: a path, or an abstract name written with @)

Prints "ready" once it listens; then {"text": ..., "descriptors": N, "pid": of the sender}. What came with descriptors is answered by closing
them (sd_notify_barrier(3)), and the program ends.
"""
import array
import json
import os
import socket
import struct
import sys

address, seconds = sys.argv[1], float(sys.argv[2])
server = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
server.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
server.bind("\0" + address[1:] if address.startswith("@") else address)
server.settimeout(seconds)
print("ready", flush=True)
while True:
    try:
        data, ancillary, _, _ = server.recvmsg(4096, socket.CMSG_SPACE(16 * 4) + socket.CMSG_SPACE(12))
    except socket.timeout:
        break
    report = {"text": data.decode("utf-8", "replace"), "descriptors": 0, "pid": 0}
    for level, kind, content in ancillary:
        if kind == socket.SCM_RIGHTS:
            fds = array.array("i")
            fds.frombytes(content[: len(content) - len(content) % fds.itemsize])
            report["descriptors"] += len(fds)
            for fd in fds:
                os.close(fd)
        elif kind == socket.SCM_CREDENTIALS:
            report["pid"] = struct.unpack("iii", content)[0]
    print(json.dumps(report), flush=True)
    if report["descriptors"] > 0:
        break
