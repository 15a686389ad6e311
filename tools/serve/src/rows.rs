//! The body of a prediction request, straight into columns.
//!
//! One contract, without guessing: an object whose only key is `rows` holds a list of rows; every
//! other object is one row. So a model with a feature called `rows` is asked in the first form.

use std::fmt;

use hyper::StatusCode;
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use yard_model::{Batch, Cell, RowError};

use crate::refusal::Refusal;

/// The key of the list of rows.
const ROWS: &str = "rows";

/// Reads a body into a batch, which is cleared first. Every key counts: one that is unknown, given
/// twice or absent is refused.
pub(crate) fn read(body: &[u8], batch: &mut Batch, limit: usize) -> Result<(), Refusal> {
    batch.clear();
    let mut reader = Reader {
        batch,
        limit,
        refusal: None,
    };
    let mut json = serde_json::Deserializer::from_slice(body);
    let read = reader.deserialize_top(&mut json).and_then(|()| json.end());
    if let Some(refusal) = reader.refusal {
        return Err(refusal);
    }
    read.map_err(|error| {
        let message: String = error.to_string().chars().take(300).collect();
        malformed(format_args!(
            "not the JSON that is expected here: {message}"
        ))
    })?;
    if batch.rows() == 0 {
        let bad = StatusCode::BAD_REQUEST;
        return Err(Refusal::new(bad, "no_rows", "there are no rows to score"));
    }
    Ok(())
}

fn malformed(message: impl fmt::Display) -> Refusal {
    let hint = "send {\"rows\": [{\"feature\": value, …}, …]}, or one such row; `GET /` lists the features";
    Refusal::new(StatusCode::BAD_REQUEST, "malformed_json", message).hint(hint)
}

/// The batch being filled. What is wrong is kept here, because the parser's errors are texts.
struct Reader<'b> {
    batch: &'b mut Batch,
    limit: usize,
    refusal: Option<Refusal>,
}

impl Reader<'_> {
    fn deserialize_top<'de, D: Deserializer<'de>>(&mut self, json: D) -> Result<(), D::Error> {
        json.deserialize_any(Top(self))
    }

    fn refuse<T, E: Error>(&mut self, refusal: Refusal) -> Result<T, E> {
        self.refusal.get_or_insert(refusal);
        Err(E::custom("refused"))
    }

    fn wrong<E: Error>(&mut self, error: &RowError) -> E {
        let refusal = Refusal::row(self.batch.rows(), error);
        self.refusal.get_or_insert(refusal);
        E::custom("refused")
    }

    fn cell<'de, A: MapAccess<'de>>(&mut self, map: &mut A, place: usize) -> Result<(), A::Error> {
        map.next_value_seed(Value {
            reader: self,
            place,
        })
    }

    fn claim<E: Error>(&mut self, name: &str) -> Result<usize, E> {
        let claimed = self.batch.claim(name);
        claimed.map_err(|error| self.wrong(&error))
    }

    fn end_row<E: Error>(&mut self) -> Result<(), E> {
        let ended = self.batch.end_row();
        ended.map_err(|error| self.wrong(&error))
    }
}

/// The document: a list of rows under a key, or one row.
struct Top<'r, 'b>(&'r mut Reader<'b>);

impl<'de> Visitor<'de> for Top<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let reader = self.0;
        while let Some(key) = map.next_key_seed(Key(reader))? {
            if let Some(place) = key {
                reader.cell(&mut map, place)?;
                continue;
            }
            let is_first = !reader.batch.is_within_row();
            if is_first {
                map.next_value_seed(Rows(reader))?;
            }
            if !is_first || map.next_key::<IgnoredAny>()?.is_some() {
                let message = "`rows` is the list of rows, and nothing may stand beside it";
                return reader.refuse(malformed(message));
            }
            return Ok(());
        }
        reader.end_row()
    }

    fn visit_seq<A: SeqAccess<'de>>(self, _: A) -> Result<(), A::Error> {
        self.0
            .refuse(malformed("a list where an object is expected"))
    }
}

/// A key of the document: a feature's place, or `None` for the key of the list of rows.
struct Key<'r, 'b>(&'r mut Reader<'b>);

