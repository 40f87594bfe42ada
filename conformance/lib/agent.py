"""A seccomp agent: takes the listeners that a runtime sends and answers what their filters ask (seccomp_unotify(2)).

usage: agent.py SOCKET SECONDS [NUMBER=ERRNO ...]

Prints "ready" once the socket listens; then a line of JSON for each connection, {"message": TEXT, "descriptors": N, "link": what
/proc shows of the descriptor}, and one for each system call asked about, {"call": NUMBER, "pid": PID}. The calls named fail with
that errno, or are not answered if it is -1; all others go on. Ends after SECONDS.
"""
import array
import fcntl
import json
import os
import select
import socket
import struct
import sys
import time

path, seconds = sys.argv[1], float(sys.argv[2])
answers = dict((int(n), int(e)) for n, e in (word.split("=") for word in sys.argv[3:]))
RECV, SEND, CONTINUE = 0xC0502100, 0xC0182101, 1
NO_ANSWER = -1


def say(**line):
    print(json.dumps(line), flush=True)


def take(connection):
    """One container process state: everything up to the end of the connection."""
    text, fds = b"", array.array("i")
    connection.settimeout(seconds)
    while True:
        data, ancillary, _, _ = connection.recvmsg(65536, socket.CMSG_SPACE(16 * 4))
        for level, kind, content in ancillary:
            if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
                fds.frombytes(content[: len(content) - len(content) % fds.itemsize])
        if not data:
            break
        text += data
    connection.close()
    link = os.readlink("/proc/self/fd/%d" % fds[0]) if fds else ""
    say(message=text.decode(), descriptors=len(fds), link=link)
    return list(fds)


def answer(listener):
    notification = bytearray(80)
    try:
        fcntl.ioctl(listener, RECV, notification)
    except OSError:
        return  # the process has gone
    identity, pid, _, number = struct.unpack_from("=QIIi", notification)
    say(call=number, pid=pid)
    errno = answers.get(number)
    if errno == NO_ANSWER:
        return
    reply = struct.pack("=QqiI", identity, 0, 0, CONTINUE) if errno is None else struct.pack("=QqiI", identity, 0, -errno, 0)
    try:
        fcntl.ioctl(listener, SEND, bytearray(reply))
    except OSError:
        pass


server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
server.bind(path)
server.listen(8)
say(ready=True)
poll = select.poll()
poll.register(server, select.POLLIN)
end = time.time() + seconds
while time.time() < end:
    for fd, events in poll.poll(200):
        if fd == server.fileno():
            for listener in take(server.accept()[0]):
                poll.register(listener, select.POLLIN)
        elif events & select.POLLIN:
            answer(fd)
        else:
            poll.unregister(fd)
            os.close(fd)
