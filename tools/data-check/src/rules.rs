//! A configuration that makes sense: what is compared is read, what is searched is sorted.

use serde::Serialize;
use yard_contract::Verdict;
use yard_table::parse_number;

use crate::config::{
    ColumnConfig, Config, Literal, MissingCells, RowLimits, Severity, UnknownColumns,
};
use crate::kind::{Kind, Reading};
use crate::ledger::cut;

/// What a table must be like.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Rules {
    pub(crate) missing: Vec<String>,
    pub(crate) rows: RowLimits,
    pub(crate) unknown_columns: UnknownColumns,
    pub(crate) unique_keys: Vec<Vec<String>>,
    pub(crate) columns: Vec<ColumnRules>,
}

/// What a column must be like.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct ColumnRules {
    pub(crate) name: String,
    pub(crate) kind: Kind,
    pub(crate) required: bool,
    pub(crate) missing: MissingCells,
    pub(crate) min: Option<Bound>,
    pub(crate) max: Option<Bound>,
    pub(crate) values: Option<Values>,
    pub(crate) unique: bool,
    pub(crate) severity: Verdict,
    pub(crate) private: bool,
}

/// A limit, as it is written and as it is compared.
#[derive(Clone, Debug, Serialize)]
#[serde(transparent)]
pub(crate) struct Bound {
    pub(crate) text: String,
    #[serde(skip)]
    pub(crate) value: f64,
}

/// The only values allowed: as they are written, and sorted.
#[derive(Clone, Debug, Serialize)]
#[serde(transparent)]
pub(crate) struct Values {
    texts: Vec<String>,
    #[serde(skip)]
    sorted: Vec<String>,
    #[serde(skip)]
    numbers: Vec<f64>,
}

/// What is wrong with a configuration, in words.
type Wrong = String;

impl Rules {
    /// Checks a configuration for what its types cannot: limits that fit the column's type, names
    /// that occur once.
    pub(crate) fn new(config: &Config) -> Result<Self, Wrong> {
        if config.columns.is_empty() {
            return Err("`columns` is empty: there is nothing to check".to_owned());
        }
        if let (Some(min), Some(max)) = (config.rows.min, config.rows.max)
            && min > max
        {
            return Err(format!(
                "`rows`: the minimum {min} is above the maximum {max}"
            ));
        }
        let missing: Vec<String> = config.missing.iter().map(trimmed).collect();
        let columns = config.columns.iter().map(|column| {
            let name = column.name.clone();
            ColumnRules::new(column, &missing).map_err(|wrong| format!("column `{name}`: {wrong}"))
        });
        let columns = columns.collect::<Result<Vec<_>, _>>()?;
        let mut names: Vec<&str> = columns.iter().map(|column| column.name.as_str()).collect();
        names.sort_unstable();
        if let Some([twice, _]) = names.windows(2).find(|pair| pair[0] == pair[1]) {
            return Err(format!("column `{twice}` is listed twice"));
        }
        for key in &config.unique_keys {
            if key.len() < 2 {
                return Err("`unique_keys`: a key of one column is `unique: true` there".to_owned());
            }
            if let Some(stranger) = key
                .iter()
                .find(|name| names.binary_search(&name.as_str()).is_err())
            {
                return Err(format!(
                    "`unique_keys`: `{stranger}` is not listed under `columns`"
                ));
            }
        }
        Ok(Self {
            missing,
            rows: config.rows,
            unknown_columns: config.unknown_columns,
            unique_keys: config.unique_keys.clone(),
            columns,
        })
    }

    /// The rules of a column.
    pub(crate) fn column(&self, name: &str) -> Option<&ColumnRules> {
        self.columns.iter().find(|column| column.name == name)
    }
}

impl ColumnRules {
    fn new(config: &ColumnConfig, missing: &[String]) -> Result<Self, Wrong> {
        let kind = config.r#type;
        let bound = |limit: &Option<Literal>, name: &str| match limit {
            None => Ok(None),
            Some(_) if !kind.is_ordered() => {
                Err(format!("`{name}` is not for type {}", kind.as_str()))
            }
            Some(limit) => Bound::new(trimmed(limit), kind)
                .map(Some)
                .map_err(|wrong| format!("`{name}`: {wrong}")),
        };
        let (min, max) = (bound(&config.min, "min")?, bound(&config.max, "max")?);
        if let (Some(min), Some(max)) = (&min, &max)
            && min.value > max.value
        {
            return Err(format!(
                "the minimum {} is above the maximum {}",
                min.text, max.text
            ));
        }
        if let MissingCells::MaxShare(share) = config.missing
            && !(0.0..=1.0).contains(&share.get())
        {
            return Err(format!("`max_share` is a share from 0 to 1, not {share}"));
        }
        let values = config
            .values
            .as_deref()
            .map(|values| Values::new(values, kind, missing));
        Ok(Self {
            name: config.name.trim().to_owned(),
            kind,
            required: config.required,
            missing: config.missing,
            min,
            max,
            values: values.transpose()?,
            unique: config.unique,
            severity: match config.severity {
                Severity::Fail => Verdict::Fail,
                Severity::Warning => Verdict::Warning,
            },
            private: config.private,
        })
    }
}