impl<'de> DeserializeSeed<'de> for Key<'_, '_> {
    type Value = Option<usize>;

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<Option<usize>, D::Error> {
        json.deserialize_str(self)
    }
}

impl Visitor<'_> for Key<'_, '_> {
    type Value = Option<usize>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a feature's name or `rows`")
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<Option<usize>, E> {
        if name == ROWS {
            Ok(None)
        } else {
            self.0.claim(name).map(Some)
        }
    }
}

/// A key of a row: a feature's place.
struct Name<'r, 'b>(&'r mut Reader<'b>);

impl<'de> DeserializeSeed<'de> for Name<'_, '_> {
    type Value = usize;

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<usize, D::Error> {
        json.deserialize_str(self)
    }
}

impl Visitor<'_> for Name<'_, '_> {
    type Value = usize;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a feature's name")
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<usize, E> {
        self.0.claim(name)
    }
}

/// The list of rows.
struct Rows<'r, 'b>(&'r mut Reader<'b>);

impl<'de> DeserializeSeed<'de> for Rows<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Rows<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of rows")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut rows: A) -> Result<(), A::Error> {
        let reader = self.0;
        while rows.next_element_seed(Row(reader))?.is_some() {
            if reader.batch.rows() > reader.limit {
                let limit = reader.limit;
                let message = format_args!("more than {limit} rows in one request");
                let refusal = Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, "too_many_rows", message)
                    .hint("send them in several requests, or score a file with `batch-predict`");
                return reader.refuse(refusal);
            }
        }
        Ok(())
    }
}

/// One row of the list.
struct Row<'r, 'b>(&'r mut Reader<'b>);

impl<'de> DeserializeSeed<'de> for Row<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Row<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a row as an object of features")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let reader = self.0;
        while let Some(place) = map.next_key_seed(Name(reader))? {
            reader.cell(&mut map, place)?;
        }
        reader.end_row()
    }
}

/// A feature's cell.
struct Value<'r, 'b> {
    reader: &'r mut Reader<'b>,
    place: usize,
}

impl Value<'_, '_> {
    fn set<E: Error>(self, cell: Cell<'_>) -> Result<(), E> {
        let set = self.reader.batch.set(self.place, cell);
        set.map_err(|error| self.reader.wrong(&error))
    }

    fn nested<E: Error>(self, found: &str) -> Result<(), E> {
        let error = RowError::Cell {
            name: self.reader.batch.name(self.place).to_owned(),
            found: found.to_owned(),
            expected: "one value",
        };
        Err(self.reader.wrong(&error))
    }
}

