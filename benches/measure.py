"""Runs a command and prints its exit code, seconds, seconds of CPU and the peak memory in bytes of its largest process.

A program of its own, because a new process counts what its parent held as its own peak: this parent holds little.
Usage: python3 -I -S measure.py LOG COMMAND…
"""
import os
import sys
import time

log = os.open(sys.argv[1], os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
files = [(os.POSIX_SPAWN_DUP2, log, 1), (os.POSIX_SPAWN_DUP2, log, 2)]
started = time.monotonic()
child = os.posix_spawn(sys.argv[2], sys.argv[2:], os.environ, file_actions=files)
_, status, usage = os.wait4(child, 0)
seconds = time.monotonic() - started
peak = usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)
print(os.waitstatus_to_exitcode(status), round(seconds, 3), round(usage.ru_utime + usage.ru_stime, 3), peak)
