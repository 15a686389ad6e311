//! Aliases: names such as `champion` that move from version to version.
//!
//! Not every registry has aliases that can be set, and where they can, what they stood for before is
//! lost. So an alias is a record to which moves are only added, one immutable file a move, under the
//! version `aliases` of the package: `champion-000001.json`, `champion-000002.json`, … The last one
//! counts. Where a registry has names of its own, as a tag, they follow.
//!
//! Of two who add the same move at once, one is refused: by the lock in a folder, by the order of
//! arrival at a forge, by a parameter that never changes with MLflow. An OCI registry has nothing of
//! that kind: there both look right before and right after, and two within the time of one request can
//! both be told that theirs counts. Then the later one does.

use yard_contract::{AliasAction, AliasMove, Document};
use yard_forge::Upload;
use yard_package::PackageId;

use crate::error::RegistryError;
use crate::store::{Target, insist};

/// The version under which the record lies.
pub(crate) const JOURNAL: &str = "aliases";

/// Whether no release can have this version, because the record of aliases is kept under it.
pub(crate) fn is_reserved(version: &str) -> bool {
    // Where every move has a tag of its own, it begins like this.
    version.to_ascii_lowercase().starts_with(JOURNAL)
}

/// Bytes of a move.
const MOVE_BYTES: u64 = 1 << 20;
/// Moves of one alias: more is no record of ours.
const MOVES: u64 = 100_000;

/// The name of an alias: lower-case letters, digits and `-`, beginning with a letter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alias(String);

impl Alias {
    /// Checks a name.
    pub fn new(text: &str) -> Result<Self, RegistryError> {
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        let fits = text.starts_with(|c: char| c.is_ascii_lowercase())
            && text.len() <= 50
            && text.chars().all(plain)
            && text != JOURNAL;
        if fits {
            Ok(Self(text.to_owned()))
        } else {
            let shown = text.chars().take(50).flat_map(char::escape_debug);
            Err(RegistryError::AliasName(shown.collect()))
        }
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn file(&self, number: u64) -> String {
        format!("{}-{number:06}.json", self.0)
    }
}

/// What an alias has stood for, oldest move first.
#[derive(Clone, Debug, Default)]
pub struct History(Vec<Document<AliasMove>>);

impl History {
    /// The moves.
    pub fn moves(&self) -> &[Document<AliasMove>] {
        &self.0
    }

    /// What the alias stands for.
    pub fn current(&self) -> Option<&AliasMove> {
        self.0.last().map(|last| &last.body)
    }

    /// The promotion to which a rollback goes: the one below the current one, where a rollback takes
    /// the topmost away. Rolling back twice goes two champions back, and never forth.
    pub fn before(&self) -> Option<&AliasMove> {
        let mut standing: Vec<&AliasMove> = Vec::new();
        for entry in &self.0 {
            match entry.body.action {
                AliasAction::Promoted => standing.push(&entry.body),
                AliasAction::RolledBack => {
                    standing.pop();
                }
            }
        }
        standing
            .len()
            .checked_sub(2)
            .map(|position| standing[position])
    }
}

/// Reads the record of an alias.
pub fn history(target: &Target, name: &str, alias: &Alias) -> Result<History, RegistryError> {
    let journal = PackageId::new(name, JOURNAL)?;
    let store = target.store();
    let mut patience = store.patience();
    let mut moves = Vec::new();
    for number in 1..=MOVES {
        let file = alias.file(number);
        let mut bytes = Vec::new();
        let received = insist(&mut patience, || {
            bytes.clear();
            store.get(&journal, &file, &mut bytes, MOVE_BYTES)
        })?;
        if received.is_none() {
            break;
        }
        let damaged = || RegistryError::Record {
            target: target.name().to_owned(),
            file: file.clone(),
        };
        let entry = Document::<AliasMove>::parse(&bytes).map_err(|_| damaged())?;
        let body = &entry.body;
        if (body.name.as_str(), body.alias.as_str(), body.number) != (name, alias.as_str(), number)
        {
            return Err(damaged());
        }
        moves.push(entry);
    }
    Ok(History(moves))
}

/// Adds a move to the record. Where somebody else has added one at the same time, first, that is an
/// error, and ours is not there.
pub fn record(
    target: &Target,
    alias: &Alias,
    entry: &Document<AliasMove>,
) -> Result<(), RegistryError> {
    let journal = PackageId::new(&entry.body.name, JOURNAL)?;
    let file = alias.file(entry.body.number);
    let upload = Upload::bytes(&entry.to_bytes());
    let store = target.store();
    let _lock = store.lock(&journal)?;
    let mut patience = store.patience();
    let counts = insist(&mut patience, || match store.digest(&journal, &file)? {
        Some(there) => Ok(there),
        None => store.put(&journal, &file, &upload),
    })?;
    if counts == upload.sha256 {
        Ok(())
    } else {
        Err(RegistryError::Overtaken {
            target: target.name().to_owned(),
            alias: alias.as_str().to_owned(),
        })
    }
}

/// Lets the registry's own name, where it has such names, follow the record.
pub fn point(target: &Target, alias: &Alias, id: &PackageId) -> Result<(), RegistryError> {
    let store = target.store();
    let mut patience = store.patience();
    insist(&mut patience, || store.point(alias.as_str(), id))
}

#[cfg(test)]
mod tests {
    use super::*;
    use yard_contract::{Producer, Sha256};

    fn history(moves: &[(AliasAction, &str)]) -> History {
        let entry = |(number, (action, version)): (usize, &(AliasAction, &str))| {
            let body = AliasMove {
                name: "credit".to_owned(),
                alias: "champion".to_owned(),
                number: number as u64 + 1,
                action: *action,
                package_version: (*version).to_owned(),
                previous: None,
                manifest_sha256: Sha256::of(b""),
                model_sha256: Sha256::of(b""),
                smoke_sha256: Sha256::of(b""),
            };
            Document::new(Producer::new("test", "0"), Vec::new(), body)
        };
        History(moves.iter().enumerate().map(entry).collect())
    }

    #[test]
    fn a_rollback_goes_back_and_a_second_one_further() {
        use AliasAction::{Promoted, RolledBack};
        let before = |moves: &[_]| history(moves).before().map(|b| b.package_version.clone());
        let mut moves = vec![(Promoted, "1.0.0")];
        assert_eq!(before(&moves), None);
        moves.extend([(Promoted, "1.1.0"), (Promoted, "1.2.0")]);
        assert_eq!(before(&moves).as_deref(), Some("1.1.0"));
        moves.push((RolledBack, "1.1.0"));
        assert_eq!(before(&moves).as_deref(), Some("1.0.0"));
        moves.push((RolledBack, "1.0.0"));
        assert_eq!(before(&moves), None);
        moves.push((Promoted, "1.3.0"));
        assert_eq!(before(&moves).as_deref(), Some("1.0.0"));
    }

    #[test]
    fn names_of_aliases_are_plain() {
        for good in ["champion", "challenger", "eu-2"] {
            assert_eq!(Alias::new(good).unwrap().as_str(), good);
        }
        for bad in [
            "", "Champion", "1.0.0", "2nd", "a b", "a/b", "../a", "aliases", "a\nb",
        ] {
            let error = Alias::new(bad).unwrap_err().to_string();
            assert!(!error.contains(char::is_control), "{error:?}");
        }
    }
}
