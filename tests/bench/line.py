"""The line in Python: what `tests/bench/line.sh` measures Trainyard against.

Check, train, evaluate, plot, document, package, score: written as someone at home in pandas,
pandera, LightGBM, scikit-learn, matplotlib and jinja2 would write it, and in their favour where there
is a choice. It is one process, so each library is imported once, where a pipeline has a job a stage.
There is no web server, no confidence interval, no drift profile, no ONNX and no HTML report; our line
makes all of these.

    line.py WORLD OUT THREADS    reads WORLD/training.csv and WORLD/scoring.csv, writes into the folder OUT
"""

import time

BEGUN = time.perf_counter(), time.process_time()

import hashlib
import io
import json
import sys
import tarfile
from importlib.metadata import version
from pathlib import Path

import jinja2
import joblib
import lightgbm
import matplotlib

matplotlib.use("svg")
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pandera.pandas as pa
from sklearn import metrics
from sklearn.calibration import calibration_curve

# Equal to configs/train.yaml; measure.py refuses to compare when they are not.
PARAMETERS = {"rounds": 200, "learning_rate": 0.05, "max_leaves": 15, "min_rows_in_leaf": 20, "lambda_l2": 5.0}
THRESHOLD = 0.15
HELD_OUT_FROM = "2025-07"
SLICES = [["region"], ["product"], ["employment"], ["region", "product"]]
CATEGORIES = {
    "product": ["cash_loan", "point_of_sale", "credit_card", "car_loan"],
    "channel": ["web", "branch", "broker", "phone", "partner_app"],
    "region": ["capital", "north", "coast", "east", "west", "south"],
    "employment": ["salaried", "self_employed", "public_sector", "unemployed", "pensioner", "student"],
    "housing": ["tenant", "owner", "mortgage", "social", "with_parents"],
    "education": ["primary", "secondary", "vocational", "university"],
}


def number(dtype, low=None, high=None, *, missing=None, unique=False):
    """A numeric column: its range, and the largest share of it that may be missing."""
    checks = []
    if low is not None:
        checks.append(pa.Check.ge(low))
    if high is not None:
        checks.append(pa.Check.le(high))
    if missing is not None:
        checks.append(pa.Check(lambda column: column.isna().mean() <= missing, ignore_na=False))
    return pa.Column(dtype, checks, nullable=missing is not None, unique=unique)


# Equal to configs/data.yaml. A column of whole numbers with gaps is float64 in pandas.
SCHEMA = pa.DataFrameSchema(
    {
        "application_id": number("int64", 1, unique=True),
        "applicant_id": number("int64", 1),
        "application_date": pa.Column("datetime64[us]", pa.Check.ge(pd.Timestamp("2024-01-01"))),
        "application_month": pa.Column("str"),
        **{name: pa.Column("str", pa.Check.isin(values)) for name, values in CATEGORIES.items()},
        "amount_requested": number("int64", 200, 80000),
        "term_months": number("int64", 6, 84),
        "annuity": number("int64", 1),
        "income_monthly": number("int64", 200),
        "days_employed": number("float64", None, -1, missing=0.2),
        "days_at_address": number("int64", None, -1),
        "days_birth": number("int64", -26800, -7000),
        "dependants": number("int64", 0, 20),
        "co_applicant": pa.Column("int64", pa.Check.isin([0, 1])),
        "external_score": number("float64", 0, 1, missing=0.25),
        "bureau_credit_count": number("float64", 1, missing=0.25),
        "bureau_active_count": number("float64", 0, missing=0.25),
        "bureau_debt_total": number("float64", 0, missing=0.25),
        "bureau_debt_to_limit": number("float64", 0, 1, missing=0.5),
        "bureau_overdue_days_max": number("float64", 0, missing=0.25),
        "bureau_days_newest": number("float64", None, 0, missing=0.25),
        "bureau_days_oldest": number("float64", None, 0, missing=0.25),
        "bureau_utilisation_6m": number("float64", 0, 1, missing=0.5),
        "bureau_utilisation_change": number("float64", -1, 1, missing=0.5),
        "bureau_past_due_max_12m": number("float64", 0, missing=0.5),
        "previous_loan_count": number("int64", 0),
        "previous_refused_share": number("float64", 0, 1, missing=0.5),
        "previous_days_last_decision": number("float64", None, 0, missing=0.5),
        "instalment_late_share": number("float64", 0, 1, missing=0.6),
        "instalment_days_late_max": number("float64", 0, missing=0.6),
        "instalment_unpaid_share": number("float64", 0, 1, missing=0.6),
        "collections_calls_after": number("int64", 0),
        "defaulted": pa.Column("int64", pa.Check.isin([0, 1])),
    },
    checks=pa.Check(lambda table: len(table) >= 1000),
    strict=True,
)
NOT_FEATURES = {"application_id", "applicant_id", "application_date", "application_month", "collections_calls_after", "defaulted"}
FEATURES = [name for name in SCHEMA.columns if name not in NOT_FEATURES]

