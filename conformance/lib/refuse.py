"""refuse.py ERRNO NUMBER[,NUMBER ...] PROGRAM [ARGUMENT ...]

Runs a program for which these system calls fail with this error, as on a kernel that is older, or in a container whose seccomp filter
does not know them (seccomp(2), SECCOMP_RET_ERRNO). What it starts is bound by the same.
"""
import ctypes, os, struct, sys

PR_SET_SECCOMP, PR_SET_NO_NEW_PRIVS, SECCOMP_MODE_FILTER = 22, 38, 2
RET_ALLOW, RET_ERRNO = 0x7FFF0000, 0x00050000
error, numbers, program = int(sys.argv[1]), [int(text) for text in sys.argv[2].split(",")], sys.argv[3:]


def instruction(code, k, yes=0, no=0):
    return struct.pack("HBBI", code, yes, no, k)


# load the number; for each: if equal, skip one (the jump on), else go to the next; allow
code = instruction(0x20, 0)
for number in numbers:
    code += instruction(0x15, number, 0, 1) + instruction(0x06, RET_ERRNO | error)
code += instruction(0x06, RET_ALLOW)


class Filter(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("code", ctypes.c_char_p)]


libc = ctypes.CDLL(None, use_errno=True)
filter = Filter(len(code) // 8, code)
if os.geteuid() != 0 and libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
    sys.exit("refuse.py: PR_SET_NO_NEW_PRIVS: " + os.strerror(ctypes.get_errno()))
if libc.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.byref(filter), 0, 0) != 0:
    sys.exit("refuse.py: PR_SET_SECCOMP: " + os.strerror(ctypes.get_errno()))
os.execvp(program[0], program)