impl Bound {
    /// A limit of numbers may have decimals even where the cells may not.
    fn new(text: String, kind: Kind) -> Result<Self, Wrong> {
        let reader = if kind.is_number() { Kind::Number } else { kind };
        match reader.read(&text) {
            Some(Reading::Ordered(value)) => Ok(Self { text, value }),
            _ => Err(format!("`{}` is not {}", cut(&text), reader.noun())),
        }
    }
}

impl Values {
    fn new(values: &[Literal], kind: Kind, missing: &[String]) -> Result<Self, Wrong> {
        let texts: Vec<String> = values.iter().map(trimmed).collect();
        if texts.is_empty() {
            return Err("`values` is empty: no cell could be right".to_owned());
        }
        for text in &texts {
            if text.is_empty() || missing.contains(text) {
                return Err(format!("`values`: `{}` means missing", cut(text)));
            }
            if kind.read(text).is_none() {
                return Err(format!("`values`: `{}` is not {}", cut(text), kind.noun()));
            }
        }
        let number = |text: &String| parse_number(text).ok().filter(|_| kind.is_number());
        let numbers = texts.iter().filter_map(number).collect();
        let mut sorted = texts.clone();
        sorted.sort_unstable();
        Ok(Self {
            texts,
            sorted,
            numbers,
        })
    }

    /// Whether a text is among them.
    pub(crate) fn allow_text(&self, cell: &str) -> bool {
        self.sorted
            .binary_search_by(|text| text.as_str().cmp(cell))
            .is_ok()
    }

    /// Whether a number is among them, however it is written.
    pub(crate) fn allow_number(&self, number: f64) -> bool {
        self.numbers
            .iter()
            .any(|known| known.total_cmp(&number).is_eq())
    }

    /// Some of them, in words.
    pub(crate) fn in_words(&self) -> String {
        const NAMED: usize = 6;
        let named: Vec<String> = self
            .texts
            .iter()
            .take(NAMED)
            .map(|text| format!("`{}`", cut(text)))
            .collect();
        match self.texts.len().checked_sub(NAMED) {
            None | Some(0) => format!("one of {}", named.join(", ")),
            Some(more) => format!("one of {} and {more} more", named.join(", ")),
        }
    }
}

/// Cells are compared without surrounding blanks, so what they are compared with has none.
fn trimmed(literal: &Literal) -> String {
    literal.0.trim_ascii().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrong(yaml: &str) -> String {
        let config: Config = serde_saphyr::from_str(yaml).unwrap();
        Rules::new(&config).unwrap_err()
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        for (yaml, message) in [
            (
                "columns: []",
                "`columns` is empty: there is nothing to check",
            ),
            (
                "{rows: {min: 2, max: 1}, columns: [{name: a, type: text}]}",
                "`rows`: the minimum 2 is above the maximum 1",
            ),
            (
                "columns: [{name: a, type: text}, {name: a, type: date}]",
                "column `a` is listed twice",
            ),
            (
                "columns: [{name: a, type: text, min: 1}]",
                "column `a`: `min` is not for type text",
            ),
            (
                "columns: [{name: a, type: date, max: 31.12.2024}]",
                "column `a`: `max`: `31.12.2024` is not a date (`2024-01-31`)",
            ),
            (
                "columns: [{name: a, type: number, min: .inf}]",
                "column `a`: `min`: `.inf` is not a number",
            ),
            (
                "columns: [{name: a, type: number, min: 2, max: 1}]",
                "column `a`: the minimum 2 is above the maximum 1",
            ),
            (
                "columns: [{name: a, type: number, missing: {max_share: 10}}]",
                "column `a`: `max_share` is a share from 0 to 1, not 10",
            ),
            (
                "columns: [{name: a, type: category, values: []}]",
                "column `a`: `values` is empty: no cell could be right",
            ),
            (
                "columns: [{name: a, type: integer, values: [1, x]}]",
                "column `a`: `values`: `x` is not an integer",
            ),
            (
                "{missing: [none], columns: [{name: a, type: category, values: [none]}]}",
                "column `a`: `values`: `none` means missing",
            ),
            (
                "{unique_keys: [[a]], columns: [{name: a, type: text}]}",
                "`unique_keys`: a key of one column is `unique: true` there",
            ),
            (
                "{unique_keys: [[a, b]], columns: [{name: a, type: text}]}",
                "`unique_keys`: `b` is not listed under `columns`",
            ),
        ] {
            assert_eq!(wrong(yaml), message);
        }
    }
}