CARD = jinja2.Template("""\
# {{ name }}

Estimates the probability that an applicant will be 90 days past due within twelve months of pay-out.
Intended for ranking applications, with a person who can overrule the score; not for pricing.

| | |
|---|---|
{% for key, value in parameters.items() -%}
| {{ key }} | {{ value }} |
{% endfor %}
Fitted on {{ fitted }} rows, evaluated on {{ held_out }} rows from {{ since }} on.

| metric | value |
|---|---|
{% for key, value in scores.items() -%}
| {{ key }} | {{ "%.4f" | format(value) }} |
{% endfor %}
| slice | rows | AUC |
|---|---|---|
{% for row in slices -%}
| {{ row.slice }} | {{ row.rows }} | {{ "%.3f" | format(row.auc) }} |
{% endfor %}
| feature | missing | min | max |
|---|---|---|---|
{% for row in columns -%}
| {{ row.name }} | {{ "%.1f" | format(row.missing * 100) }} % | {{ row.min }} | {{ row.max }} |
{% endfor %}
{% for plot in plots %}![{{ plot }}](charts/{{ plot }}.svg)
{% endfor %}""")


def read_features(table):
    """The features of a table, categories as pandas' own."""
    return table[FEATURES].astype({name: pd.CategoricalDtype(values) for name, values in CATEGORIES.items()})


def check(path, out):
    table = pd.read_csv(path, parse_dates=["application_date"])
    SCHEMA.validate(table, lazy=True)
    described = table.describe().T
    columns = [
        {"name": name, "missing": float(share), "min": row.get("min"), "max": row.get("max")}
        for name, share in table.isna().mean().items()
        for row in [described.loc[name].to_dict() if name in described.index else {}]
    ]
    values = {name: table[name].value_counts().to_dict() for name in CATEGORIES}
    report = {"rows": len(table), "columns": columns, "values": values}
    (out / "data-report.json").write_text(json.dumps(report, indent=2, default=str))
    return table, columns


def train(table, out, threads):
    held_out = table["application_month"] >= HELD_OUT_FROM
    model = lightgbm.LGBMClassifier(
        n_estimators=PARAMETERS["rounds"],
        learning_rate=PARAMETERS["learning_rate"],
        num_leaves=PARAMETERS["max_leaves"],
        min_child_samples=PARAMETERS["min_rows_in_leaf"],
        reg_lambda=PARAMETERS["lambda_l2"],
        n_jobs=threads,
        random_state=42,
        verbosity=-1,
    )
    model.fit(read_features(table[~held_out]), table.loc[~held_out, "defaulted"])
    (out / "model").mkdir()
    joblib.dump(model, out / "model" / "model.joblib")
    holdout = table[held_out]
    holdout.to_csv(out / "holdout.csv", index=False)
    return model, holdout


def evaluate(model, holdout, out):
    truth = holdout["defaulted"].to_numpy()
    score = model.predict_proba(read_features(holdout))[:, 1]
    decided = score >= THRESHOLD
    false_positive, true_positive, _ = metrics.roc_curve(truth, score)
    scores = {
        "auc": metrics.roc_auc_score(truth, score),
        "pr_auc": metrics.average_precision_score(truth, score),
        "ks": (true_positive - false_positive).max(),
        "log_loss": metrics.log_loss(truth, score),
        "brier": metrics.brier_score_loss(truth, score),
        "accuracy": metrics.accuracy_score(truth, decided),
        "balanced_accuracy": metrics.balanced_accuracy_score(truth, decided),
        "precision": metrics.precision_score(truth, decided),
        "recall": metrics.recall_score(truth, decided),
        "f1": metrics.f1_score(truth, decided),
        "mcc": metrics.matthews_corrcoef(truth, decided),
    }
    slices = []
    for by in SLICES:
        for key, rows in holdout.assign(score=score).groupby(by):
            if len(rows) >= 300 and rows["defaulted"].sum() >= 30:
                auc = metrics.roc_auc_score(rows["defaulted"], rows["score"])
                slices.append({"slice": ", ".join(map(str, key)), "rows": len(rows), "auc": auc})
    slices.sort(key=lambda row: row["auc"])
    passed = scores["auc"] >= 0.74 and scores["recall"] >= 0.35 and scores["log_loss"] <= 0.30 and scores["brier"] <= 0.085
    (out / "evaluation.json").write_text(json.dumps({"passed": bool(passed), "metrics": scores, "slices": slices}, indent=2))
    if not passed:
        sys.exit("the model does not pass the gate")
    return truth, score, scores, slices


