"""memlock.py PROGRAM [ARGUMENT ...]

Runs a program, and what it starts, where raising RLIMIT_MEMLOCK is told to have worked and does nothing: seccomp(2) answers setrlimit(2) and prlimit(2)
of that one limit with 0. crun 1.8 raises it before it loads the filter of a container's devices, fails where root lacks CAP_SYS_RESOURCE, and needs it
only on kernels before 5.11 (since then the memory of BPF programs counts for the cgroup). Without it crun could not be tried on such a machine.
Needs root.
"""
import ctypes, os, platform, struct, sys

PR_SET_SECCOMP, SECCOMP_MODE_FILTER = 22, 2
RET_ALLOW, RET_ERRNO = 0x7FFF0000, 0x00050000
RLIMIT_MEMLOCK = 8
SETRLIMIT, PRLIMIT64 = (160, 302) if platform.machine() == "x86_64" else (164, 261)
LOAD, EQUAL, RETURN = 0x20, 0x15, 0x06
# struct seccomp_data: the number, then architecture, instruction pointer, and arguments of 8 bytes each
NUMBER, ARGUMENT = 0, (lambda index, high=0: 16 + 8 * index + 4 * high)


def instruction(code, k, yes=0, no=0):
    return struct.pack("HBBI", code, yes, no, k)


code = b"".join([
    instruction(LOAD, NUMBER),
    instruction(EQUAL, SETRLIMIT, 1, 0),
    instruction(EQUAL, PRLIMIT64, 2, 9),
    # setrlimit(resource, limit)
    instruction(LOAD, ARGUMENT(0)),
    instruction(EQUAL, RLIMIT_MEMLOCK, 6, 7),
    # prlimit(pid, resource, new limit, old limit): with a new one
    instruction(LOAD, ARGUMENT(1)),
    instruction(EQUAL, RLIMIT_MEMLOCK, 0, 5),
    instruction(LOAD, ARGUMENT(2, 1)),
    instruction(EQUAL, 0, 0, 2),
    instruction(LOAD, ARGUMENT(2)),
    instruction(EQUAL, 0, 1, 0),
    instruction(RETURN, RET_ERRNO | 0),
    instruction(RETURN, RET_ALLOW),
])


class Filter(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("code", ctypes.c_char_p)]


libc = ctypes.CDLL(None, use_errno=True)
filter = Filter(len(code) // 8, code)
if libc.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.byref(filter), 0, 0) != 0:
    sys.exit("memlock.py: PR_SET_SECCOMP: " + os.strerror(ctypes.get_errno()))
os.execvp(sys.argv[1], sys.argv[1:])