impl<'de> DeserializeSeed<'de> for Value<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Value<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number, a text, true, false or null")
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        self.set(Cell::Null)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<(), E> {
        self.set(Cell::Bool(value))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<(), E> {
        self.set(Cell::Number(value as f64))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<(), E> {
        self.set(Cell::Number(value as f64))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<(), E> {
        self.set(Cell::Number(value))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<(), E> {
        self.set(Cell::Text(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, _: A) -> Result<(), A::Error> {
        self.nested("a list")
    }

    fn visit_map<A: MapAccess<'de>>(self, _: A) -> Result<(), A::Error> {
        self.nested("an object")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use yard_model::{Predictor, specimen};

    /// The predictor of the specimen: a number `amount`, a category `region`.
    fn batch() -> Batch {
        let files = specimen::files();
        let signature = yard_contract::Document::parse(&files[1].1).unwrap().body;
        Predictor::new(&files[0].1, signature).unwrap().batch()
    }

    #[test]
    fn one_row_and_many_are_told_apart_by_the_key() {
        let mut batch = batch();
        for (body, rows) in [
            (r#"{"amount": 1, "region": "north"}"#, 1),
            (r#" {"region": null, "amount": null} "#, 1),
            (r#"{"\u0061mount": 1e2, "region": "\u00fc"}"#, 1),
            (r#"{"rows": [{"amount": 1, "region": null}]}"#, 1),
            (
                r#"{"rows": [{"amount": true, "region": 7}, {"region": "", "amount": -0.0}]}"#,
                2,
            ),
        ] {
            read(body.as_bytes(), &mut batch, 2).unwrap();
            assert_eq!(batch.rows(), rows, "{body}");
        }
    }

    #[test]
    fn whatever_else_is_refused_with_its_reason() {
        let mut batch = batch();
        for (body, status, code, row, feature) in [
            ("", 400, "malformed_json", None, None),
            ("null", 400, "malformed_json", None, None),
            ("[]", 400, "malformed_json", None, None),
            (
                r#"[{"amount": 1, "region": ""}]"#,
                400,
                "malformed_json",
                None,
                None,
            ),
            (
                r#"{"amount": 1, "region": ""} {}"#,
                400,
                "malformed_json",
                None,
                None,
            ),
            (
                r#"{"amount": 1, "region": ""},"#,
                400,
                "malformed_json",
                None,
                None,
            ),
            (
                r#"{"amount": 1e999, "region": ""}"#,
                400,
                "malformed_json",
                None,
                None,
            ),
            (
                r#"{"amount": NaN, "region": ""}"#,
                400,
                "malformed_json",
                None,
                None,
            ),
            (
                "{\"amount\": 1, \"region\": \"\u{1}\"}",
                400,
                "malformed_json",
                None,
                None,
            ),
            (r#"{"rows": 1}"#, 400, "malformed_json", None, None),
            (r#"{"rows": [1]}"#, 400, "malformed_json", None, None),
            (
                r#"{"rows": [], "rows": []}"#,
                400,
                "malformed_json",
                None,
                None,
            ),
            (
                r#"{"rows": [], "amount": 1}"#,
                400,
                "malformed_json",
                None,
                None,
            ),
            (
                r#"{"amount": 1, "rows": []}"#,
                400,
                "malformed_json",
                None,
                None,
            ),
            (r#"{"rows": []}"#, 400, "no_rows", None, None),
            ("{}", 400, "missing_feature", Some(0), Some("amount")),
            (
                r#"{"amount": 1}"#,
                400,
                "missing_feature",
                Some(0),
                Some("region"),
            ),
            (
                r#"{"amount": 1, "amount": 1}"#,
                400,
                "duplicate_feature",
                Some(0),
                Some("amount"),
            ),
            (
                r#"{"Region": ""}"#,
                400,
                "unknown_feature",
                Some(0),
                Some("Region"),
            ),
            (
                r#"{"amount": "1"}"#,
                400,
                "wrong_type",
                Some(0),
                Some("amount"),
            ),
            (
                r#"{"amount": 1e39}"#,
                400,
                "wrong_type",
                Some(0),
                Some("amount"),
            ),
            (
                r#"{"amount": [1]}"#,
                400,
                "wrong_type",
                Some(0),
                Some("amount"),
            ),
            (
                r#"{"amount": {"a": 1}}"#,
                400,
                "wrong_type",
                Some(0),
                Some("amount"),
            ),
            (
                r#"{"region": false}"#,
                400,
                "wrong_type",
                Some(0),
                Some("region"),
            ),
            (
                r#"{"rows": [{"amount": 1, "region": ""}, {"amount": 1, "rows": 1}]}"#,
                400,
                "unknown_feature",
                Some(1),
                Some("rows"),
            ),
            (
                r#"{"rows": [{"amount": 1, "region": ""}, {"amount": 1, "region": ""}]}"#,
                413,
                "too_many_rows",
                None,
                None,
            ),
        ] {
            let refusal = read(body.as_bytes(), &mut batch, 1).unwrap_err();
            assert_eq!(
                (refusal.status.as_u16(), refusal.code),
                (status, code),
                "{body}"
            );
            assert_eq!(
                (refusal.row, refusal.feature.as_deref()),
                (row, feature),
                "{body}"
            );
        }
    }

    #[test]
    fn nesting_has_no_depth_to_it() {
        let deep = format!("{{\"amount\": {}", "[".repeat(1 << 20));
        assert_eq!(
            read(deep.as_bytes(), &mut batch(), 1).unwrap_err().code,
            "wrong_type"
        );
        let deep = "[".repeat(1 << 20);
        assert_eq!(
            read(deep.as_bytes(), &mut batch(), 1).unwrap_err().code,
            "malformed_json"
        );
    }
}
