"""An epoch of training a network, as network.py has it: cases, contenders and their check."""

import atexit

import contest
import network

# How many times longer than ours: with sgd, with Adam.
GOALS = {"12-4-10-6-4": (6, 6), "30-64-64-2": (4, 4), "784-512-512-10": (1.25, 1.5), "784-2048-2048-10": (0.95, 1.05)}
PEERS = ("PyTorch", "scikit-learn", "FANN")


class Epochs:
    """One contender: the processes of its settings, of which the fastest goes on."""

    bursts = False

    def __init__(self, processes, case):
        self.off = [process.start(case) for process in processes]
        self.processes = list(processes)

    def run(self):
        """Seconds of a sample."""
        seconds = [process.ask(do="turn", seconds=network.TURN) for process in self.processes]
        least = min(seconds)
        self.processes = [self.processes[seconds.index(least)]]
        return least

    def result(self):
        return max(self.off)

    def close(self):
        pass


def agreement(_, found, __):
    """Each contender has been held against NumPy before it is timed."""
    return f"losses of {network.CHECK_STEPS} steps within {found:.0e}", found < network.AGREEMENT


def names(quick):
    cases = [name for name in network.all_cases() if not quick or name.startswith("12-")]
    return [f"network/{name}" for name in cases]


def processes_of(setting):
    """All contenders in all settings, started once; each is stopped but for its turns."""
    if not hasattr(setting, "processes"):
        setting.processes = network.start_processes(setting.library_path, setting.threads)
        for process in setting.processes:
            atexit.register(process.close)
    return setting.processes


def make(name, setting, _packages):
    problem = network.Case(name.split("/", 1)[1])
    goal = GOALS[name.split("/")[1]][problem.optimizer == "adam"]
    case = contest.Case(name, agreement, dict.fromkeys(PEERS, goal))
    for contender in (contest.OURS,) + (("FANN",) if problem.problem == "sigmoid" else PEERS[:2]):
        own = [process for process in processes_of(setting) if process.name == contender]
        try:
            case.add(contender, Epochs(own, problem))
        except network.Missing as missing:
            case.skip(contender, str(missing))
    return case
