"""Runs a command under ptrace(2); lets one of its system calls fail, or kills who is about to make it.

    inject.py REPORT WHO INDEX ERRNO|KILL|NONE [--also PID] -- COMMAND...

WHO makes the call: "runtime" (the command's main thread), "launcher" (a process that it starts whose code lies where a container's program does), or
"init" (its clone, or the process that --also names). Only calls from addresses between 0x10000000 and 0x10ffffff count: there the runtime's own system
calls are made (src/prelude), and the programs' (src/program/layout.ts); the engine's are elsewhere. They are numbered from 0 for each. Everything else is
let go: the engine's threads, hooks, the user's program. REPORT takes JSON: the calls as [who, number], what was done to which, and whether it hung. x86-64 only.
"""
import ctypes
import json
import os
import signal
import struct
import sys

TRACEME_OPTIONS = 0x1 | 0x2 | 0x4 | 0x8 | 0x10 | 0x20  # SYSGOOD FORK VFORK CLONE EXEC VFORKDONE
SYSCALL, CONT, DETACH, SETOPTIONS, SEIZE, INTERRUPT, GETEVENTMSG, POKEUSER, SYSCALL_INFO, LISTEN = 24, 7, 17, 0x4200, 0x4206, 0x4207, 0x4201, 6, 0x420E, 0x4208
ORIG_RAX, RAX = 15 * 8, 10 * 8
# close(2) frees the descriptor even where it fails; nothing can go on after an exit_group(2), exit(2) or rt_sigreturn(2) that did nothing
NEVER_FAIL = {3, 15, 60, 231}
WALL = 0x40000000
FORKED = {1, 2, 3}
EVENT_EXEC = 4
OWN = range(0x10000000, 0x11000000)
# a command that takes so long is killed
HANGS_SECONDS = 25

libc = ctypes.CDLL(None, use_errno=True)
libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
libc.ptrace.restype = ctypes.c_long


def ptrace(request, pid, address=0, data=0):
    return libc.ptrace(request, pid, address, data)


class Tracer:
    def __init__(self, who, index, action):
        self.who, self.index, self.action = who, index, action
        # stops cost time: only whose calls count is stopped at them
        self.watched = {"runtime", "launcher", "init"} if action == "NONE" else {who}
        self.roles = {}
        self.counts = {"runtime": 0, "launcher": 0, "init": 0}
        self.calls = []
        self.done = None
        self.hung = False
        self.fail = {}  # pid: errno to return at the call's end
        self.buffer = ctypes.create_string_buffer(88)

    def entry_or_exit(self, pid):
        """@returns whether the tracee was killed"""
        ptrace(SYSCALL_INFO, pid, 88, ctypes.addressof(self.buffer))
        op, pointer = self.buffer.raw[0], struct.unpack_from("<Q", self.buffer.raw, 8)[0]
        if op == 2:
            if pid in self.fail:
                ptrace(POKEUSER, pid, RAX, (-self.fail.pop(pid)) & (2**64 - 1))
            return False
        if op != 1 or pointer not in OWN:
            return False
        number = struct.unpack_from("<Q", self.buffer.raw, 24)[0]
        role = self.roles[pid]
        # a child that has not executed the program yet shares its parent's memory, and is part of its start
        index = self.counts[role]
        self.counts[role] += 1
        self.calls.append([role, number])
        if role != self.who or index != self.index or self.done is not None:
            return False
        if number in NEVER_FAIL and self.action not in ("KILL", "NONE"):
            return False
        self.done = [role, number, index]
        if self.action == "KILL":
            os.kill(pid, signal.SIGKILL)
            return True
        if self.action != "NONE":
            ptrace(POKEUSER, pid, ORIG_RAX, 2**64 - 1)
            self.fail[pid] = int(self.action)
        return False

    def born(self, parent, event):
        message = ctypes.c_ulong()
        ptrace(GETEVENTMSG, parent, 0, ctypes.addressof(message))
        child = message.value
        # clone(2) with the thread group of its parent is a thread of the engine
        thread = False
        try:
            with open(f"/proc/{child}/status") as file:
                thread = f"\nTgid:\t{child}\n" not in file.read()
        except OSError:
            pass
        role = self.roles.get(parent)
        # the program's launcher is vforked; hooks are too, but execute something else
        self.roles[child] = None if thread else "launcher" if role == "runtime" else "init" if role == "launcher" else None
        if self.roles[child] not in self.watched and (self.who == "runtime" or self.roles[child] == "init"):
            self.roles[child] = None

    def go_on(self, pid):
        """How a stopped tracee goes on."""
        role = self.roles.get(pid)
        if role is None or (self.done is not None and pid not in self.fail and self.action != "NONE"):
            return DETACH
        return SYSCALL if role in self.watched else CONT

    def executed(self, pid):
        """@returns whether it is still one to look at"""
        if self.roles.get(pid) == "runtime":
            return True
        if self.roles.get(pid) != "launcher":
            return False
        try:
            return "runts:[INIT]" in os.readlink(f"/proc/{pid}/exe") or "memfd" in os.readlink(f"/proc/{pid}/exe")
        except OSError:
            return False


