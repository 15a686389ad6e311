//! A first configuration for a table: what can be told by looking at it.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use yard_cli::{Io, Verdict, files};
use yard_contract::Algorithm;
use yard_stats::binary::{Ranked, Scored};
use yard_table::{Layout, Rows, TableError, parse_number};

use crate::args::InitArgs;
use crate::error::TrainError;

/// A column of texts with more different ones is taken for a name.
const MAX_CATEGORIES: usize = 60;
/// A column that ranks the target this well alone is more likely to follow from it than to lead to
/// it.
const SUSPICIOUS_AUC: f64 = 0.95;
/// Below so many rows one split says little, and a cross-validation is worth its time.
const SMALL: usize = 5_000;

/// What was seen of a column.
struct Seen {
    name: String,
    numbers: Vec<f64>,
    all_numbers: bool,
    texts: BTreeSet<String>,
    present: usize,
}

/// Why a column is left out.
enum Role {
    Number,
    Category,
    Excluded(&'static str),
    Leak(f64),
}

pub(crate) fn run(args: &InitArgs, io: &mut Io) -> Result<Verdict, TrainError> {
    if args.out.exists() && !args.force {
        return Err(TrainError::Exists {
            path: args.out.display().to_string(),
        });
    }
    let source = io.read("table", &args.data)?;
    let fail = |source| TrainError::Table {
        path: args.data.display().to_string(),
        source,
    };
    let layout = Layout::sniff(&source.bytes).with_missing(&args.missing);
    let (columns, labels) = look(args, &source.bytes, &layout).map_err(fail)?;
    let positives = labels.iter().filter(|label| **label).count();
    if positives == 0 || positives == labels.len() {
        return Err(TrainError::Classes {
            column: args.target.clone(),
            positive: args.positive.clone(),
            found: format!("the positive value in {positives} of {} rows", labels.len()),
        });
    }
    let roles: Vec<(&str, Role)> = columns
        .iter()
        .map(|column| (column.name.as_str(), role(column, &labels)))
        .collect();
    for (name, role) in &roles {
        if let Role::Leak(auc) = role {
            io.warn(&format!(
                "`{name}` alone ranks the target with an AUC of {auc:.3}; it is left out, because it may follow from the target"
            ));
        }
    }
    let text = render(args, &roles, labels.len());
    files::write(&args.out, text.as_bytes())?;
    let used = roles
        .iter()
        .filter(|(_, role)| matches!(role, Role::Number | Role::Category));
    let (used, all) = (used.count(), roles.len());
    io.print(|out| {
        writeln!(
            out,
            "{}: {used} features of {all} columns",
            args.out.display()
        )
    })?;
    Ok(Verdict::Pass)
}

fn look(
    args: &InitArgs,
    bytes: &[u8],
    layout: &Layout,
) -> Result<(Vec<Seen>, Vec<bool>), TableError> {
    let mut rows = Rows::new(bytes, layout)?;
    let target = rows.position(&args.target)?;
    for name in &args.exclude {
        rows.position(name)?;
    }
    let chosen: Vec<(usize, String)> = rows.header().iter().cloned().enumerate().collect();
    let chosen = chosen
        .into_iter()
        .filter(|(place, name)| *place != target && !args.exclude.contains(name));
    let (places, mut columns): (Vec<usize>, Vec<Seen>) =
        chosen.map(|(place, name)| (place, Seen::new(name))).unzip();
    let mut labels = Vec::new();
    while let Some(row) = rows.advance_full() {
        let row = row?;
        labels.push(row.cell(target)?.trim_ascii() == args.positive);
        for (column, &place) in columns.iter_mut().zip(&places) {
            let cell = row.cell(place)?.trim_ascii();
            column.take(if layout.is_missing(cell) {
                None
            } else {
                Some(cell)
            });
        }
    }
    if labels.is_empty() {
        return Err(TableError::NoRows);
    }
    Ok((columns, labels))
}

impl Seen {
    fn new(name: String) -> Self {
        Self {
            name,
            numbers: Vec::new(),
            all_numbers: true,
            texts: BTreeSet::new(),
            present: 0,
        }
    }

