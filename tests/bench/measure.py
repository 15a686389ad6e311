"""Measures the line: time, CPU and memory of whole process trees. Needs nothing but Python itself.

    measure.py line  --bin DIR --world DIR --out DIR --peer PYTHON [--pairs N] [--peer-threads N]
    measure.py peak  --bin DIR --world DIR --out DIR     peak memory of each stage
    measure.py start --bin DIR [--times N]               time to print the version

`line` alternates our line with the same steps in Python (line.py) and swaps who begins from pair to
pair, so that what else the machine does meets both alike: quote the ratios and their medians, not
single seconds. It ends with an error when a step fails or the two did not fit the same model, not when
a ratio is low.
"""

import argparse
import json
import os
import platform
import shutil
import subprocess
import sys
import time
from pathlib import Path
from statistics import median

HERE = Path(__file__).resolve().parent
THREADS = "2"
ENVIRONMENT = {
    **os.environ,
    "TRAINYARD_THREADS": THREADS,
    # OpenMP's default spins while it waits, which costs LightGBM many times its time on a busy machine.
    "OMP_WAIT_POLICY": "PASSIVE",
    "NO_COLOR": "1",
}
# How far apart the AUC of two good fits of as many trees may be.
SAME_AUC = 0.01


def stages(world, out):
    """The arguments of each stage, in order; as in tests/demo.sh."""
    archive = package(out)
    return {
        "data-check": ["--data", world / "training.csv", "--out", out / "data-report.json"],
        "train": ["--data", world / "training.csv", "--model", out / "model", "--holdout", out / "holdout.csv",
                  "--split", out / "split.json", "--measurement", out / "train-measurement.json"],
        "eval-gate": ["--model", out / "model", "--holdout", out / "holdout.csv", "--first-model", "a bench", "--out", out],
        "model-card": ["--model", out / "model", "--data-report", out / "data-report.json", "--split", out / "split.json",
                       "--evaluation", out / "evaluation.json", "--gate", out / "gate.json", "--out", out / "model_card.md"],
        "publish-package": ["--name", "credit-risk", "--package-version", "1.0.0", "--model", out / "model",
                            "--gate", out / "gate.json", "--include", out / "data-report.json", "--include", out / "split.json",
                            "--include", out / "evaluation.json", "--include", out / "model_card.md",
                            "--include", out / "charts", "--target", f"dir:{out / 'registry'}",
                            "--archive", out / archive.name, "--out", out / "publish-receipt.json"],
        "serve": ["--package", archive, "--listen", "127.0.0.1:0", "--port-file", out / "serve.port"],
        "smoke-test": ["--package", archive, "--out", out / "smoke-report.json",
                       "--measurement", out / "smoke-measurement.json"],
        "batch-predict": ["--package", archive, "--data", world / "scoring.csv", "--out", out / "scored.csv",
                          "--report", out / "batch-report.json"],
    }


def package(out):
    return out / "registry" / "credit-risk" / "1.0.0" / "credit-risk-1.0.0.tar.gz"


class Running:
    """A process whose output goes to a file, and what it and all its children used once it has ended."""

    def __init__(self, command, log):
        self.command, self.log = command, log
        self.begun = time.perf_counter()
        with log.open("wb") as said:
            self.process = subprocess.Popen(command, stdout=said, stderr=said, env=ENVIRONMENT)

    def end(self):
        _, status, used = os.wait4(self.process.pid, 0)
        wall = time.perf_counter() - self.begun
        self.process.returncode = os.waitstatus_to_exitcode(status)
        if self.process.returncode != 0:
            sys.exit(f"exit code {self.process.returncode} of: {' '.join(map(str, self.command))}\n{self.log.read_text()}")
        return {"wall": wall, "cpu": used.ru_utime + used.ru_stime}


def run_ours(bin, world, out, prefix=lambda stage: []):
    """Runs the whole line into `out`: what each stage used, and its total with the time between them."""
    out.mkdir(parents=True)
    used = {}
    server = None
    begun = time.perf_counter()
    for stage, arguments in stages(world, out).items():
        command = [*prefix(stage), bin / stage, *arguments]
        if stage == "smoke-test":
            command += ["--url", f"http://127.0.0.1:{(out / 'serve.port').read_text().strip()}"]
        running = Running(command, out / f"{stage}.log")
        if stage == "serve":
            server = running
            wait_for(out / "serve.port", server)
            used["serve"] = {"wall": time.perf_counter() - server.begun}
            continue
        used[stage] = running.end()
        if stage == "smoke-test":
            stop(server.process.pid, prefix(stage))
            used["serve"]["cpu"] = server.end()["cpu"]
    used["total"] = {"wall": time.perf_counter() - begun, "cpu": sum(step["cpu"] for step in used.values())}
    return used


def wait_for(path, server):
    while not (path.exists() and path.stat().st_size > 0):
        if server.process.poll() is not None:
            sys.exit(f"serve ended at once\n{server.log.read_text()}")
        time.sleep(0.001)


def stop(pid, prefix):
    """Ends the server itself, not the program in front of it that measures it."""
    if prefix:
        pid = int(Path(f"/proc/{pid}/task/{pid}/children").read_text().split()[0])
    os.kill(pid, 15)


def run_peer(python, world, out, threads):
    total = Running([python, HERE / "line.py", world, out, str(threads)], out.with_suffix(".log")).end()
    facts = json.loads((out / "bench.json").read_text())
    return {**facts["steps"], "total": total}, facts


