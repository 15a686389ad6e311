//! One dirty file: clean applications with planted errors, each at a known line.

use crate::dossier::World;
use crate::error::WorldError;
use crate::sheet::File;
use crate::tables;

/// What is done to one line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spoil {
    /// The column's field becomes this, byte for byte.
    Field(&'static str, &'static str),
    /// The column's field becomes that of an earlier line.
    Repeat(&'static str, usize),
    /// The last field and its comma go.
    Shorter,
    /// A field is added.
    Longer,
    /// All fields are emptied.
    Blank,
}

/// A planted error: where, how, and what a checker should call it. Line 1 is the header.
#[derive(Clone, Copy, Debug)]
pub struct Planted {
    /// Line of the file, counted from 1.
    pub line: usize,
    /// What was done.
    pub spoil: Spoil,
    /// What is wrong.
    pub wrong: &'static str,
}

const fn field(
    line: usize,
    column: &'static str,
    text: &'static str,
    wrong: &'static str,
) -> Planted {
    Planted {
        line,
        spoil: Spoil::Field(column, text),
        wrong,
    }
}

/// Rows of the dirty file.
pub const ROWS: u32 = 200;

/// Every planted error, by line; all other lines are clean.
pub const PLANTED: [Planted; 24] = [
    Planted {
        line: 12,
        spoil: Spoil::Shorter,
        wrong: "ragged row: a field too few",
    },
    Planted {
        line: 25,
        spoil: Spoil::Longer,
        wrong: "ragged row: a field too many",
    },
    field(33, "income_monthly", "n/a", "wrong type: text for a number"),
    field(
        41,
        "days_birth",
        "4000",
        "out of range: born after the application",
    ),
    field(
        48,
        "amount_requested",
        "-5000",
        "out of range: negative amount",
    ),
    field(56, "product", "crypto_loan", "unknown category"),
    Planted {
        line: 63,
        spoil: Spoil::Repeat("application_id", 20),
        wrong: "duplicate id: that of line 20",
    },
    field(71, "application_date", "", "required value missing"),
    field(
        79,
        "application_date",
        "2025-02-30",
        "bad date: no such day",
    ),
    field(
        87,
        "application_date",
        "31/05/2025",
        "bad date: not ISO 8601",
    ),
    field(
        95,
        "housing",
        "ten\"ant",
        "stray quote inside a bare field; unknown category",
    ),
    field(103, "dependants", "two", "wrong type: text for a number"),
    field(
        111,
        "defaulted",
        "2",
        "unknown category: the target is 0 or 1",
    ),
    field(118, "external_score", "NaN", "not a finite number"),
    field(126, "external_score", "1.700", "out of range: above 1"),
    field(
        134,
        "employment",
        " salaried ",
        "unknown category: blanks around the value",
    ),
    field(
        142,
        "amount_requested",
        "\"12.500,00\"",
        "wrong type: decimal comma, quoted",
    ),
    field(
        150,
        "application_month",
        "2025-13",
        "bad month: no such month",
    ),
    field(158, "region", "NORTH", "unknown category: upper case"),
    field(166, "product", "", "required value missing"),
    field(
        174,
        "amount_requested",
        "99999999999999999999",
        "out of range: beyond 64 bits",
    ),
    field(
        182,
        "days_employed",
        "365243",
        "out of range: a code for \"none\" in place of an empty field",
    ),
    field(190, "co_applicant", "yes", "wrong type: text for 0 or 1"),
    Planted {
        line: 198,
        spoil: Spoil::Blank,
        wrong: "all fields empty",
    },
];

/// The dirty file of a seed.
pub fn file(seed: u64) -> Result<File, WorldError> {
    let clean = tables::applications(&World::draw_to_spoil(seed, ROWS))?;
    let text = String::from_utf8(clean.bytes).expect("the tables are ASCII");
    let mut lines: Vec<Vec<&str>> = text.lines().map(|line| line.split(',').collect()).collect();
    for planted in &PLANTED {
        let at = |column| {
            lines[0]
                .iter()
                .position(|name| *name == column)
                .expect("PLANTED names columns of the table")
        };
        match planted.spoil {
            Spoil::Field(column, text) => {
                let column = at(column);
                lines[planted.line - 1][column] = text;
            }
            Spoil::Repeat(column, line) => {
                let column = at(column);
                lines[planted.line - 1][column] = lines[line - 1][column];
            }
            Spoil::Shorter => drop(lines[planted.line - 1].pop()),
            Spoil::Longer => lines[planted.line - 1].push("0"),
            Spoil::Blank => lines[planted.line - 1].fill(""),
        }
    }
    let mut bytes = Vec::with_capacity(text.len() + 64);
    for line in lines {
        bytes.extend_from_slice(line.join(",").as_bytes());
        bytes.push(b'\n');
    }
    Ok(File {
        name: "applications_dirty.csv",
        bytes,
    })
}
