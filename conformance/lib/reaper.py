"""Plays the engine's shim: a subreaper that runs a runtime's commands and waits for the container's init.

usage: reaper.py PIDFILE COMMANDS     (COMMANDS: JSON array of argument vectors)

Prints JSON: the exit codes of the commands, init's parent after the first of them, this process, and init's wait status
as an exit code (128 + n for signal n).
"""
import ctypes
import json
import os
import subprocess
import sys
import time

PR_SET_CHILD_SUBREAPER = 36
pid_file, commands = sys.argv[1], json.loads(sys.argv[2])
if ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
    sys.exit("prctl failed")
report = {"self": os.getpid(), "codes": [], "parent": None, "status": None, "errors": ""}
pid = 0
for index, command in enumerate(commands):
    with open(pid_file + ".out", "wb") as out, open(pid_file + ".err", "wb") as err:
        report["codes"].append(subprocess.call(command, stdin=subprocess.DEVNULL, stdout=out, stderr=err))
    with open(pid_file + ".err") as err:
        report["errors"] += err.read()
    if index == 0:
        with open(pid_file) as file:
            pid = int(file.read())
        with open("/proc/%d/stat" % pid) as file:
            report["parent"] = int(file.read().rsplit(")", 1)[1].split()[1])
deadline = time.time() + 20
while pid and time.time() < deadline:
    try:
        done, status = os.waitpid(pid, os.WNOHANG)
    except ChildProcessError:
        report["status"] = "not a child"
        break
    if done:
        report["status"] = os.waitstatus_to_exitcode(status)
        if report["status"] < 0:
            report["status"] = 128 - report["status"]
        break
    time.sleep(0.01)
print(json.dumps(report), flush=True)