def compare(ours, peer):
    """Refuses to compare two different things."""
    run = json.loads((ours / "model" / "run.json").read_text())
    for name, value in peer["parameters"].items():
        if run["parameters"][name] != value:
            sys.exit(f"not the same steps: {name} is {run['parameters'][name]} here and {value} in line.py")
    if run["rows"] != peer["rows"]:
        sys.exit(f"not the same rows: {run['rows']} here and {peer['rows']} in line.py")
    auc = json.loads((ours / "metrics.json").read_text())["auc"]
    if abs(auc - peer["auc"]) > SAME_AUC:
        sys.exit(f"not the same model: AUC {auc} here and {peer['auc']} in line.py")
    print(f"both fit {run['parameters']['rounds']} trees on {run['rows']} rows; AUC {auc:.4f} here, {peer['auc']:.4f} in Python\n")


def bench_line(args):
    args.out.mkdir(parents=True, exist_ok=True)
    pairs = []
    for number in range(args.pairs + 1):
        pair = {}
        for side in ["ours", "python"] if number % 2 else ["python", "ours"]:
            out = args.out / side
            shutil.rmtree(out, ignore_errors=True)
            if side == "ours":
                pair[side] = run_ours(args.bin, args.world, out)
            else:
                pair[side], facts = run_peer(args.peer, args.world, out, args.peer_threads)
        if number == 0:  # A first run of each warms the caches and does not count.
            print_machine(args, facts["versions"])
            compare(args.out / "ours", facts)
            print("pair      ours: wall  CPU s    Python: wall  CPU s    Python/ours: wall   CPU   load")
            continue
        pairs.append(pair)
        a, b = pair["ours"]["total"], pair["python"]["total"]
        print(f"{number:4}          {a['wall']:6.3f} {a['cpu']:6.3f}          {b['wall']:6.3f} {b['cpu']:6.3f}"
              f"                {b['wall'] / a['wall']:5.2f} {b['cpu'] / a['cpu']:5.2f}   {os.getloadavg()[0]:4.1f}", flush=True)
    for side in ["ours", "python"]:
        print(f"\n{side}, medians   wall s  CPU s")
        for step in pairs[0][side]:
            print(f"  {step:16} {middle(pairs, side, step, 'wall'):7.3f} {middle(pairs, side, step, 'cpu'):6.3f}")
    print()
    for what, goal in [("wall", 5), ("cpu", 4)]:
        ratios = sorted(pair["python"]["total"][what] / pair["ours"]["total"][what] for pair in pairs)
        print(f"{what:4}  Python/ours: median {median(ratios):.2f} (min {ratios[0]:.2f}, max {ratios[-1]:.2f}) of {len(ratios)} pairs; the goal is {goal}")


def middle(pairs, side, step, what):
    return median(pair[side][step][what] for pair in pairs)


def print_machine(args, versions):
    model = next((line.split(":")[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")), "?")
    said = subprocess.run([args.bin / "train", "--version"], capture_output=True, text=True, check=True).stdout.strip()
    print(f"machine   {os.cpu_count()} x {model}, {platform.system()} {platform.release()}, load {' '.join(f'{load:.1f}' for load in os.getloadavg())}")
    print(f"ours      {said}, {THREADS} threads")
    asked = subprocess.run([args.peer, "--version"], capture_output=True, text=True, check=True).stdout.strip()
    print(f"python    {asked}, {', '.join(f'{name} {number}' for name, number in versions.items())}; n_jobs={args.peer_threads}, OMP_WAIT_POLICY=PASSIVE")


def bench_peak(args):
    """Peak memory through GNU time: a process started by Python would begin with Python's own peak."""
    time_program = shutil.which("time")
    if time_program is None:
        sys.exit("GNU time is not installed")
    shutil.rmtree(args.out, ignore_errors=True)
    args.out.parent.mkdir(parents=True, exist_ok=True)
    peaks = args.out.with_suffix(".peaks")
    peaks.mkdir(exist_ok=True)
    run_ours(args.bin, args.world, args.out, lambda stage: [time_program, "-f", "%M", "-o", peaks / stage])
    for stage in stages(args.world, args.out):
        print(f"  {stage:16} {int((peaks / stage).read_text()) / 1024:7.1f} MiB")
    shutil.rmtree(peaks)


def bench_start(args):
    programs = [["true"], *([path, "--version"] for path in tools(args.bin))]
    times = [[] for _ in programs]
    for _ in range(args.times):
        for program, measured in zip(programs, times):
            begun = time.perf_counter()
            subprocess.run(program, stdout=subprocess.DEVNULL, check=True)
            measured.append(time.perf_counter() - begun)
    for program, measured in zip(programs, times):
        print(f"  {Path(program[0]).name:16} {median(measured) * 1000:6.2f} ms")


def tools(bin):
    """The binaries of all tools, by the folders that they are built from."""
    return [bin / folder.name for folder in sorted((HERE.parents[1] / "tools").iterdir())]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["line", "peak", "start"])
    parser.add_argument("--bin", type=lambda path: Path(path).resolve(), required=True, help="folder of the binaries")
    parser.add_argument("--world", type=Path, default=Path("data/world"), help="the example project's data")
    parser.add_argument("--out", type=Path, default=Path("target/bench"), help="folder for what is made")
    parser.add_argument("--peer", default=sys.executable, help="the Python with pandas and LightGBM")
    parser.add_argument("--peer-threads", type=int, default=THREADS, help="LightGBM's threads: on an idle machine one may be faster, so try both")
    parser.add_argument("--pairs", type=int, default=5, help="how many pairs to run")
    parser.add_argument("--times", type=int, default=50, help="how often to start each binary")
    args = parser.parse_args()
    {"line": bench_line, "peak": bench_peak, "start": bench_start}[args.what](args)


if __name__ == "__main__":
    main()
