//! What a table is like.

use std::collections::BTreeSet;
use std::io::Read;

use yard_table::{RowStream, StreamError, TableError};

use crate::kind::{Kind, Reading};
use crate::seen::Seen;

/// Texts that often mean "missing". One is taken to mean it where it stands in a column whose other
/// cells are all numbers or all dates.
const MISSING_WORDS: [&str; 16] = [
    "?", "-", ".", "NA", "N/A", "n/a", "na", "#N/A", "NaN", "nan", "NULL", "Null", "null", "None",
    "none", "missing",
];

/// A category has no more different values than this.
const MOST_VALUES: usize = 50;

/// A first column without a telling name is taken for a key only in a table of so many rows.
const ENOUGH_ROWS: u64 = 100;

/// What a table is like.
pub(crate) struct Profile {
    /// Rows looked at.
    pub(crate) rows: u64,
    /// Rows that could not be read and were left out.
    pub(crate) unreadable: u64,
    /// Whether there are rows that were not looked at.
    pub(crate) sampled: bool,
    /// The texts that mean "missing".
    pub(crate) missing: Vec<&'static str>,
    /// The columns, in the order of the file.
    pub(crate) columns: Vec<ColumnProfile>,
}

/// What a column is like.
pub(crate) struct ColumnProfile {
    pub(crate) name: String,
    pub(crate) kind: Kind,
    pub(crate) is_target: bool,
    /// Rows whose cell is missing.
    pub(crate) missing: u64,
    /// The smallest and the largest number or date, as they are written.
    pub(crate) range: Option<(String, String)>,
    /// Whether no number is negative.
    pub(crate) never_negative: bool,
    /// The values of a category, in byte order.
    pub(crate) values: Option<Vec<String>>,
    /// Whether it looks like a key.
    pub(crate) unique: bool,
}

