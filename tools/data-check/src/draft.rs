//! A profile to a configuration that a person can go on with.

use std::fmt::Write as _;
use std::path::Path;

use yard_cli::{recorded_path, style};

use crate::infer::{ColumnProfile, Profile};
use crate::report::amount;

/// The configuration that a table suggests. The table itself breaks none of its rules.
pub(crate) fn draft(profile: &Profile, data: &Path) -> String {
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _ = write_draft(&mut text, profile, data);
    text
}

fn write_draft(out: &mut String, profile: &Profile, data: &Path) -> std::fmt::Result {
    let path = recorded_path(data);
    writeln!(out, "# yaml-language-server: $schema=data.schema.json")?;
    writeln!(out, "# (`data-check schema` prints that schema)")?;
    writeln!(out, "#")?;
    writeln!(
        out,
        "# Drafted by `data-check infer` from {}{} of {}.",
        if profile.sampled { "the first " } else { "" },
        amount(profile.rows, "row"),
        style::line(&path)
    )?;
    writeln!(
        out,
        "# It says what the table is like; make it say what the table must be like."
    )?;
    writeln!(out)?;
    let missing: Vec<String> = profile.missing.iter().map(|word| quoted(word)).collect();
    writeln!(out, "# texts that mean \"missing\", besides the empty cell")?;
    writeln!(out, "missing: [{}]", missing.join(", "))?;
    writeln!(out)?;
    writeln!(out, "rows:")?;
    writeln!(
        out,
        "  min: {} # half of what was seen",
        profile.rows.div_ceil(2)
    )?;
    writeln!(out)?;
    writeln!(
        out,
        "# a column that is not listed below: fail, warning or ignore"
    )?;
    writeln!(out, "unknown_columns: fail")?;
    writeln!(out)?;
    writeln!(
        out,
        "# type: integer, number, category, text or date. More keys for a column:"
    )?;
    writeln!(
        out,
        "# required: false, unique: true, severity: warning, private: true"
    )?;
    writeln!(out, "columns:")?;
    profile
        .columns
        .iter()
        .try_for_each(|column| write_column(out, column, profile.rows))
}

fn write_column(out: &mut String, column: &ColumnProfile, rows: u64) -> std::fmt::Result {
    writeln!(out, "  - name: {}", quoted(&column.name))?;
    write!(out, "    type: {}", column.kind.as_str())?;
    match (&column.range, column.is_target) {
        (_, true) => writeln!(out, " # the target")?,
        (Some((min, max)), _) => writeln!(out, " # seen: {min} to {max}")?,
        (None, _) if column.missing == rows => writeln!(out, " # no cell has a value")?,
        (None, _) => writeln!(out)?,
    }
    match column.missing {
        0 => writeln!(out, "    missing: never")?,
        missing => {
            let share = generous_share(missing, rows);
            let note = if column.is_target {
                "; without a target a row is of no use"
            } else {
                ""
            };
            writeln!(
                out,
                "    missing: {{max_share: {share}}} # seen: {missing} of {rows}{note}"
            )?;
        }
    }
    if column.never_negative {
        writeln!(out, "    min: 0")?;
    }
    if column.unique {
        writeln!(out, "    unique: true")?;
    }
    if let Some(values) = &column.values {
        let values: Vec<String> = values.iter().map(|value| quoted(value)).collect();
        let line = values.join(", ");
        if line.chars().count() <= 80 {
            writeln!(out, "    values: [{line}]")?;
        } else {
            writeln!(out, "    values:")?;
            values
                .iter()
                .try_for_each(|value| writeln!(out, "      - {value}"))?;
        }
    }
    Ok(())
}

/// A quarter more than the share seen, rounded up to a hundredth, at most all.
fn generous_share(missing: u64, rows: u64) -> f64 {
    let hundredths = (u128::from(missing) * 125).div_ceil(u128::from(rows));
    hundredths.min(100) as f64 / 100.0
}

/// A text as a YAML scalar: as it is where that is safe, else in double quotes.
fn quoted(text: &str) -> String {
    let plain = text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-'))
        && !is_reserved(text);
    let number = text.bytes().all(|byte| byte.is_ascii_digit()) && !text.is_empty();
    if plain || number {
        return text.to_owned();
    }
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            c if c.is_control() || !(c <= '\u{7e}' || c.is_alphanumeric()) => {
                let _ = write!(out, "\\U{:08x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// The words that some YAML reader takes for something else than text.
fn is_reserved(text: &str) -> bool {
    matches!(
        text.to_ascii_lowercase().as_str(),
        "true" | "false" | "yes" | "no" | "on" | "off" | "y" | "n" | "null" | "nan" | "inf"
    )
}
