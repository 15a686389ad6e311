//! The one pass over a table.

use std::io::Read;

use yard_contract::{ColumnSummary, DataReport, Finite, Rule, Verdict};
use yard_table::{Layout, Row, RowStream, StreamError, TableError};

use crate::config::{MissingCells, UnknownColumns};
use crate::kind::{Kind, Reading};
use crate::ledger::{Ledger, Place, SubjectId};
use crate::levels::Levels;
use crate::rules::{ColumnRules, Rules};
use crate::seen::Seen;

/// How many rows pass between two reports of progress.
const TICK: u64 = 1 << 14;

/// Checks a table. `tick` is told now and then how far the reader and the rows are.
pub(crate) fn check<R: Read>(
    rows: &mut RowStream<R>,
    rules: &Rules,
    max_findings: u64,
    mut tick: impl FnMut(&R, u64),
) -> Result<DataReport, StreamError> {
    let layout = rows.layout().clone().with_missing(&rules.missing);
    let mut ledger = Ledger::new(max_findings);
    let mut columns = open_columns(rows, rules, &mut ledger);
    let mut keys = open_keys(rows, rules, &mut ledger);
    let width = columns.len();
    let (mut total, mut unreadable) = (0, 0);
    loop {
        if total % TICK == 0 {
            tick(rows.reader(), total);
        }
        let Some(row) = rows.advance()? else { break };
        total += 1;
        if !is_readable(&row, width, &mut ledger) {
            unreadable += 1;
            continue;
        }
        for (place, column) in columns.iter_mut().enumerate() {
            column.check(row.trimmed(place)?, &row, &layout, &mut ledger);
        }
        for key in &mut keys {
            key.check(&row, &layout, &mut ledger)?;
        }
    }
    if total == 0 {
        return Err(TableError::NoRows.into());
    }
    let readable: u64 = total - unreadable;
    for column in &columns {
        column.check_share(readable, &mut ledger);
    }
    check_rows(rules, readable, &mut ledger);
    let (verdict, broken, findings) = ledger.close();
    Ok(DataReport {
        verdict,
        rows: total,
        unreadable_rows: unreadable,
        columns: columns.into_iter().map(ColumnCheck::summary).collect(),
        broken,
        findings,
    })
}

/// The columns in the order of the file; those that are missing or unknown are entered.
fn open_columns<'r, R: Read>(
    rows: &RowStream<R>,
    rules: &'r Rules,
    ledger: &mut Ledger,
) -> Vec<ColumnCheck<'r>> {
    let header = Place {
        line: Some(1),
        row: None,
    };
    for column in &rules.columns {
        if column.required
            && let Err(error) = rows.position(&column.name)
        {
            let id = ledger.subject(Some(column.name.clone()), column.severity, false);
            ledger.enter(id, Rule::ColumnMissing, header, || {
                let hint = error.hint().map(|hint| format!("; {hint}"));
                format!(
                    "the column is not in the header{}",
                    hint.unwrap_or_default()
                )
            });
        }
    }
    let open = |name: &String| {
        let rules = rules.column(name);
        let severity = rules.map_or(Verdict::Fail, |rules| rules.severity);
        let private = rules.is_none_or(|rules| rules.private);
        let subject = ledger.subject(Some(name.clone()), severity, private);
        ColumnCheck::new(name, subject, rules)
    };
    let columns: Vec<ColumnCheck<'r>> = rows.header().iter().map(open).collect();
    let severity = match rules.unknown_columns {
        UnknownColumns::Fail => Verdict::Fail,
        UnknownColumns::Warning => Verdict::Warning,
        UnknownColumns::Ignore => return columns,
    };
    for column in columns.iter().filter(|column| column.rules.is_none()) {
        let id = ledger.subject(Some(column.name.clone()), severity, false);
        ledger.enter(id, Rule::ColumnUnknown, header, || {
            "the configuration does not list the column".to_owned()
        });
    }
    columns
}

/// The keys of which the header has every column; what it lacks is entered already.
fn open_keys<R: Read>(rows: &RowStream<R>, rules: &Rules, ledger: &mut Ledger) -> Vec<KeyCheck> {
    let open = |names: &Vec<String>| {
        let places = names.iter().map(|name| rows.position(name).ok());
        let severities = names.iter().filter_map(|name| rules.column(name));
        let severity = severities.map(|column| column.severity).min();
        Some(KeyCheck {
            places: places.collect::<Option<Vec<_>>>()?,
            subject: ledger.subject(
                Some(names.join(" + ")),
                severity.unwrap_or(Verdict::Fail),
                true,
            ),
            seen: Seen::default(),
        })
    };
    rules.unique_keys.iter().filter_map(open).collect()
}

/// Whether a row's cells can be checked; what stands against it is entered.
fn is_readable(row: &Row<'_>, width: usize, ledger: &mut Ledger) -> bool {
    let place = place_of(row);
    if let Some(line) = row.open_quote() {
        let quote = Place {
            line: Some(line),
            ..place
        };
        ledger.enter(Ledger::TABLE, Rule::Quote, quote, || {
            "the quote that opens here is never closed; the rest of the file was not checked"
                .to_owned()
        });
    } else if row.len() != width {
        ledger.enter(Ledger::TABLE, Rule::Ragged, place, || {
            let found = row.len();
            let fields = if found == 1 { "field" } else { "fields" };
            format!("the row has {found} {fields} where the header has {width}")
        });
    } else if !row.is_text() {
        ledger.enter(Ledger::TABLE, Rule::Encoding, place, || {
            "the row is not UTF-8".to_owned()
        });
    } else {
        return true;
    }
    false
}

