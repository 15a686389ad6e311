//! A first configuration for a table: what can be told by looking at it.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use yard_cli::{Io, Verdict, files};
use yard_contract::{Algorithm, Task};
use yard_table::{Layout, Rows, TableError, parse_number};

use crate::alone::{Cells, Known, Strength};
use crate::args::InitArgs;
use crate::error::TrainError;

/// A column of texts with more different ones is taken for a name.
const MAX_CATEGORIES: usize = 60;
/// Below so many rows one split says little, and a cross-validation is worth its time.
const SMALL: usize = 5_000;

/// What was seen of a column.
struct Seen {
    name: String,
    numbers: Vec<f64>,
    all_numbers: bool,
    /// The different texts, a missing cell being the empty one, up to one more than a category may
    /// have.
    texts: BTreeMap<String, u32>,
    /// Each row's text by its number, as long as there are few.
    codes: Vec<u32>,
    present: usize,
}

/// Why a column is left out.
enum Role {
    Number,
    Category,
    Excluded(&'static str),
    Leak(String),
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
    let (columns, cells) = look(args, &source.bytes, &layout).map_err(fail)?;
    let known = Known::guess(args, &cells)?;
    let roles: Vec<(&str, Role)> = columns
        .iter()
        .map(|column| (column.name.as_str(), role(column, &known, cells.len())))
        .collect();
    for (name, role) in &roles {
        if let Role::Leak(what) = role {
            io.warn(&format!(
                "`{name}` alone {what}; it is left out, because it may follow from the target"
            ));
        }
    }
    let text = render(args, known.task(), &roles, cells.len());
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
) -> Result<(Vec<Seen>, Vec<String>), TableError> {
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
    let mut cells = Vec::new();
    while let Some(row) = rows.advance_full() {
        let row = row?;
        let cell = row.cell(target)?.trim_ascii();
        let cell = if layout.is_missing(cell) { "" } else { cell };
        cells.push(cell.to_owned());
        for (column, &place) in columns.iter_mut().zip(&places) {
            let cell = row.cell(place)?.trim_ascii();
            column.take(if layout.is_missing(cell) {
                None
            } else {
                Some(cell)
            });
        }
    }
    if cells.is_empty() {
        return Err(TableError::NoRows);
    }
    Ok((columns, cells))
}

impl Seen {
    fn new(name: String) -> Self {
        Self {
            name,
            numbers: Vec::new(),
            all_numbers: true,
            texts: BTreeMap::new(),
            codes: Vec::new(),
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
        let text = cell.unwrap_or_default();
        let next = u32::try_from(self.texts.len()).unwrap_or(u32::MAX);
        let code = match self.texts.get(text) {
            Some(code) => *code,
            None if self.different() <= MAX_CATEGORIES => {
                self.texts.insert(text.to_owned(), next);
                next
            }
            None => return,
        };
        self.codes.push(code);
    }

    /// How many different texts there are, up to one more than a category may have.
    fn different(&self) -> usize {
        self.texts.len() - usize::from(self.texts.contains_key(""))
    }
}

fn role(column: &Seen, known: &Known, rows: usize) -> Role {
    if column.present == 0 {
        return Role::Excluded("no value in any row");
    }
    if column.different() == 1 && column.present == rows {
        return Role::Excluded("the same value in every row");
    }
    if !column.all_numbers {
        if column.different() > MAX_CATEGORIES {
            return Role::Excluded("text with more than 60 different values");
        }
        let cells = Cells::Categories(&column.codes, column.texts.len());
        return suspicion(known, cells).map_or(Role::Category, Role::Leak);
    }
    if is_identifier(column, rows) {
        return Role::Excluded("an identifier: another whole number in every row");
    }
    suspicion(known, Cells::Numbers(&column.numbers)).map_or(Role::Number, Role::Leak)
}

/// What a column reaches alone, in words, where that is too good to be true.
fn suspicion(known: &Known, cells: Cells<'_>) -> Option<String> {
    let strength = known.strength(cells).filter(Strength::is_suspicious)?;
    Some(strength.words())
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

fn render(args: &InitArgs, task: Task, roles: &[(&str, Role)], rows: usize) -> String {
    let mut text = String::from(
        "# A first configuration, written by `train init`. Read it before you trust it: no program\n\
         # knows which columns are known only after the fact. `train schema` prints every key and what it\n\
         # means, as a JSON Schema that an editor checks this file by.\n",
    );
    let _ = writeln!(text, "task: {}", task.as_str());
    let _ = writeln!(text, "target:\n  column: {}", quoted(&args.target));
    if let Some(positive) = &args.positive {
        let _ = writeln!(text, "  positive: {}", quoted(positive));
    }
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
            Role::Leak(what) => {
                let _ = writeln!(
                    text,
                    "  # left out: {} (alone it {what}: known only afterwards?)",
                    quoted(name)
                );
            }
            Role::Number | Role::Category => {}
        }
    }
    for name in &args.exclude {
        let _ = writeln!(text, "  # left out: {} (as asked)", quoted(name));
    }
    let (method, algorithms, threshold) = match task {
        Task::Binary => (
            "stratified",
            [Algorithm::GradientBoosting, Algorithm::LogisticRegression],
            "# The probability from which on a row counts as positive.\nthreshold: 0.5\n",
        ),
        Task::Multiclass => (
            "stratified",
            [Algorithm::GradientBoosting, Algorithm::LogisticRegression],
            "",
        ),
        Task::Regression => (
            "random",
            [Algorithm::GradientBoosting, Algorithm::LinearRegression],
            "",
        ),
    };
    let _ = writeln!(
        text,
        "# A table with a time in it deserves `method: time` with `column` and `from`; one in which an\n\
         # entity has several rows deserves `method: group` with `column`.\n\
         split:\n  method: {method}\n  holdout_share: 0.2"
    );
    let [first, second] = algorithms.map(Algorithm::as_str);
    let _ = writeln!(
        text,
        "algorithm: {first} # or {second}\nseed: 42\n{threshold}"
    );
    text.truncate(text.trim_end().len());
    text.push('\n');
    if rows < SMALL {
        text.push_str(
            "# The table is small, so one split says little.\ncross_validation:\n  folds: 5\n",
        );
    }
    let (leaves, leaf_rows) = if rows < SMALL { (7, 20) } else { (31, 20) };
    let _ = writeln!(
        text,
        "gradient_boosting:\n  rounds: 200\n  learning_rate: 0.05\n  max_leaves: {leaves}\n  min_rows_in_leaf: {leaf_rows}\n  lambda_l2: 1.0"
    );
    text.push_str(if task == Task::Regression {
        "linear_regression:\n  l1: 0.0\n  l2: 1.0\n  min_category_rows: 10\n"
    } else {
        "logistic_regression:\n  l2: 1.0\n  min_category_rows: 10\n"
    });
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