def main():
    split = sys.argv.index("--")
    report, who, index, action, *more = sys.argv[1:split]
    tracer = Tracer(who, int(index), action)
    root = os.fork()
    if root == 0:
        os.kill(os.getpid(), signal.SIGSTOP)
        os.execv(sys.argv[split + 1], sys.argv[split + 1:])
    os.waitpid(root, os.WUNTRACED)
    ptrace(SEIZE, root, 0, TRACEME_OPTIONS)
    tracer.roles[root] = "runtime"
    os.kill(root, signal.SIGCONT)
    if more[:1] == ["--also"]:
        also = int(more[1])
        ptrace(SEIZE, also, 0, TRACEME_OPTIONS)
        ptrace(INTERRUPT, also)
        tracer.roles[also] = "init"

    # a tracer that is killed leaves the command running, and that would get in the way of the next one
    def give_up(*_):
        tracer.hung = True
        os.kill(root, signal.SIGKILL)

    signal.signal(signal.SIGALRM, give_up)
    signal.alarm(HANGS_SECONDS)
    # the command begins with its execve
    executed = False
    waiting = {}
    code = None
    while code is None:
        pid, status = os.waitpid(-1, WALL)
        if os.WIFEXITED(status) or os.WIFSIGNALED(status):
            if pid == root:
                code = os.WEXITSTATUS(status) if os.WIFEXITED(status) else 128 + os.WTERMSIG(status)
            continue
        if pid not in tracer.roles:
            waiting[pid] = status  # its parent's event comes later
            continue
        queue = [(pid, status)]
        while queue:
            pid, status = queue.pop()
            stop, event = os.WSTOPSIG(status), status >> 16
            deliver = 0
            if tracer.roles.get(pid) is None:
                pass
            elif event in FORKED:
                before = set(tracer.roles)
                tracer.born(pid, event)
                for child in set(tracer.roles) - before:
                    if child in waiting:
                        queue.append((child, waiting.pop(child)))
            elif event == EVENT_EXEC:
                if pid == root:
                    executed = True
                elif not tracer.executed(pid):
                    tracer.roles[pid] = None
            elif event != 0:
                pass
            elif stop == signal.SIGTRAP | 0x80:
                if executed or pid != root:
                    tracer.entry_or_exit(pid)
            else:
                deliver = stop if stop != signal.SIGSTOP or tracer.roles[pid] == "runtime" else 0
            go = tracer.go_on(pid)
            ptrace(go, pid, 0, deliver)
            if go == DETACH:
                tracer.roles[pid] = None
    with open(report, "w") as file:
        json.dump({"calls": tracer.calls, "done": tracer.done, "hung": tracer.hung}, file)
    sys.exit(code)


main()
