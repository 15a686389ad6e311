//! Two files of the same rows: the same identifiers, outcomes, weights and entities, in whatever order.

use std::collections::BTreeMap;

use super::Holdout;
use crate::error::GateError;

/// Rows that an error names.
const NAMED: usize = 5;

/// For each of our rows the place of theirs. Every row must be in both, with the same outcome, and with the
/// same weight and entity where both files have them.
pub(super) fn same_rows(
    (our_path, ours): (&str, &Holdout),
    (their_path, theirs): (&str, &Holdout),
) -> Result<Vec<usize>, GateError> {
    let (Some(our_ids), Some(their_ids)) = (&ours.ids, &theirs.ids) else {
        return Err(GateError::NoId);
    };
    let place_of: BTreeMap<&str, usize> = their_ids.iter().map(String::as_str).zip(0..).collect();
    let mut places = Vec::with_capacity(our_ids.len());
    let mut only_ours = Vec::new();
    for (row, id) in our_ids.iter().enumerate() {
        match place_of.get(id.as_str()) {
            Some(&place) => places.push(place),
            None => only_ours.push(ours.name(row)),
        }
    }
    if !only_ours.is_empty() || their_ids.len() > places.len() {
        let mut known: Vec<&String> = our_ids.iter().collect();
        known.sort_unstable();
        let unknown = |id: &String| known.binary_search(&id).is_err();
        let rows = their_ids.iter().enumerate().filter(|(_, id)| unknown(id));
        let only_theirs: Vec<String> = rows.map(|(row, _)| theirs.name(row)).collect();
        let side = |path: &str, ids: &[String]| match ids.len() {
            0 => None,
            1 => Some(format!("1 row is only in `{path}` ({})", few(ids))),
            count => Some(format!("{count} rows are only in `{path}` ({})", few(ids))),
        };
        let sides = [side(our_path, &only_ours), side(their_path, &only_theirs)];
        return Err(GateError::OtherRows {
            what: sides.into_iter().flatten().collect::<Vec<_>>().join("; "),
        });
    }
    let differ = |what: &str, same: &dyn Fn(usize, usize) -> bool| {
        let rows = places.iter().enumerate();
        let wrong: Vec<String> = rows
            .filter(|&(row, &place)| !same(row, place))
            .map(|(row, _)| ours.name(row))
            .collect();
        match wrong.len() {
            0 => Ok(()),
            count => Err(GateError::OtherRows {
                what: format!(
                    "{count} of {} rows have another {what} in `{their_path}` than in `{our_path}` ({})",
                    our_ids.len(),
                    few(&wrong),
                ),
            }),
        }
    };
    differ("outcome", &|row, place| {
        ours.truth.text(row) == theirs.truth.text(place)
    })?;
    if let (Some(a), Some(b)) = (&ours.weights, &theirs.weights) {
        differ("weight", &|row, place| {
            a[row].to_bits() == b[place].to_bits()
        })?;
    }
    if let (Some(a), Some(b)) = (&ours.clusters, &theirs.clusters) {
        // The same partition, whatever numbers it carries.
        let mut there: BTreeMap<u32, u32> = BTreeMap::new();
        let mut here: BTreeMap<u32, u32> = BTreeMap::new();
        for (row, &place) in places.iter().enumerate() {
            there.entry(a[row]).or_insert(b[place]);
            here.entry(b[place]).or_insert(a[row]);
        }
        differ("entity", &|row, place| {
            there[&a[row]] == b[place] && here[&b[place]] == a[row]
        })?;
    }
    Ok(places)
}

/// The first few of them, for an error.
pub(super) fn few(ids: &[String]) -> String {
    let shown = ids
        .iter()
        .take(NAMED)
        .map(|id| format!("`{}`", id.chars().take(40).collect::<String>()));
    let mut text = shown.collect::<Vec<_>>().join(", ");
    if ids.len() > NAMED {
        text.push_str(", …");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::input::Truth;
    use yard_contract::Sha256;

    fn holdout(ids: &[&str], targets: &[f64], clusters: Option<Vec<u32>>) -> Holdout {
        Holdout {
            target: "y".to_owned(),
            truth: Truth::Regression {
                targets: targets.to_vec(),
            },
            ids: Some(ids.iter().map(|&id| id.to_owned()).collect()),
            hidden: false,
            weights: None,
            clusters,
            slices: BTreeMap::new(),
            features: None,
            sha256: Sha256::of(b""),
        }
    }

    fn compare(ours: &Holdout, theirs: &Holdout) -> Result<Vec<usize>, String> {
        same_rows(("a", ours), ("b", theirs)).map_err(|error| error.to_string())
    }

    #[test]
    fn order_does_not_matter() {
        let ours = holdout(&["1", "2", "3"], &[1.0, 2.0, 3.0], Some(vec![0, 0, 1]));
        let theirs = holdout(&["3", "1", "2"], &[3.0, 1.0, 2.0], Some(vec![0, 1, 1]));
        assert_eq!(compare(&ours, &theirs), Ok(vec![1, 2, 0]));
    }

    #[test]
    fn private_identifiers_are_not_named() {
        let mut ours = holdout(&["Ada", "Bob"], &[1.0, 2.0], None);
        let mut theirs = holdout(&["Ada", "Cleo"], &[1.5, 2.0], None);
        (ours.hidden, theirs.hidden) = (true, true);
        let error = compare(&ours, &theirs).unwrap_err();
        let words = "1 row is only in `a` (`row 2`); 1 row is only in `b` (`row 2`)";
        assert!(error.ends_with(words), "{error}");
        theirs.ids.clone_from(&ours.ids);
        let error = compare(&ours, &theirs).unwrap_err();
        assert!(error.ends_with("than in `a` (`row 1`)"), "{error}");
    }

    #[test]
    fn what_differs_is_named() {
        let ours = holdout(&["1", "2"], &[1.0, 2.0], Some(vec![0, 0]));
        for (theirs, words) in [
            (
                holdout(&["1", "4", "5"], &[1.0, 2.0, 2.0], None),
                "1 row is only in `a` (`2`); 2 rows are only in `b` (`4`, `5`)",
            ),
            (holdout(&["1"], &[1.0], None), "1 row is only in `a` (`2`)"),
            (
                holdout(&["1", "2"], &[1.0, 2.5], None),
                "1 of 2 rows have another outcome in `b` than in `a` (`2`)",
            ),
            (
                holdout(&["1", "2"], &[1.0, 2.0], Some(vec![0, 1])),
                "1 of 2 rows have another entity in `b` than in `a` (`2`)",
            ),
        ] {
            let error = compare(&ours, &theirs).unwrap_err();
            assert!(error.ends_with(words), "{error}");
        }
    }
}