    fn take(&mut self, cell: Option<&str>) {
        self.present += usize::from(cell.is_some());
        if self.all_numbers {
            match cell.map(parse_number) {
                Some(Ok(value)) => self.numbers.push(value),
                Some(Err(_)) => self.all_numbers = false,
                None => self.numbers.push(f64::NAN),
            }
        }
        if let Some(text) = cell
            && self.texts.len() <= MAX_CATEGORIES
            && !self.texts.contains(text)
        {
            self.texts.insert(text.to_owned());
        }
    }
}

fn role(column: &Seen, labels: &[bool]) -> Role {
    if column.present == 0 {
        return Role::Excluded("no value in any row");
    }
    if column.texts.len() == 1 && column.present == labels.len() {
        return Role::Excluded("the same value in every row");
    }
    if !column.all_numbers {
        return if column.texts.len() > MAX_CATEGORIES {
            Role::Excluded("text with more than 60 different values")
        } else {
            Role::Category
        };
    }
    if is_identifier(column, labels.len()) {
        return Role::Excluded("an identifier: another whole number in every row");
    }
    match auc_alone(&column.numbers, labels) {
        Some(auc) if auc >= SUSPICIOUS_AUC => Role::Leak(auc),
        _ => Role::Number,
    }
}

/// A different whole number in every row, and either counted up with the rows or called an
/// identifier. A measured amount may differ in every row too, but does neither.
fn is_identifier(column: &Seen, rows: usize) -> bool {
    let whole = column
        .numbers
        .iter()
        .all(|value| value.fract().abs() <= 0.0);
    if !whole || column.present < rows {
        return false;
    }
    let mut sorted = column.numbers.clone();
    sorted.sort_unstable_by(f64::total_cmp);
    let unique = sorted.windows(2).all(|pair| pair[0] < pair[1]);
    let counted = column.numbers.is_sorted();
    let name = column.name.to_lowercase();
    unique && (counted || name == "id" || name.ends_with("_id") || name.ends_with(" id"))
}

/// How well a column alone ranks the target, in either direction; missing cells rank lowest.
fn auc_alone(values: &[f64], labels: &[bool]) -> Option<f64> {
    let scores: Vec<f64> = values
        .iter()
        .map(|value| if value.is_nan() { -1e300 } else { *value })
        .collect();
    let scored = Scored::new(labels, &scores, None).ok()?;
    let auc = Ranked::new(scored).ok()?.auc().ok()?;
    Some(auc.max(1.0 - auc))
}

fn render(args: &InitArgs, roles: &[(&str, Role)], rows: usize) -> String {
    let mut text = String::from(
        "# yaml-language-server: $schema=../tools/train/train.schema.json\n\
         # A first configuration, written by `train init`. Read it before you trust it: no program\n\
         # knows which columns are known only after the fact.\n",
    );
    let _ = writeln!(text, "target:\n  column: {}", quoted(&args.target));
    let _ = writeln!(text, "  positive: {}", quoted(&args.positive));
    if !args.missing.is_empty() {
        let _ = writeln!(
            text,
            "missing: [{}]",
            args.missing
                .iter()
                .map(|t| quoted(t))
                .collect::<Vec<_>>()
                .join(", ")
        );
    }
    text.push_str("features:\n");
    list(&mut text, "numbers", roles, |role| {
        matches!(role, Role::Number)
    });
    list(&mut text, "categories", roles, |role| {
        matches!(role, Role::Category)
    });
    for (name, role) in roles {
        match role {
            Role::Excluded(why) => {
                let _ = writeln!(text, "  # left out: {} ({why})", quoted(name));
            }
            Role::Leak(auc) => {
                let _ = writeln!(
                    text,
                    "  # left out: {} (alone it reaches an AUC of {auc:.3}: known only afterwards?)",
                    quoted(name)
                );
            }
            Role::Number | Role::Category => {}
        }
    }
    for name in &args.exclude {
        let _ = writeln!(text, "  # left out: {} (as asked)", quoted(name));
    }
    text.push_str(
        "# A table with a time in it deserves `method: time` with `column` and `from`.\n\
         split:\n  method: stratified\n  holdout_share: 0.2\n",
    );
    let _ = writeln!(
        text,
        "algorithm: {} # or {}",
        Algorithm::GradientBoosting.as_str(),
        Algorithm::LogisticRegression.as_str()
    );
    text.push_str(
        "seed: 42\n# The probability from which on a row counts as positive.\nthreshold: 0.5\n",
    );
    if rows < SMALL {
        text.push_str(
            "# The table is small, so one split says little.\ncross_validation:\n  folds: 5\n",
        );
    }
    let (leaves, leaf_rows) = if rows < SMALL { (7, 20) } else { (15, 20) };
    let _ = writeln!(
        text,
        "gradient_boosting:\n  rounds: 200\n  learning_rate: 0.05\n  max_leaves: {leaves}\n  min_rows_in_leaf: {leaf_rows}\n  lambda_l2: 1.0\n\
         logistic_regression:\n  l2: 1.0\n  min_category_rows: 10"
    );
    text
}

fn list(text: &mut String, key: &str, roles: &[(&str, Role)], wanted: impl Fn(&Role) -> bool) {
    let names: Vec<&str> = roles
        .iter()
        .filter(|(_, role)| wanted(role))
        .map(|(name, _)| *name)
        .collect();
    if names.is_empty() {
        return;
    }
    let _ = writeln!(text, "  {key}:");
    for name in names {
        let _ = writeln!(text, "    - {}", quoted(name));
    }
}

/// A text as YAML takes it: a JSON string is one.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
