"""Starts processes that end with the one that started them, also when that one is killed with signal 9."""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any

_LIBC = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None
_PR_SET_PDEATHSIG = 1
INTERRUPTIONS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def dying_with_us(death_signal: signal.Signals) -> Callable[[], None]:
    """A `preexec_fn` by which the kernel sends `death_signal` to the child once we are gone.

    Linux only; elsewhere it does nothing. The kernel watches the thread that forked, so start such children
    from a thread that lives as long as the process: the main one.
    """
    return partial(_begin_child, os.getpid(), death_signal)


def _begin_child(parent: int, death_signal: signal.Signals) -> None:
    signal.pthread_sigmask(signal.SIG_UNBLOCK, INTERRUPTIONS)  # a child begins with the signals that we hold back
    die_with(parent, death_signal)


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Hold interruptions back while a child is started, until we know it and can end it. Start it `dying_with_us`."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, INTERRUPTIONS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def die_with(parent: int, death_signal: signal.Signals) -> None:
    """Be sent `death_signal` once our parent, the process `parent`, is gone. Linux only."""
    if _LIBC is None:
        return
    _LIBC.prctl(_PR_SET_PDEATHSIG, death_signal, 0, 0, 0)
    if os.getppid() != parent:  # it went in between, and the kernel tells only what happens from now on
        os._exit(1)


def enter_user_namespace(uid: int, gid: int) -> None:
    """In a child: be `uid` in a user namespace of our own, with the rights on files that we had outside."""
    outer_uid, outer_gid = os.geteuid(), os.getegid()
    clone_new_user = 0x10000000
    if _LIBC is None or _LIBC.unshare(clone_new_user) != 0:
        raise OSError(ctypes.get_errno(), "no user namespace")
    for name, line in (
        ("setgroups", "deny"),
        ("uid_map", f"{uid} {outer_uid} 1"),
        ("gid_map", f"{gid} {outer_gid} 1"),
    ):
        Path(f"/proc/self/{name}").write_text(line, encoding="utf-8")


def run_to_end(command: list[Any], statements: str, **arguments: Any) -> subprocess.CompletedProcess[str]:
    """Run a program to its end. When we are interrupted meanwhile, nothing of it is left, its own children included."""
    pipe = subprocess.PIPE
    with subprocess.Popen(
        command, stdin=pipe, stdout=pipe, stderr=pipe, text=True, **{**arguments, "start_new_session": True}
    ) as process:
        try:
            said, complained = process.communicate(statements)
        except BaseException:
            _end_group(process)
            raise
    return subprocess.CompletedProcess(command, process.returncode, said, complained)


def _end_group(process: subprocess.Popen[Any], patience_s: float = 5.0) -> None:
    """Kill a process with all that it has started, and return once the last of them is gone."""
    end = time.monotonic() + patience_s
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        while time.monotonic() < end:
            os.killpg(process.pid, 0)  # raises once nobody is in it
            time.sleep(0.01)


def stop(process: subprocess.Popen[Any], with_signal: signal.Signals, patience_s: float = 10.0) -> None:
    """Ask a process to end, wait for it, and kill it when it takes longer than `patience_s` seconds."""
    if process.poll() is None:
        process.send_signal(with_signal)
    wait_or_kill(process, patience_s)


def wait_or_kill(process: subprocess.Popen[Any], patience_s: float = 10.0) -> None:
    """Wait for a process that was asked to end; kill it when it takes longer than `patience_s` seconds."""
    try:
        process.wait(patience_s)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def wait_until(answers: Callable[[], bool], process: subprocess.Popen[Any], limit_s: float = 60.0) -> bool:
    """Whether `answers` came true before the process ended or `limit_s` seconds were over."""
    end = time.monotonic() + limit_s
    while time.monotonic() < end and process.poll() is None:
        if answers():
            return True
        time.sleep(0.02)
    return False