fn check_rows(rules: &Rules, readable: u64, ledger: &mut Ledger) {
    let message = match (rules.rows.min, rules.rows.max) {
        (Some(min), _) if readable < min => {
            format!("the table has {readable} rows, fewer than {min}")
        }
        (_, Some(max)) if readable > max => {
            format!("the table has {readable} rows, more than {max}")
        }
        _ => return,
    };
    ledger.enter(Ledger::TABLE, Rule::RowCount, Place::default(), || message);
}

const fn place_of(row: &Row<'_>) -> Place {
    Place {
        line: Some(row.line),
        row: Some(row.number),
    }
}

/// A column on the way through the table.
struct ColumnCheck<'r> {
    name: String,
    subject: SubjectId,
    rules: Option<&'r ColumnRules>,
    missing: u64,
    figures: Figures,
    levels: Levels,
    seen: Option<Seen>,
}

/// The figures of a numeric column.
#[derive(Default)]
struct Figures {
    count: u64,
    sum: f64,
    min: f64,
    max: f64,
}

impl<'r> ColumnCheck<'r> {
    fn new(name: &str, subject: SubjectId, rules: Option<&'r ColumnRules>) -> Self {
        Self {
            name: name.to_owned(),
            subject,
            rules,
            missing: 0,
            figures: Figures::default(),
            levels: Levels::new(),
            seen: rules.filter(|rules| rules.unique).map(|_| Seen::default()),
        }
    }

    fn check(&mut self, cell: &str, row: &Row<'_>, layout: &Layout, ledger: &mut Ledger) {
        if layout.is_missing(cell) {
            self.missing += 1;
            if self
                .rules
                .is_some_and(|rules| rules.missing == MissingCells::Never)
            {
                ledger.enter(self.subject, Rule::Required, place_of(row), || {
                    "the cell is missing".to_owned()
                });
            }
            return;
        }
        let Some(rules) = self.rules else { return };
        let mut broken = |rule, what: &dyn Fn() -> String| {
            ledger.enter_cell(self.subject, rule, place_of(row), cell, what);
        };
        match rules.kind.read(cell) {
            None => broken(Rule::Type, &|| format!("is not {}", rules.kind.noun())),
            Some(reading) => {
                if let Reading::Ordered(value) = reading {
                    if let Some(min) = rules.min.as_ref().filter(|min| value < min.value) {
                        broken(Rule::Range, &|| {
                            format!("is below the minimum {}", min.text)
                        });
                    }
                    if let Some(max) = rules.max.as_ref().filter(|max| value > max.value) {
                        broken(Rule::Range, &|| {
                            format!("is above the maximum {}", max.text)
                        });
                    }
                    self.figures.note(value);
                }
                let allowed = |cell: &str| match (&rules.values, reading) {
                    (None, _) => true,
                    (Some(values), Reading::Ordered(value)) if rules.kind.is_number() => {
                        values.allow_number(value)
                    }
                    (Some(values), _) => values.allow_text(cell),
                };
                let allowed = if rules.kind == Kind::Category {
                    self.levels.count(cell, allowed)
                } else {
                    allowed(cell)
                };
                if !allowed && let Some(values) = &rules.values {
                    broken(Rule::Enum, &|| format!("is not {}", values.in_words()));
                }
            }
        }
        if let Some(first) = self
            .seen
            .as_mut()
            .and_then(|seen| seen.note([cell], row.line))
        {
            broken(Rule::Unique, &|| format!("occurs before, on line {first}"));
        }
    }

    fn check_share(&self, readable: u64, ledger: &mut Ledger) {
        let Some(MissingCells::MaxShare(most)) = self.rules.map(|rules| rules.missing) else {
            return;
        };
        let missing = self.missing;
        if missing as f64 > most.get() * readable as f64 {
            ledger.enter(self.subject, Rule::MissingShare, Place::default(), || {
                format!("{missing} of {readable} cells are missing, more than the share {most}")
            });
        }
    }

    fn summary(self) -> ColumnSummary {
        let kind = self.rules.map(|rules| rules.kind);
        // What a private column's figures would tell can be a cell.
        let open = self.rules.is_some_and(|rules| !rules.private);
        let figures = &self.figures;
        let numbers = open && figures.count > 0 && kind.is_some_and(Kind::is_number);
        let figure = |value: f64| Finite::new(value).filter(|_| numbers);
        ColumnSummary {
            r#type: kind.map(|kind| kind.as_str().to_owned()),
            missing: self.missing,
            min: figure(figures.min),
            max: figure(figures.max),
            mean: figure(figures.sum / figures.count as f64),
            values: if open {
                self.levels.counts()
            } else {
                [].into()
            },
            name: self.name,
        }
    }
}

impl Figures {
    fn note(&mut self, value: f64) {
        if self.count == 0 {
            (self.min, self.max) = (value, value);
        }
        self.count += 1;
        self.sum += value;
        self.min = self.min.min(value);
        self.max = self.max.max(value);
    }
}

/// A combination of columns that must not occur twice.
struct KeyCheck {
    places: Vec<usize>,
    subject: SubjectId,
    seen: Seen,
}

impl KeyCheck {
    fn check(
        &mut self,
        row: &Row<'_>,
        layout: &Layout,
        ledger: &mut Ledger,
    ) -> Result<(), TableError> {
        let cell = |place: &usize| row.trimmed(*place);
        let cells = self
            .places
            .iter()
            .map(cell)
            .collect::<Result<Vec<_>, _>>()?;
        if cells.iter().any(|cell| layout.is_missing(cell)) {
            return Ok(());
        }
        if let Some(first) = self.seen.note(cells, row.line) {
            ledger.enter(self.subject, Rule::Unique, place_of(row), || {
                format!("the combination occurs before, on line {first}")
            });
        }
        Ok(())
    }
}
