"""LightGBM and XGBoost answer with the files that `train export` writes of trained models.

exports.py DIR TABLE    of each NAME in DIR: NAME (the model's folder), NAME.lightgbm.txt and
                        NAME.xgboost.json, with the legends NAME.lightgbm.legend and NAME.xgboost.legend

The columns are made by the legend alone. Ends with an error where an answer of a row lies further from
that of ONNX Runtime on the model than 1e-6 * max(1, |answer|). Prints a line a model and engine.
"""

import csv
import json
import math
import sys
from pathlib import Path

import lightgbm
import numpy as np
import onnxruntime
import xgboost

BAND = 1e-6


def coded(rows, legend):
    """The rows as the legend says that the file's columns are."""
    columns = []
    for column in legend["columns"]:
        cells = [row[column["name"]] for row in rows]
        if column["kind"] == "number":
            columns.append([float(cell) if cell else math.nan for cell in cells])
            continue
        codes = column["codes"]
        # What the fit has not seen: no rank, or a code of its own; missing stays missing.
        unseen = math.nan if column["kind"] == "rank" else float(len(codes))
        unnamed = codes.get("", math.nan)
        columns.append([codes.get(cell, unseen) if cell else unnamed for cell in cells])
    return np.array(columns, dtype=np.float32).T


def by_runtime(folder, rows):
    signature = json.loads((folder / "signature.json").read_text())
    session = onnxruntime.InferenceSession(folder / "model.onnx", providers=["CPUExecutionProvider"])
    numbers = {f["name"] for f in signature["features"] if f["type"] == "number"}
    feed = {}
    for port in session.get_inputs():
        cells = [row[port.name] for row in rows]
        if port.name in numbers:
            column = np.array([float(cell) if cell else math.nan for cell in cells]).astype(np.float32)
        else:
            column = np.array(cells, dtype=object)
        feed[port.name] = column.reshape(-1, 1)
    answer = signature["answer"]
    # Of two classes the margin itself; of several, margins but for a number that they share.
    output = answer.get("margin") or answer.get("probabilities") or answer["value"]
    return session.run([output], feed)[0].astype(float), answer["task"]


def as_answered(margins, task, objective):
    if task == "multiclass":
        powers = np.exp(margins - margins.max(axis=1, keepdims=True))
        return powers / powers.sum(axis=1, keepdims=True)
    return np.exp(margins) if objective == "poisson" else margins


def main(folder, data):
    with open(data, encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    wrong = []
    for path in sorted(Path(folder).glob("*.xgboost.json")):
        name = path.name.removesuffix(".xgboost.json")
        expected, task = by_runtime(Path(folder) / name, rows)
        run = json.loads((Path(folder) / name / "run.json").read_text())
        objective = run["parameters"].get("objective")
        for engine in ("lightgbm", "xgboost"):
            legend = json.loads((Path(folder) / f"{name}.{engine}.legend").read_text())
            x = coded(rows, legend)
            kinds = ["c" if column["kind"] == "category" else "q" for column in legend["columns"]]
            if engine == "xgboost":
                booster = xgboost.Booster(model_file=path)
                matrix = xgboost.DMatrix(x, feature_types=kinds, enable_categorical=True)
                margins = booster.predict(matrix, output_margin=True)
            else:
                booster = lightgbm.Booster(model_file=Path(folder) / f"{name}.lightgbm.txt")
                margins = booster.predict(x, raw_score=True)
            margins = np.asarray(margins, dtype=float).reshape(len(rows), -1)
            found = as_answered(margins, task, objective)
            far = np.abs(found - expected) / np.maximum(1, np.abs(expected))
            spread = len(np.unique(expected[:, 0]))
            print(f"{name}: {engine}: {len(rows)} rows, {spread} answers, largest difference {far.max():.1e}")
            if not (far.max() <= BAND and spread > 1):
                wrong.append(f"{name} by {engine}")
    sys.exit(f"different: {', '.join(wrong)}" if wrong else 0)


main(*sys.argv[1:])
