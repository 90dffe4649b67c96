#!/usr/bin/env python3
"""bench/peers/all.py --list: every module of the comparison loads, and has its cases.

    test_peers.py ALL BUILD
"""

import importlib.util
import subprocess
import sys

SKIPPED = 77
WANTED = ["linear/1e6x100", "logistic/1e5x200x10", "predict/network/1", "network/784-512-512-10/256/adam/classes",
          "files/csv/100000x20"]

if not importlib.util.find_spec("numpy"):
    print("NumPy is not installed: the comparison with other packages is not looked at")
    sys.exit(SKIPPED)
done = subprocess.run([sys.executable, "-B", sys.argv[1], "--build", sys.argv[2], "--list"], capture_output=True,
                      text=True, check=False)
names = done.stdout.split()
missing = [name for name in WANTED if name not in names]
if done.returncode or missing or len(names) != len(set(names)):
    sys.exit(f"status {done.returncode}, missing {missing}, {len(names)} names\n{done.stdout}{done.stderr}")
