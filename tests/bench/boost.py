"""Fits LightGBM or XGBoost on a table of fit_bench's, or alternates all of them and compares.

    boost.py fit lightgbm|xgboost TABLE GROWTH ROUNDS THREADS
    boost.py compare FIT_BENCH REPETITIONS FOLDER

What is timed is what fit_bench times: from columns in memory to a model, binning included; not the
start of the interpreter, not the reading of the file. Memory is what the process had at its peak above
what it had before. Every comparison runs the engines in turn, so that whatever else the machine does
meets all of them, and takes the median of the ratios of neighbours.
"""

import os
import resource
import statistics
import subprocess
import sys
import time
from pathlib import Path

CASES = [  # table, growth, rounds, threads
    ("continuous", "leaf", 50, 1),
    ("continuous", "leaf", 50, 2),
    ("continuous", "depth", 50, 1),
    ("discrete", "leaf", 100, 1),
    ("discrete", "leaf", 100, 2),
    ("discrete", "depth", 100, 1),
    ("flights", "leaf", 50, 1),
    ("flights", "leaf", 50, 2),
]


def read(path):
    import numpy as np

    with open(path, "rb") as file:
        rows, columns, mask = np.fromfile(file, "<u4", 3)
        table = np.fromfile(file, "<f4").reshape(columns, rows)
    categories = [c for c in range(columns - 1) if mask >> c & 1]
    return table[:-1], table[-1], categories


def resident():
    with open("/proc/self/status") as status:
        line = next(line for line in status if line.startswith("VmRSS:"))
    return int(line.split()[1])


def seconds():
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def fit(engine, path, growth, rounds, threads):
    import numpy as np

    columns, labels, categories = read(path)
    rows = len(labels) * 4 // 5
    x = np.ascontiguousarray(columns.T)
    train, test = x[:rows], x[rows:]
    rounds, threads = int(rounds), int(threads)
    binary = set(np.unique(labels)) <= {0.0, 1.0}
    several = not binary and set(np.unique(labels)) <= set(range(20))
    classes = {"num_class": int(labels.max()) + 1} if several else {}
    kind = 0 if binary else 1 if several else 2
    if engine == "lightgbm":
        import lightgbm as lgb

        params = {
            "objective": ("binary", "multiclass", "regression")[kind],
            "learning_rate": 0.1,
            "max_bin": 255,
            "num_threads": threads,
            "verbosity": -1,
            "num_leaves": 63 if growth == "leaf" else 64,
        }
        params |= classes
        if growth == "depth":
            params |= {"max_depth": 6, "lambda_l2": 1.0}

        def run():
            data = lgb.Dataset(train, labels[:rows], categorical_feature=categories, params=params)
            return lgb.train(params, data, rounds)

        def score(model):
            return model.predict(test, raw_score=True)
    else:
        import xgboost as xgb

        params = {
            "objective": ("binary:logistic", "multi:softprob", "reg:squarederror")[kind],
            "eta": 0.1,
            "tree_method": "hist",
            "max_bin": 255,
            "nthread": threads,
            "min_child_weight": 1e-3,
            "lambda": 1.0 if growth == "depth" else 0.0,
        }
        params |= classes
        if growth == "leaf":
            params |= {"grow_policy": "lossguide", "max_leaves": 63, "max_depth": 0}
        else:
            params |= {"max_depth": 6}
        kinds = ["c" if c in categories else "q" for c in range(x.shape[1])]
        more = {"feature_types": kinds, "enable_categorical": bool(categories), "nthread": threads}

        def run():
            data = xgb.QuantileDMatrix(train, labels[:rows], max_bin=255, **more)
            return xgb.train(params, data, rounds)

        def score(model):
            return model.predict(xgb.DMatrix(test, **more), output_margin=True)

    before, cpu, wall = resident(), seconds(), time.perf_counter()
    model = run()
    cpu, wall = seconds() - cpu, time.perf_counter() - wall
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    margins, truth = score(model), labels[rows:]
    if binary:
        from sklearn.metrics import roc_auc_score

        quality = f"auc={roc_auc_score(truth, margins):.6f}"
    elif several:
        shifted = np.exp(margins - margins.max(axis=1, keepdims=True))
        own = shifted[np.arange(len(truth)), truth.astype(int)] / shifted.sum(axis=1)
        quality = f"logloss={-np.mean(np.log(own)):.6f}"
    else:
        quality = f"rmse={np.sqrt(np.mean((margins - truth) ** 2)):.6f}"
    print(f"cpu_s={cpu:.2f} wall_s={wall:.2f} extra_mib={max(peak, 0) // 1024} {quality}")


def measured(command):
    # A waiting thread of OpenMP burns a core by default; where cores are shared that is most of
    # the time, and it would be unfair to count it.
    environment = os.environ | {"OMP_WAIT_POLICY": "PASSIVE"}
    output = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    fields = (field.split("=") for field in output.stdout.split())
    return {name: float(value) for name, value in fields}


def compare(fit_bench, repetitions, folder):
    folder = Path(folder)
    print("table,growth,rounds,threads,engine,cpu_s,wall_s,extra_mib,quality,cpu_ratio,wall_ratio")
    for table, growth, rounds, threads in CASES:
        path = folder / f"{table}.bin"
        if not path.exists():
            subprocess.run([fit_bench, table, growth, "1", "1", path], check=True)
        case = [str(path), growth, str(rounds), str(threads)]
        engines = {"yard-boost": [fit_bench, *case]}
        for peer in ("lightgbm", "xgboost"):
            engines[peer] = [sys.executable, __file__, "fit", peer, *case]
        runs = {engine: [] for engine in engines}
        for _ in range(int(repetitions)):
            for engine, command in engines.items():
                runs[engine].append(measured(command))
        for engine, found in runs.items():
            ratios = [
                statistics.median(a[field] / b[field] for a, b in zip(runs["yard-boost"], found))
                for field in ("cpu_s", "wall_s")
            ]
            middle = {name: statistics.median(run[name] for run in found) for name in found[0]}
            quality = next(middle[name] for name in ("auc", "logloss", "rmse") if name in middle)
            print(
                f"{table},{growth},{rounds},{threads},{engine},{middle['cpu_s']:.2f},"
                f"{middle['wall_s']:.2f},{middle['extra_mib']:.0f},{quality:.5f},"
                f"{ratios[0]:.2f},{ratios[1]:.2f}",
                flush=True,
            )


if __name__ == "__main__":
    {"fit": fit, "compare": compare}[sys.argv[1]](*sys.argv[2:])
