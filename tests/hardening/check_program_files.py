"""The program's files under system calls that fail, by strace's injection: the tables
and reports that it writes are the old ones or the new ones, and it says what failed.

    check_program_files.py PROGRAM DATA

For each of the calls that write files, the k-th one fails with ENOSPC, EIO or EINTR, or is the
program's last, for k = 1, 2, ... until there is none. Ends with status 77 (skipped) where strace
cannot trace.
"""
import os
import shutil
import subprocess
import sys
import tempfile

CALLS = ["openat", "write", "fsync", "rename", "close", "fchmod"]
FAULTS = ["error=ENOSPC", "error=EIO", "error=EINTR", "signal=SIGKILL"]
MOST = 400  # calls of one kind that are looked at

program, data = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
findings = 0

KEPT = ["train.csv", "m.gemml"]
TRAIN = ["train", "logistic", "train.csv", "--target", "-1"]


def run(arguments, folder, call=None, k=0, fault=None):
    """Runs the program; with a call, its k-th one does what `fault` says."""
    command = [program] + arguments
    if call:
        command = ["strace", "-f", "-qq", "-o", os.path.join(folder, "..", "trace"), "-e", "trace=" + call,
                   "-e", f"inject={call}:{fault}:when={k}"] + command
    return subprocess.run(command, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, timeout=120)


def injected(folder):
    """Was the call reached?"""
    with open(os.path.join(folder, "..", "trace")) as trace:
        text = trace.read()
    return "INJECTED" in text or "SIGKILL" in text


def files(folder, names):
    """The contents of the named files, and what else there is."""
    contents = {}
    for name in names:
        path = os.path.join(folder, name)
        contents[name] = open(path, "rb").read() if os.path.exists(path) else None
    return contents, sorted(set(os.listdir(folder)) - set(names) - set(KEPT))




def found(what):
    global findings
    findings += 1
    print(what)


def check(name, arguments, outputs, folder):
    """All faults of a command that writes the outputs."""
    result = run(arguments, folder)
    assert result.returncode == 0, result.stderr
    new, _ = files(folder, outputs)
    old = {output: b"old " + output.encode() for output in outputs}
    for call in CALLS:
        for fault in FAULTS:
            for k in range(1, MOST):
                for output in outputs:
                    with open(os.path.join(folder, output), "wb") as file:
                        file.write(old[output])
                result = run(arguments, folder, call, k, fault)
                if not injected(folder):
                    break
                case = f"{name}, {call} {k} {fault}"
                now, others = files(folder, outputs)
                for output in outputs:
                    if now[output] not in (old[output], new[output]) and not timed(now[output], new[output]):
                        found(f"{case}: {output} is neither the old one nor the new one")
                    if result.returncode == 0 and now[output] == old[output]:
                        found(f"{case}: success, but {output} is the old one")
                if result.returncode > 0 and not result.stderr:
                    found(f"{case}: status {result.returncode} without a word")
                if "SIGKILL" not in fault and others:
                    found(f"{case}: {others} stays")
                if others:
                    run(arguments, folder)
                    _, others = files(folder, outputs)
                    if others:
                        found(f"{case}: {others} stays after the next run")
                for other in others:
                    os.remove(os.path.join(folder, other))
    for output in outputs:
        os.remove(os.path.join(folder, output))


def timed(a, b):
    """Are two reports the same but for the seconds?"""
    def lines(text):
        return [line for line in text.splitlines() if b"seconds" not in line] if text else None
    return a is not None and lines(a) == lines(b)


def main():
    if not shutil.which("strace") or subprocess.run(["strace", "-o", "/dev/null", "true"]).returncode != 0:
        print("skipped: strace cannot trace here")
        return 77
    with tempfile.TemporaryDirectory() as top:
        folder = os.path.join(top, "work")
        os.mkdir(folder)
        shutil.copy(os.path.join(data, "uci", "iris.csv"), os.path.join(folder, "train.csv"))
        assert run(TRAIN + ["--model", "m.gemml"], folder).returncode == 0
        check("predict", ["predict", "m.gemml", "train.csv", "--output", "p.csv"], ["p.csv"], folder)
        check("train", TRAIN + ["--model", "n.gemml", "--report", "r.json"], ["n.gemml", "r.json"], folder)
    print(f"{findings} findings")
    return 1 if findings else 0


sys.exit(main())
