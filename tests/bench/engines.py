"""LightGBM and XGBoost on a table of fit_bench's, at the settings that fit_bench has.

    engines.py fit lightgbm|xgboost TABLE [KEY=VALUE ...]

What is timed is what fit_bench times: from columns in memory to a model, binning included; not the
start of the interpreter, not the reading of the file. Memory is what the process had at its peak above
what it had before. The keys are those of fit_bench (crates/yard-boost/examples/fit_bench/settings.rs).

XGBoost knows no least number of rows in a leaf; it gets the least sum of hessians that the others
have. All else is the same for the three: leaves, depth, bins, rounds, rate, L2, categories.
"""

import resource
import sys
import time
from dataclasses import dataclass

import numpy as np

MATCHED = {
    "growth": "leaf",
    "rounds": 100,
    "threads": 1,
    "rate": 0.1,
    "leaves": 63,
    "depth": 0,
    "bins": 255,
    "l2": 0.0,
    "min_rows": 20,
    "train": 0,
    "margins": "",
}


@dataclass
class Table:
    """Columns of one length, the first `train` rows of which are fitted and the others scored."""

    x: np.ndarray  # rows by columns, f32; a category is its code, NaN is missing
    y: np.ndarray
    categories: list
    train: int

    @property
    def classes(self):
        """2 of log loss, 3 and more of several classes, 0 of numbers; as fit_bench tells them apart."""
        values = np.unique(self.y)
        if set(values) <= {0.0, 1.0}:
            return 2
        whole = values[0] >= 0 and values[-1] < 20 and (values == np.floor(values)).all()
        return int(values[-1]) + 1 if whole else 0


def read(path, train=0):
    with open(path, "rb") as file:
        rows, columns = (int(size) for size in np.fromfile(file, "<u4", 2))
        mask = int(np.fromfile(file, "<u8", 1)[0])
        table = np.fromfile(file, "<f4").reshape(columns, rows)
    categories = [column for column in range(columns - 1) if mask >> column & 1]
    x = np.ascontiguousarray(table[:-1].T)
    return Table(x, table[-1].copy(), categories, train or rows * 4 // 5)


def write(path, table):
    with open(path, "wb") as file:
        rows, columns = table.x.shape
        np.array([rows, columns + 1], "<u4").tofile(file)
        np.array([sum(1 << column for column in table.categories)], "<u8").tofile(file)
        np.ascontiguousarray(table.x.T, "<f4").tofile(file)
        table.y.astype("<f4").tofile(file)


def settings(pairs):
    found = dict(MATCHED)
    for pair in pairs:
        key, value = pair.split("=", 1)
        if key not in found:
            sys.exit(f"there is no setting `{key}`")
        found[key] = type(found[key])(value)
    return found


def lightgbm(table, wanted):
    """Two functions: one fits, the other scores the rows that were not fitted (margins)."""
    import lightgbm as lgb

    params = {"verbosity": -1, "num_threads": wanted["threads"]}
    params["objective"] = "regression" if table.classes == 0 else "binary" if table.classes == 2 else "multiclass"
    if table.classes > 2:
        params["num_class"] = table.classes
    if not wanted.get("defaults"):
        params |= {
            "learning_rate": wanted["rate"],
            "num_leaves": wanted["leaves"],
            "max_depth": wanted["depth"] or -1,
            "max_bin": wanted["bins"],
            "lambda_l2": wanted["l2"],
            "min_data_in_leaf": wanted["min_rows"],
            "min_sum_hessian_in_leaf": 1e-3,
        }

    def fit():
        x, y = table.x[: table.train], table.y[: table.train]
        data = lgb.Dataset(x, y, categorical_feature=table.categories, params=params)
        return lgb.train(params, data, wanted["rounds"])

    return fit, lambda model: model.predict(table.x[table.train :], raw_score=True)


def xgboost(table, wanted):
    import xgboost as xgb

    params = {"nthread": wanted["threads"], "tree_method": "hist"}
    params["objective"] = (
        "reg:squarederror" if table.classes == 0 else "binary:logistic" if table.classes == 2 else "multi:softprob"
    )
    if table.classes > 2:
        params["num_class"] = table.classes
    bins = 256
    if not wanted.get("defaults"):
        bins = wanted["bins"]
        params |= {
            "eta": wanted["rate"],
            "max_bin": bins,
            "min_child_weight": 1e-3,
            "lambda": wanted["l2"],
            "max_leaves": wanted["leaves"],
            "max_depth": wanted["depth"],
            "grow_policy": "lossguide" if wanted["growth"] == "leaf" else "depthwise",
        }
    columns = range(table.x.shape[1])
    kinds = {
        "feature_types": ["c" if column in table.categories else "q" for column in columns],
        "enable_categorical": bool(table.categories),
        "nthread": wanted["threads"],
    }

    def fit():
        x, y = table.x[: table.train], table.y[: table.train]
        return xgb.train(params, xgb.QuantileDMatrix(x, y, max_bin=bins, **kinds), wanted["rounds"])

    def score(model):
        return model.predict(xgb.DMatrix(table.x[table.train :], **kinds), output_margin=True)

    return fit, score


PEERS = {"lightgbm": lightgbm, "xgboost": xgboost}


def quality(table, margins):
    """Name and value: AUC of two classes (of several the mean of one against the rest), else RMSE."""
    truth = table.y[table.train :]
    if table.classes == 0:
        return "rmse", float(np.sqrt(np.mean((margins.astype(float) - truth) ** 2)))
    if table.classes == 2:
        return "auc", auc(truth == 1, margins)
    shares = softmax(margins)
    return "auc", float(np.mean([auc(truth == c, shares[:, c]) for c in range(table.classes)]))


def softmax(margins):
    raised = np.exp(margins - margins.max(axis=1, keepdims=True))
    return raised / raised.sum(axis=1, keepdims=True)


def auc(truth, scores):
    from scipy.stats import rankdata

    positives = int(truth.sum())
    ranks = rankdata(scores)
    return float((ranks[truth].sum() - positives * (positives + 1) / 2) / (positives * (len(truth) - positives)))


def resident():
    with open("/proc/self/status") as status:
        line = next(line for line in status if line.startswith("VmRSS:"))
    return int(line.split()[1])


def seconds():
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def main(engine, path, *pairs):
    wanted = settings(pairs)
    table = read(path, wanted["train"])
    fit, score = PEERS[engine](table, wanted)
    before, cpu, wall = resident(), seconds(), time.perf_counter()
    model = fit()
    cpu, wall = seconds() - cpu, time.perf_counter() - wall
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    margins = score(model)
    if wanted["margins"]:
        np.asarray(margins, "<f4").tofile(wanted["margins"])
    name, value = quality(table, margins)
    print(f"cpu_s={cpu:.3f} wall_s={wall:.3f} extra_mib={max(peak, 0) / 1024:.1f} {name}={value:.6f}")


if __name__ == "__main__" and sys.argv[1] == "fit":
    main(*sys.argv[2:])
