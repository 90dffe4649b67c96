#!/usr/bin/python3
"""Training steps of networks, gemml beside PyTorch, in turns, in one run.

A step is forward, backward and update (sgd or Adam) on one batch of shuffled rows, in
single precision: hidden layers with relu, softmax and cross entropy. gemml-bench compares
its step with plain loops; PyTorch gets data and layers of the same shapes, and is taken
with the number of threads, and for Adam the form, that is fastest for it. The fastest step
of all rounds counts, for both.

    bench/peers/network.py build/bench/gemml-bench [--threads N] [--rounds N]
"""
import argparse
import csv
import os
import subprocess
import sys
import tempfile
import time

BATCHES = 4  # that a step goes through in turn, as in bench/case_network.c
SECONDS = 0.3  # of measuring a contender in a round


def ours(program, threads):
    """Seconds of a step by case, as (rule, sizes, batch)."""
    with tempfile.TemporaryDirectory() as folder:
        table = os.path.join(folder, "network.csv")
        subprocess.run([program, "--filter", "network/*", "--threads", str(threads), "--csv", table],
                       check=True, stdout=subprocess.DEVNULL)
        seconds = {}
        with open(table, newline="") as file:
            for row in csv.DictReader(file):
                _, rule, sizes, batch, _ = row["case"].split("/")
                seconds[rule, sizes, int(batch)] = float(row["seconds_min"])
        return seconds


def torch_step(torch, rule, sizes, batch, many):
    """A function that takes one step. `many`: Adam by operations on lists of tensors."""
    widths = [int(size) for size in sizes.split("-")]
    layers = []
    for inputs, outputs in zip(widths, widths[1:]):
        layers += [torch.nn.Linear(inputs, outputs), torch.nn.ReLU()]
    net = torch.nn.Sequential(*layers[:-1])
    rows = BATCHES * batch
    x = torch.rand(rows, widths[0]) * 2 - 1
    y = torch.arange(rows) % widths[-1]
    order = torch.randperm(rows)
    loss = torch.nn.CrossEntropyLoss()
    make = torch.optim.SGD if rule == "sgd" else torch.optim.Adam
    optimizer = make(net.parameters(), lr=0.01, foreach=many)
    position = 0

    def step():
        nonlocal position
        index = order[position:position + batch]
        optimizer.zero_grad(set_to_none=True)
        loss(net(x[index]), y[index]).backward()
        optimizer.step()
        position = (position + batch) % rows

    return step


def fastest(step):
    step()
    best, end = float("inf"), time.perf_counter() + SECONDS
    while time.perf_counter() < end:
        start = time.perf_counter()
        step()
        best = min(best, time.perf_counter() - start)
    return best


def peer(torch, case, threads):
    best = float("inf")
    for count in sorted({1, threads}):
        torch.set_num_threads(count)
        for many in (False, True):
            best = min(best, fastest(torch_step(torch, *case, many)))
    return best


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program", help="gemml-bench")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    try:
        import torch
    except ImportError:
        print("network.py: PyTorch is missing (Debian: python3-torch): skipped")
        return 0
    best_ours, best_peer = {}, {}
    for _ in range(arguments.rounds):
        for case, seconds in ours(arguments.program, arguments.threads).items():
            best_ours[case] = min(seconds, best_ours.get(case, float("inf")))
            best_peer[case] = min(peer(torch, case, arguments.threads), best_peer.get(case, float("inf")))
    print(f"PyTorch {torch.__version__}, {arguments.threads} threads; samples per second, fastest step")
    print(f"{'case':<34}{'gemml':>14}{'PyTorch':>14}{'ratio':>8}")
    for case, seconds in best_ours.items():
        rule, sizes, batch = case
        name = f"{rule} {sizes} batch {batch}"
        print(f"{name:<34}{batch / seconds:>14.0f}{batch / best_peer[case]:>14.0f}{best_peer[case] / seconds:>8.2f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
