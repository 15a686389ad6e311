"""Public tables for `quality.py`, and how each is divided into rows to fit on and rows to score.

They lie outside the project (TRAINYARD_DATA, by default `../shared/data`): what is not there is
left out and said.
"""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from engines import Table


@dataclass
class Case:
    """One table: what its columns are, and whether time divides it."""

    file: str
    target: str
    separator: str = ","
    positive: str | None = None
    leave: list = field(default_factory=list)
    categories: list = field(default_factory=list)
    missing: list = field(default_factory=list)
    # The rows are in order of time: the last fifth is scored.
    timed: bool = False


CASES = {
    "taiwan_default": Case("taiwan_default/UCI_Credit_Card.csv", "default.payment.next.month", positive="1", leave=["ID"]),
    # The call's duration is known only after it.
    "bank-additional": Case(
        "bank_marketing/bank-additional-full.csv", "y", ";", "yes", ["duration"],
        ["job", "marital", "education", "default", "housing", "loan", "contact", "month", "day_of_week", "poutcome"],
        missing=["unknown"], timed=True,
    ),
    "california_housing": Case("california_housing/housing.csv", "median_house_value", categories=["ocean_proximity"]),
    # Casual and registered riders sum to the target; the date is the order, and `yr` its first digit.
    "bike_sharing": Case("bike_sharing/hour.csv", "cnt", leave=["instant", "dteday", "casual", "registered"], timed=True),
    "dry_bean": Case("dry_bean/Dry_Bean_Dataset.csv", "Class", ";"),
}


def frame(folder, case):
    """The table as pandas reads it, without the columns to leave."""
    import pandas as pd

    path = Path(folder) / case.file
    if not path.exists():
        return None
    read = pd.read_csv(path, sep=case.separator, na_values=case.missing, keep_default_na=True)
    return read.drop(columns=case.leave)


def arrays(read, case):
    """Features as f32, a category as its code, and labels."""
    features = read.drop(columns=[case.target])
    columns = []
    for name in features.columns:
        if name in case.categories:
            codes = features[name].astype("category").cat.codes.to_numpy()
            columns.append(np.where(codes < 0, np.nan, codes).astype("f4"))
        else:
            columns.append(features[name].to_numpy("f4"))
    target = read[case.target]
    if case.positive is not None:
        labels = (target.astype(str) == case.positive).to_numpy()
    elif target.dtype.kind in "iuf":
        labels = target.to_numpy()
    else:
        labels = target.astype("category").cat.codes.to_numpy()
    places = [at for at, name in enumerate(features.columns) if name in case.categories]
    return np.column_stack(columns), labels.astype("f4"), places


def orders(case, rows, repetitions):
    """Orders of the rows, those to fit on first, and how many they are. Of a table in order of time the
    first is all rows as they stand, and the others fit on nine tenths of them, drawn by chance."""
    fitted = rows * 4 // 5
    found = [(np.arange(rows), fitted)] if case.timed else []
    for seed in range(repetitions):
        chance = np.random.default_rng(seed)
        if case.timed:
            kept = np.sort(chance.permutation(fitted)[: fitted * 9 // 10])
            found.append((np.concatenate([kept, np.arange(fitted, rows)]), len(kept)))
        else:
            found.append((chance.permutation(rows), fitted))
    return found


def ordered(x, y, categories, order, fitted):
    return Table(x[order], y[order], categories, fitted)
