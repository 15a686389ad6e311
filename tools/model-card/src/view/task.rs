//! What depends on the kind of question that the model answers.

use serde::Serialize;
use yard_contract::{ByTask, Evaluation, Finite};

/// The most classes whose confusion is shown as a matrix; of more, the largest confusions are.
const MATRIX: usize = 12;
/// The most confusions that are shown one by one.
const CONFUSIONS: usize = 20;

/// How Hugging Face calls the question.
#[derive(Serialize)]
pub(crate) struct Question {
    /// Its tag.
    tag: &'static str,
    /// In words.
    label: &'static str,
}

pub(crate) const fn question(evaluation: &Evaluation) -> Question {
    let (tag, label) = match evaluation.by_task {
        ByTask::Binary(_) => ("tabular-classification", "Binary classification"),
        ByTask::Multiclass(_) => ("tabular-classification", "Multi-class classification"),
        ByTask::Regression(_) => ("tabular-regression", "Regression"),
    };
    Question { tag, label }
}

/// Rows of several classes by what they are and what they were taken for.
#[derive(Default, Serialize)]
pub(crate) struct Confusions {
    /// All of them, where the classes are few: a line an actual class.
    matrix: Vec<Line>,
    /// Otherwise the wrong decisions, most frequent first.
    largest: Vec<Pair>,
    more: usize,
}

#[derive(Serialize)]
struct Line {
    class: String,
    rows: Vec<u64>,
}

#[derive(Serialize)]
struct Pair {
    is: String,
    taken_for: String,
    rows: u64,
}

pub(crate) fn confusions(evaluation: &Evaluation) -> Confusions {
    let ByTask::Multiclass(of) = &evaluation.by_task else {
        return Confusions::default();
    };
    let actual = of.classes.iter().zip(&of.confusion);
    if of.classes.len() <= MATRIX {
        let lines = actual.map(|(class, rows)| Line {
            class: class.clone(),
            rows: rows.clone(),
        });
        return Confusions {
            matrix: lines.collect(),
            ..Confusions::default()
        };
    }
    let wrong = actual.flat_map(|(is, rows)| {
        let taken = of.classes.iter().zip(rows);
        taken
            .filter(move |(taken_for, rows)| *taken_for != is && **rows > 0)
            .map(move |(taken_for, rows)| Pair {
                is: is.clone(),
                taken_for: taken_for.clone(),
                rows: *rows,
            })
    });
    let mut largest: Vec<Pair> = wrong.collect();
    largest.sort_by_key(|pair| std::cmp::Reverse(pair.rows));
    let more = largest.len().saturating_sub(CONFUSIONS);
    largest.truncate(CONFUSIONS);
    Confusions {
        matrix: Vec::new(),
        largest,
        more,
    }
}

/// Rows whose residual lies between two values.
#[derive(Serialize)]
pub(crate) struct Residual {
    from: Finite,
    to: Finite,
    rows: u64,
    share: f64,
}

/// The bins of the residuals that hold rows.
pub(crate) fn residuals(evaluation: &Evaluation) -> Vec<Residual> {
    let ByTask::Regression(of) = &evaluation.by_task else {
        return Vec::new();
    };
    let all = of.residuals.iter().map(|bin| bin.rows).sum::<u64>().max(1);
    of.residuals
        .iter()
        .filter(|bin| bin.rows > 0)
        .map(|bin| Residual {
            from: bin.from,
            to: bin.to,
            rows: bin.rows,
            share: bin.rows as f64 / all as f64,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use yard_contract::{ClassesEvaluation, Sha256};

    use super::*;

    fn evaluation(classes: usize) -> Evaluation {
        let cell = |row: usize, column: usize| if row == column { 90 } else { row as u64 };
        let by_task = ByTask::Multiclass(ClassesEvaluation {
            classes: (0..classes).map(|class| format!("c{class:02}")).collect(),
            confusion: (0..classes)
                .map(|row| (0..classes).map(|column| cell(row, column)).collect())
                .collect(),
        });
        Evaluation {
            model_sha256: Sha256::of(b""),
            holdout_sha256: Sha256::of(b""),
            rows: 1,
            primary: "accuracy".to_owned(),
            metrics: [].into(),
            undefined: [].into(),
            by_task,
            baselines: Vec::new(),
            slices: Vec::new(),
            fairness: Vec::new(),
            weakest: Vec::new(),
            comparison: None,
            release: None,
            flips: None,
        }
    }

    #[test]
    fn few_classes_are_a_matrix_and_many_a_list_of_what_is_confused_most() {
        let few = confusions(&evaluation(MATRIX));
        assert_eq!((few.matrix.len(), few.largest.len()), (MATRIX, 0));
        let many = confusions(&evaluation(MATRIX + 1));
        assert_eq!((many.matrix.len(), many.largest.len()), (0, CONFUSIONS));
        let first = &many.largest[0];
        assert_eq!(
            (first.is.as_str(), first.taken_for.as_str(), first.rows),
            ("c12", "c00", 12)
        );
        // The row of the first class confuses nothing.
        assert_eq!(many.more, 12 * 12 - CONFUSIONS);
    }
}