/// Looks at a table.
pub(crate) fn profile<R: Read>(
    rows: &mut RowStream<R>,
    target: Option<&str>,
    sample_rows: Option<u64>,
) -> Result<Profile, StreamError> {
    let target = target.map(|name| rows.position(name)).transpose()?;
    let mut columns: Vec<Cells> = rows.header().iter().enumerate().map(Cells::new).collect();
    let (mut read, mut unreadable, mut sampled) = (0, 0, false);
    while let Some(row) = rows.advance()? {
        if sample_rows.is_some_and(|most| read >= most) {
            sampled = true;
            break;
        }
        if row.open_quote().is_some() || row.len() != columns.len() || !row.is_text() {
            unreadable += 1;
            continue;
        }
        read += 1;
        for (place, column) in columns.iter_mut().enumerate() {
            column.note(row.trimmed(place)?, row.line);
        }
    }
    if read == 0 {
        return Err(TableError::NoRows.into());
    }
    let listed = MISSING_WORDS.iter().enumerate();
    let listed =
        listed.filter(|(word, _)| columns.iter().any(|column| column.must_mean_missing(*word)));
    let listed: Vec<(usize, &'static str)> = listed.map(|(word, text)| (word, *text)).collect();
    let columns = columns.into_iter().enumerate();
    let columns =
        columns.map(|(place, cells)| cells.conclude(&listed, read, target == Some(place)));
    Ok(Profile {
        rows: read,
        unreadable,
        sampled,
        columns: columns.collect(),
        missing: listed.iter().map(|(_, text)| *text).collect(),
    })
}

/// A column's cells, counted.
struct Cells {
    name: String,
    place: usize,
    empty: u64,
    /// How often each of [`MISSING_WORDS`] occurs.
    words: [u64; MISSING_WORDS.len()],
    others: u64,
    integers: u64,
    numbers: Extent,
    dates: Extent,
    /// `None` from the first value too many on.
    values: Option<BTreeSet<String>>,
    /// `None` from the first value that occurs again on.
    seen: Option<Seen>,
}

/// The extent of the cells that have an order.
#[derive(Default)]
struct Extent {
    count: u64,
    ends: Option<[(f64, String); 2]>,
}

impl Cells {
    fn new((place, name): (usize, &String)) -> Self {
        Self {
            name: name.clone(),
            place,
            empty: 0,
            words: [0; MISSING_WORDS.len()],
            others: 0,
            integers: 0,
            numbers: Extent::default(),
            dates: Extent::default(),
            values: Some(BTreeSet::new()),
            seen: (place == 0 || is_key_name(name)).then(Seen::default),
        }
    }

    fn note(&mut self, cell: &str, line: u64) {
        if cell.is_empty() {
            self.empty += 1;
            return;
        }
        match MISSING_WORDS.iter().position(|word| *word == cell) {
            Some(word) => self.words[word] += 1,
            None => self.note_other(cell),
        }
        if let Some(values) = self.values.as_mut().filter(|values| !values.contains(cell)) {
            values.insert(cell.to_owned());
            // One more than the most, because a word for "missing" may yet be taken out.
            if values.len() > MOST_VALUES + MISSING_WORDS.len() {
                self.values = None;
            }
        }
        if self
            .seen
            .as_mut()
            .is_some_and(|seen| seen.note([cell], line).is_some())
        {
            self.seen = None;
        }
    }

    fn note_other(&mut self, cell: &str) {
        self.others += 1;
        // A column that has shown itself to be text needs no more parsing.
        if self.numbers.count + 1 == self.others
            && let Some(Reading::Ordered(value)) = Kind::Number.read(cell)
        {
            self.numbers.note(value, cell);
            self.integers += u64::from(Kind::Integer.read(cell).is_some());
        } else if self.dates.count + 1 == self.others
            && let Some(Reading::Ordered(value)) = Kind::Date.read(cell)
        {
            self.dates.note(value, cell);
        }
    }

    fn is_ordered(&self) -> bool {
        self.others > 0 && (self.numbers.count == self.others || self.dates.count == self.others)
    }

    fn must_mean_missing(&self, word: usize) -> bool {
        self.words[word] > 0 && self.is_ordered()
    }

    fn conclude(
        mut self,
        listed: &[(usize, &'static str)],
        rows: u64,
        is_target: bool,
    ) -> ColumnProfile {
        let missing = self.empty
            + listed
                .iter()
                .map(|(word, _)| self.words[*word])
                .sum::<u64>();
        let present = rows - missing;
        if let Some(values) = &mut self.values {
            values.retain(|value| !listed.iter().any(|(_, text)| text == value));
        }
        let few = self.values.as_ref().filter(|values| {
            let count = values.len() as u64;
            !values.is_empty()
                && values.len() <= MOST_VALUES
                && (count <= 10 || count * 2 <= present)
        });
        let kind = match present {
            0 => Kind::Text,
            _ if is_target && few.is_some() => Kind::Category,
            _ if self.others == present && self.integers == present => Kind::Integer,
            _ if self.others == present && self.numbers.count == present => Kind::Number,
            _ if self.others == present && self.dates.count == present => Kind::Date,
            _ if few.is_some() => Kind::Category,
            _ => Kind::Text,
        };
        let extent = match kind {
            Kind::Integer | Kind::Number => self.numbers.ends,
            Kind::Date => self.dates.ends,
            Kind::Category | Kind::Text => None,
        };
        let key = is_key_name(&self.name) || (self.place == 0 && present >= ENOUGH_ROWS);
        ColumnProfile {
            kind,
            is_target,
            missing,
            never_negative: kind.is_number()
                && extent.as_ref().is_some_and(|[min, _]| min.0 >= 0.0),
            range: extent.map(|[min, max]| (min.1, max.1)),
            values: match kind {
                Kind::Category => few.map(|values| values.iter().cloned().collect()),
                _ => None,
            },
            unique: key
                && missing == 0
                && present > 1
                && self.seen.is_some()
                && matches!(kind, Kind::Integer | Kind::Text),
            name: self.name,
        }
    }
}

impl Extent {
    fn note(&mut self, value: f64, cell: &str) {
        self.count += 1;
        match &mut self.ends {
            None => self.ends = Some([(value, cell.to_owned()), (value, cell.to_owned())]),
            Some([min, _]) if value < min.0 => *min = (value, cell.to_owned()),
            Some([_, max]) if value > max.0 => *max = (value, cell.to_owned()),
            Some(_) => {}
        }
    }
}

/// Whether a name says that its column tells rows apart.
fn is_key_name(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let last = name.rsplit(['_', '-', '.', ' ']).next().unwrap_or_default();
    matches!(last, "id" | "key" | "uuid" | "guid")
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use proptest::collection::vec;
    use proptest::prelude::*;
    use yard_contract::{DataReport, Verdict};

    use super::*;
    use crate::check::check;
    use crate::config::Config;
    use crate::draft::draft;
    use crate::rules::Rules;

    /// Drafts a configuration from a table and checks the table against it.
    fn round(csv: &str, target: Option<&str>) -> (String, DataReport) {
        let profile = profile(&mut RowStream::new(csv.as_bytes()).unwrap(), target, None).unwrap();
        let yaml = draft(&profile, Path::new("data.csv"));
        let config: Config = serde_saphyr::from_str(&yaml).unwrap();
        let rules = Rules::new(&config).unwrap();
        let mut rows = RowStream::new(csv.as_bytes()).unwrap();
        let report = check(&mut rows, &rules, 20, |_, _| ()).unwrap();
        (yaml, report)
    }

    fn csv_of(header: &[String], rows: &[Vec<String>]) -> String {
        let quote = |cell: &String| format!("\"{}\"", cell.replace('"', "\"\""));
        let line = |cells: &[String]| cells.iter().map(quote).collect::<Vec<_>>().join(",") + "\n";
        line(header) + &rows.iter().map(|row| line(row)).collect::<String>()
    }

    /// Cells of one column: of one kind, with some of another among them.
    fn cells(rows: usize) -> impl Strategy<Value = Vec<String>> {
        let text = |texts: &'static [&'static str]| {
            prop::sample::select(texts).prop_map(str::to_owned).boxed()
        };
        let kind = prop_oneof![
            Just("-?[0-9]{1,5}".to_owned()),
            Just("[0-9]{1,30}".to_owned()),
            Just("-?[0-9]{0,3}[.][0-9]{1,3}(e-?[0-9]{1,3})?".to_owned()),
            Just("20[0-9]{2}-(0[1-9]|1[0-2])-[0-2][1-8]".to_owned()),
            Just("[a-c]".to_owned()),
            Just("(true|no|~|null|0x1|1_0|- a|#b|: c|'|\\[)".to_owned()),
            Just("\\PC{0,6}".to_owned()),
            Just("[\\x00-\\x20\\u{7f}-\\u{a0}\\u{2028}\\u{feff}\"\\\\ab]{0,4}".to_owned()),
        ];
        kind.prop_flat_map(move |kind| {
            let usual = proptest::string::string_regex(&kind).unwrap().boxed();
            let other = text(&["", " ", "NA", "?", "-", "none", "nan", " 7 ", "x"]);
            vec(prop_oneof![12 => usual, 1 => other], rows)
        })
    }

    fn table() -> impl Strategy<Value = (Vec<String>, Vec<Vec<String>>)> {
        (1_usize..60, 1_usize..5).prop_flat_map(|(rows, width)| {
            let name = prop_oneof!["[a-z]{0,3}", "\\PC{1,5}", Just("id".to_owned())];
            (vec(name, width), vec(cells(rows), width)).prop_map(move |(names, columns)| {
                let numbered = |(at, name): (usize, String)| format!("{name}{at}");
                let names = names.into_iter().enumerate().map(numbered).collect();
                let row = |at: usize| columns.iter().map(|column| column[at].clone()).collect();
                (names, (0..rows).map(row).collect())
            })
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(400))]
        #[test]
        fn a_table_breaks_no_rule_of_its_own_draft((names, rows) in table(), target in any::<bool>()) {
            let csv = csv_of(&names, &rows);
            let name = names[0].trim();
            let (yaml, report) = round(&csv, target.then_some(name));
            prop_assert!(report.verdict == Verdict::Pass, "{csv}\n{yaml}\n{:?}", report.findings);
        }
    }

    #[test]
    fn a_target_is_listed_with_its_values() {
        let (yaml, _) = round("x,y\n1,0\n2,1\n3,0\n", Some("y"));
        assert!(
            yaml.contains("type: category # the target\n    missing: never\n    values: [0, 1]"),
            "{yaml}"
        );
    }

    #[test]
    fn a_word_means_missing_only_among_numbers_or_dates() {
        let (yaml, _) = round("x,y\n1,none\nNA,some\n3,none\n", None);
        assert!(yaml.contains("missing: [NA]\n"), "{yaml}");
        assert!(yaml.contains("values: [none, some]"), "{yaml}");
    }
}
