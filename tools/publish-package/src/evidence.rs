//! Does what is packed belong together? Every artifact names the digests of what it was made from,
//! so a file that was swapped, or comes from another run, gives itself away.

use yard_contract::{Header, Input, Manifest, Verdict};

use crate::bundle::{Bundle, FILE};
use crate::error::{Break, PublishError};

/// The gate passed, it judged this model, and no artifact in the package was made from another
/// version of a file in the package.
pub(crate) fn check(bundle: &Bundle) -> Result<(), PublishError> {
    let gate = &bundle.gate.body;
    match gate.verdict {
        // A warning is what the project has said does not block.
        Verdict::Pass | Verdict::Warning => {}
        Verdict::Inconclusive | Verdict::Fail => {
            let (verdict, summary) = (gate.verdict, gate.summary.clone());
            return Err(PublishError::NotPassed { verdict, summary });
        }
    }
    if gate.model_sha256 != bundle.model_sha256() {
        return Err(PublishError::OtherModel {
            judged: gate.model_sha256,
            packed: bundle.model_sha256(),
        });
    }
    match broken(&bundle.artifacts, &bundle.lineage) {
        Some(found) => Err(PublishError::BrokenChain(Box::new(found))),
        None => Ok(()),
    }
}

/// The first artifact that was made from another version of a file than the one that is packed.
pub(crate) fn broken(artifacts: &[(String, Header)], packed: &[Input]) -> Option<Break> {
    for (path, header) in artifacts {
        for input in &header.inputs {
            if let Some(packed) = replaced(input, &header.inputs, packed) {
                return Some(Break {
                    artifact: path.clone(),
                    kind: input.kind.clone(),
                    made_from: input.sha256,
                    path: packed.path.clone(),
                    packed: packed.sha256,
                });
            }
        }
    }
    None
}

/// The packed file that stands where this input's should. An artifact may have several inputs of
/// one kind, as a champion's model beside ours, so one of them has to be the one that is packed;
/// what is not packed at all proves nothing.
fn replaced<'p>(input: &Input, inputs: &[Input], packed: &'p [Input]) -> Option<&'p Input> {
    let of_kind = |input: &&Input, kind: &str| input.kind == kind && kind != FILE;
    let there: Vec<&Input> = packed
        .iter()
        .filter(|there| of_kind(there, &input.kind))
        .collect();
    let mut named = inputs.iter().filter(|named| of_kind(named, &input.kind));
    let is_there = named.any(|named| there.iter().any(|there| there.sha256 == named.sha256));
    if is_there {
        None
    } else {
        there.first().copied()
    }
}

/// What was checked is what was packed.
pub(crate) fn unchanged(checked: &[Input], packed: &Manifest) -> Result<(), PublishError> {
    for input in checked {
        let file = packed.files.iter().find(|file| file.path == input.path);
        if file.is_none_or(|file| file.sha256 != input.sha256) {
            return Err(PublishError::Changed(input.path.clone()));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use yard_contract::Sha256;

    #[test]
    fn a_file_of_another_run_gives_itself_away() {
        let input = |kind: &str, bytes: &[u8]| Input::new(kind, kind, Sha256::of(bytes));
        let packed = [
            input("model", b"ours"),
            input("evaluation", b"e"),
            input(FILE, b"card"),
        ];
        let replaced_by = |inputs: &[Input]| {
            let mut found = inputs
                .iter()
                .filter_map(|input| replaced(input, inputs, &packed));
            found.next().map(|found| found.path.clone())
        };
        assert_eq!(
            replaced_by(&[input("model", b"ours"), input("evaluation", b"e")]),
            None
        );
        assert_eq!(
            replaced_by(&[input("model", b"ours"), input("model", b"champion")]),
            None
        );
        assert_eq!(
            replaced_by(&[input("table", b"not packed"), input(FILE, b"other")]),
            None
        );
        assert_eq!(
            replaced_by(&[input("model", b"champion")]).as_deref(),
            Some("model")
        );
        assert_eq!(
            replaced_by(&[input("model", b"ours"), input("evaluation", b"old")]).as_deref(),
            Some("evaluation")
        );
    }
}
