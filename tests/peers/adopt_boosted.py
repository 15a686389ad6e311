"""As adopt.py, of models that LightGBM and XGBoost fit and their exporter, onnxmltools, writes.

adopt_boosted.py make DIR      writes NAME.onnx, NAME.csv (the table) and NAME.args (how to adopt it)
adopt_boosted.py check DIR     compares NAME.scored.csv, which batch-predict wrote, row by row
"""

import sys
from pathlib import Path

import lightgbm
import numpy as np
import onnxmltools
import xgboost
from onnxmltools.convert.common.data_types import FloatTensorType

import adopt

WIDE = [("input", FloatTensorType([None, 4]))]
SETTINGS = {"n_estimators": 25, "max_depth": 4, "random_state": 0}


def make(folder):
    numbers, _, margin = adopt.draw()
    # Cells are missing, and one column holds the numbers of categories.
    numbers[::7, 2] = np.nan
    numbers[:, 3] = np.arange(adopt.ROWS) * 31 % 6
    margin = margin + np.isin(numbers[:, 3], [1, 4]) * 2
    cell = lambda value: "" if np.isnan(value) else repr(float(value))
    shown = {f"x{i}": [cell(v) for v in numbers[:, i]] for i in range(4)}
    left = (margin > 0.5).astype(int)
    kind = np.digitize(margin, [-0.5, 1.0])

    def light(name, model, target, arguments, **more):
        model.fit(numbers, target[1], **more)
        adopt.write(folder, name, onnxmltools.convert_lightgbm(model, initial_types=WIDE), {**shown, target[0]: target[1]},
                    f"--target {target[0]}{arguments}")

    def extreme(name, model, target, arguments):
        model.fit(numbers, target[1])
        adopt.write(folder, name, onnxmltools.convert_xgboost(model, initial_types=WIDE), {**shown, target[0]: target[1]},
                    f"--target {target[0]}{arguments}")

    classifier, regressor = lightgbm.LGBMClassifier, lightgbm.LGBMRegressor
    light("lightgbm_two", classifier(**SETTINGS, verbose=-1), ("left", left), " --positive 1")
    light("lightgbm_sets", classifier(**SETTINGS, verbose=-1), ("left", left), " --positive 0", categorical_feature=[3])
    light("lightgbm_three", classifier(**SETTINGS, verbose=-1), ("kind", kind), "")
    light("lightgbm_number", regressor(**SETTINGS, verbose=-1), ("margin", margin), "")
    extreme("xgboost_two", xgboost.XGBClassifier(**SETTINGS), ("left", left), " --positive 1")
    extreme("xgboost_three", xgboost.XGBClassifier(**SETTINGS), ("kind", kind), "")
    extreme("xgboost_number", xgboost.XGBRegressor(**SETTINGS), ("margin", margin), "")


if __name__ == "__main__":
    {"make": make, "check": adopt.check}[sys.argv[1]](Path(sys.argv[2]))