def plot(truth, score, out):
    (out / "charts").mkdir()

    def draw_roc(axes):
        axes.plot(*metrics.roc_curve(truth, score)[:2])
        axes.plot([0, 1], [0, 1], linestyle="--")
        axes.set(title="ROC", xlabel="false positive rate", ylabel="true positive rate")

    def draw_precision_recall(axes):
        precision, recall, _ = metrics.precision_recall_curve(truth, score)
        axes.plot(recall, precision)
        axes.set(title="Precision and recall", xlabel="recall", ylabel="precision")

    def draw_reliability(axes):
        observed, predicted = calibration_curve(truth, score, n_bins=10, strategy="quantile")
        axes.plot(predicted, observed, marker="o")
        axes.plot([0, 1], [0, 1], linestyle="--")
        axes.set(title="Reliability", xlabel="predicted", ylabel="observed")

    def draw_scores(axes):
        bins = np.linspace(0, 1, 41)
        axes.hist([score[truth == 0], score[truth == 1]], bins, label=["paid", "defaulted"], density=True)
        axes.legend()
        axes.set(title="Scores by outcome", xlabel="score", ylabel="density")

    def draw_confusion(axes):
        cells = metrics.confusion_matrix(truth, score >= THRESHOLD)
        metrics.ConfusionMatrixDisplay(cells, display_labels=["paid", "defaulted"]).plot(ax=axes, colorbar=False)

    plots = {
        "roc": draw_roc,
        "precision_recall": draw_precision_recall,
        "reliability": draw_reliability,
        "scores": draw_scores,
        "confusion": draw_confusion,
    }
    for name, draw in plots.items():
        figure, axes = plt.subplots(figsize=(6, 4))
        draw(axes)
        figure.savefig(out / "charts" / f"{name}.svg")
        plt.close(figure)
    return list(plots)


def package(out):
    """Packs what was made, with a manifest of digests, and reads it back."""
    files = sorted([*(out / "model").iterdir(), *(out / "charts").iterdir(), *out.glob("*.json"), out / "model_card.md"])
    manifest = {str(path.relative_to(out)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}
    registry = out / "registry"
    registry.mkdir()
    archive = registry / "credit-risk-1.0.0.tar.gz"
    with tarfile.open(archive, "w:gz", compresslevel=6) as tar:
        for name in manifest:
            tar.add(out / name, name)
        text = json.dumps(manifest, indent=2).encode()
        member = tarfile.TarInfo("manifest.json")
        member.size = len(text)
        tar.addfile(member, io.BytesIO(text))
    digest = hashlib.sha256(archive.read_bytes()).hexdigest()
    (registry / f"{archive.name}.sha256").write_text(f"{digest}  {archive.name}\n")
    with tarfile.open(archive) as tar:
        for name, expected in manifest.items():
            if hashlib.sha256(tar.extractfile(name).read()).hexdigest() != expected:
                sys.exit(f"{name} changed on its way into the package")
        return joblib.load(io.BytesIO(tar.extractfile("model/model.joblib").read()))


def main():
    world, out, threads = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
    out.mkdir(parents=True)
    steps = {}
    since = BEGUN

    def done(step):
        nonlocal since
        now = time.perf_counter(), time.process_time()
        steps[step] = {"wall": now[0] - since[0], "cpu": now[1] - since[1]}
        since = now

    done("imports")
    table, columns = check(world / "training.csv", out)
    done("check")
    model, holdout = train(table, out, threads)
    done("train")
    truth, score, scores, slices = evaluate(model, holdout, out)
    done("evaluate")
    plots = plot(truth, score, out)
    done("plots")
    card = CARD.render(
        name="credit-risk", parameters=PARAMETERS, fitted=len(table) - len(holdout), held_out=len(holdout),
        since=HELD_OUT_FROM, scores=scores, slices=slices, columns=columns, plots=plots,
    )
    (out / "model_card.md").write_text(card)
    done("card")
    packaged = package(out)
    done("package")
    fresh = pd.read_csv(world / "scoring.csv")
    fresh["score"] = packaged.predict_proba(read_features(fresh))[:, 1]
    fresh.to_csv(out / "scored.csv", index=False)
    done("batch")
    libraries = ["pandas", "pandera", "lightgbm", "scikit-learn", "matplotlib", "jinja2", "numpy"]
    facts = {"parameters": PARAMETERS, "rows": len(table) - len(holdout), "auc": scores["auc"], "steps": steps,
             "versions": {name: version(name) for name in ["python", *libraries] if name != "python"}}
    (out / "bench.json").write_text(json.dumps(facts))


if __name__ == "__main__":
    main()
