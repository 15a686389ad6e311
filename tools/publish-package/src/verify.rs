//! The chain of evidence of a package, walked offline: from the signature over the files to the
//! model, what it was made from, how it was judged, and what is said of it. The first link that does
//! not hold ends the walk, because what hangs on it proves nothing.

use serde_json::Value;
use yard_contract::{Artifact as _, Document, Evaluation, Sha256};
use yard_contract::{Gate, Header, Input, Link, LinkState, Run, Split, Verdict, Verification};
use yard_model::{FOLDER, Model, file};
use yard_package::{Package, PackageError, PackageId};
use yard_trust::{PublicKey, read_bill, read_provenance, verify_named_tree, verify_tree};

use crate::bundle::FILE;
use crate::evidence;
use crate::statements::{BOM, PROVENANCE, title};

/// The card's name in a package, and what comes before the model's digest in it.
const CARD: &str = "model_card.md";
const CARD_DIGEST: &str = "| Model's SHA-256 | `";

/// What became of one link.
enum Step {
    Holds(String),
    Broken(String),
    Absent(&'static str),
}

/// An opened package and what its files are.
struct Walk<'p> {
    package: &'p Package,
    key: Option<&'p PublicKey>,
    artifacts: Vec<(String, Header)>,
    lineage: Vec<Input>,
    tree: Option<Sha256>,
    model: Option<Sha256>,
}

type Check<'p> = fn(&mut Walk<'p>) -> Result<Step, PackageError>;

/// Walks the chain. A package that could be read and not be accepted is a broken link, and so is
/// another one than was asked for.
pub(crate) fn walk(
    package: Result<&Package, &PackageError>,
    key: Option<&PublicKey>,
    wanted: Option<&PackageId>,
) -> Result<Verification, PackageError> {
    let mut found = Verification {
        verdict: Verdict::Fail,
        package: None,
        public_key: key.map(PublicKey::fingerprint),
        tree_sha256: None,
        links: Vec::new(),
    };
    let package = match package {
        Ok(package) => package,
        Err(error) => {
            found.links.push(link("files", Step::Broken(whole(error))));
            return Ok(found);
        }
    };
    found.package = package.id().map(ToString::to_string);
    if let Some(wanted) = wanted.filter(|wanted| package.id() != Some(*wanted)) {
        let other = format!("it is another package than {wanted}");
        found.links.push(link("files", Step::Broken(other)));
        return Ok(found);
    }
    let mut walk = Walk::over(package, key)?;
    let checks: [(&str, Check<'_>); 9] = [
        ("files", Walk::files),
        ("signature", Walk::signature),
        ("model", Walk::model),
        ("data", Walk::data),
        ("evaluation", Walk::evaluation),
        ("gate", Walk::gate),
        ("card", Walk::card),
        ("provenance", Walk::provenance),
        ("bom", Walk::bom),
    ];
    let mut broken = false;
    for (name, check) in checks {
        let step = check(&mut walk)?;
        broken = matches!(step, Step::Broken(_));
        found.links.push(link(name, step));
        if broken {
            break;
        }
    }
    found.tree_sha256 = walk.tree;
    found.verdict = match (broken, key) {
        (true, _) => Verdict::Fail,
        (false, Some(_)) => Verdict::Pass,
        (false, None) => Verdict::Warning,
    };
    Ok(found)
}

fn link(name: &str, step: Step) -> Link {
    let (state, message) = match step {
        Step::Holds(message) => (LinkState::Holds, message),
        Step::Broken(message) => (LinkState::Broken, message),
        Step::Absent(message) => (LinkState::Absent, message.to_owned()),
    };
    Link {
        name: name.to_owned(),
        state,
        message,
    }
}

/// An error with its causes, in one line.
fn whole(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        text = format!("{text}: {inner}");
        cause = inner.source();
    }
    text
}

impl<'p> Walk<'p> {
    fn over(package: &'p Package, key: Option<&'p PublicKey>) -> Result<Self, PackageError> {
        let mut walk = Self {
            package,
            key,
            artifacts: Vec::new(),
            lineage: Vec::new(),
            tree: None,
            model: None,
        };
        let onnx = format!("{FOLDER}/{}", file::MODEL);
        for listed in package.files() {
            let json = listed
                .path
                .rsplit_once('.')
                .is_some_and(|(_, e)| e == "json");
            let header: Option<Header> = if json {
                serde_json::from_slice(&package.bytes(&listed.path)?).ok()
            } else {
                None
            };
            let kind = match &header {
                _ if listed.path == onnx => "model",
                Some(header) => header.kind.as_str(),
                None => FILE,
            };
            walk.lineage
                .push(Input::new(kind, &listed.path, listed.sha256));
            walk.artifacts
                .extend(header.map(|header| (listed.path.clone(), header)));
        }
        Ok(walk)
    }

    /// Opening the package has compared every file with the manifest.
    #[expect(clippy::unnecessary_wraps, reason = "all links have one form")]
    fn files(&mut self) -> Result<Step, PackageError> {
        let count = self.package.files().len();
        Ok(Step::Holds(match self.package.sha256() {
            Some(manifest) => format!(
                "{count} files are those of the manifest {}",
                manifest.short()
            ),
            None => format!("{count} files, without a manifest"),
        }))
    }

    #[expect(clippy::unnecessary_wraps, reason = "all links have one form")]
    fn signature(&mut self) -> Result<Step, PackageError> {
        let Some(key) = self.key else {
            return Ok(Step::Absent(
                "not looked at, because no public key was given",
            ));
        };
        let Some(signature) = self.package.signature() else {
            return Ok(Step::Broken("the package is not signed".to_owned()));
        };
        let files = self.package.signed_files();
        // A signature is of one version of one package; a folder without a manifest has neither.
        let verified = match self.package.id() {
            Some(id) => verify_named_tree(signature, key, &title(id), &files),
            None => verify_tree(signature, key, &files),
        };
        let tree = match verified {
            Ok(tree) => tree,
            Err(error) => return Ok(Step::Broken(whole(&error))),
        };
        self.tree = Some(tree.root);
        let beside = match tree.left_out.len() {
            0 => String::new(),
            count => format!("; the signer left {count} files out"),
        };
        let (files, by) = (tree.files, key.fingerprint().short());
        Ok(Step::Holds(format!(
            "{files} files are signed with the key {by}{beside}"
        )))
    }

    #[expect(clippy::unnecessary_wraps, reason = "all links have one form")]
    fn model(&mut self) -> Result<Step, PackageError> {
        let run = format!("{FOLDER}/{}", file::RUN);
        if self.package.file(&run).is_none() && self.package.file(file::RUN).is_none() {
            return Ok(Step::Absent("there is no model folder of ours"));
        }
        let model = match Model::load(self.package, FOLDER) {
            Ok(model) => model,
            Err(error) => return Ok(Step::Broken(whole(&error))),
        };
        let within = self.package.files().iter().filter_map(|listed| {
            let path = listed.path.strip_prefix("model/")?;
            Some((path, listed.sha256))
        });
        for (path, sha256) in within.filter(|(path, _)| *path != file::RUN) {
            let mut vouched = model.run.files.iter();
            if !vouched.any(|file| file.path == path && file.sha256 == sha256) {
                return Ok(Step::Broken(format!(
                    "`run.json` does not vouch for `{path}`"
                )));
            }
        }
        self.model = Some(model.sha256);
        Ok(Step::Holds(format!(
            "model.onnx is {}, and `run.json` vouches for its files",
            model.sha256.short()
        )))
    }

    /// What the model was made from, as the run and the split record it.
    #[expect(clippy::unnecessary_wraps, reason = "all links have one form")]
    fn data(&mut self) -> Result<Step, PackageError> {
        if let Some(found) = self.of_other_files(&[Gate::KIND, Evaluation::KIND]) {
            return Ok(Step::Broken(found));
        }
        let Some((_, run)) = self.header(Run::KIND) else {
            return Ok(Step::Absent("no run is recorded"));
        };
        let Some(table) = run.input("table") else {
            return Ok(Step::Absent("the run names no table"));
        };
        if let Some((path, split)) = self.header(Split::KIND) {
            let of = split.input("table").map(|table| table.sha256);
            if of != Some(table.sha256) {
                return Ok(Step::Broken(format!(
                    "`{path}` divides another table than was trained on"
                )));
            }
        }
        let (path, digest) = (&table.path, table.sha256.short());
        Ok(Step::Holds(format!("trained on `{path}`, {digest}")))
    }

    fn evaluation(&mut self) -> Result<Step, PackageError> {
        let Some((path, header)) = self.header(Evaluation::KIND) else {
            return Ok(Step::Absent("no evaluation is packed"));
        };
        if let Some(found) = evidence::broken(&[(path.clone(), header.clone())], &self.lineage) {
            return Ok(Step::Broken(found.to_string()));
        }
        if let Some(broken) = self.of_model(path)? {
            return Ok(broken);
        }
        let rows = header.input("holdout").map(|input| input.sha256.short());
        let rows = rows.map_or("rows that it does not name".to_owned(), |d| {
            format!("the holdout {d}")
        });
        Ok(Step::Holds(format!("`{path}` judges this model on {rows}")))
    }

    fn gate(&mut self) -> Result<Step, PackageError> {
        let Some((path, header)) = self.header(Gate::KIND) else {
            return Ok(Step::Absent("no gate's verdict is packed"));
        };
        if let Some(found) = evidence::broken(&[(path.clone(), header.clone())], &self.lineage) {
            return Ok(Step::Broken(found.to_string()));
        }
        let gate = match Document::<Gate>::parse(&self.package.bytes(path)?) {
            Ok(gate) => gate.body,
            Err(error) => return Ok(Step::Broken(format!("`{path}`: {}", whole(&error)))),
        };
        if self.model.is_some_and(|model| model != gate.model_sha256) {
            return Ok(Step::Broken(format!("`{path}` judges another model")));
        }
        Ok(match gate.verdict {
            Verdict::Pass | Verdict::Warning => {
                Step::Holds(format!("`{path}` let this model pass: {}", gate.verdict))
            }
            other => Step::Broken(format!("the gate's verdict is {other}")),
        })
    }

    /// Our cards name the model's digest in a table; a card of somebody's own need not.
    fn card(&mut self) -> Result<Step, PackageError> {
        if self.package.file(CARD).is_none() {
            return Ok(Step::Absent("no card is packed"));
        }
        let bytes = self.package.bytes(CARD)?;
        let text = String::from_utf8_lossy(&bytes);
        let named = text
            .split_once(CARD_DIGEST)
            .and_then(|(_, rest)| rest.get(..64));
        let model = self.model.map(|model| model.to_string());
        Ok(match (named, model) {
            (Some(named), Some(model)) if named == model => {
                Step::Holds(format!("`{CARD}` describes this model"))
            }
            (Some(_), Some(_)) => Step::Broken(format!("`{CARD}` describes another model")),
            _ => Step::Absent("the card does not name its model's digest"),
        })
    }

    fn provenance(&mut self) -> Result<Step, PackageError> {
        if self.package.file(PROVENANCE).is_none() {
            return Ok(Step::Absent("no provenance is packed"));
        }
        let said = match read_provenance(&self.package.bytes(PROVENANCE)?) {
            Ok(said) => said,
            Err(error) => return Ok(Step::Broken(format!("`{PROVENANCE}`: {}", whole(&error)))),
        };
        if self
            .package
            .id()
            .map(title)
            .is_some_and(|title| title != said.package)
        {
            return Ok(Step::Broken(format!(
                "`{PROVENANCE}` is about another package"
            )));
        }
        for (path, sha256) in said.products.iter().chain(&said.byproducts) {
            if self.package.file(path).map(|file| file.sha256) != Some(*sha256) {
                let path = path.escape_debug();
                return Ok(Step::Broken(format!(
                    "`{PROVENANCE}` is about another `{path}`"
                )));
            }
        }
        Ok(Step::Holds(format!(
            "made from {} files outside the package, all named",
            said.materials.len()
        )))
    }

    fn bom(&mut self) -> Result<Step, PackageError> {
        if self.package.file(BOM).is_none() {
            return Ok(Step::Absent("no bill of materials is packed"));
        }
        let bill = match read_bill(&self.package.bytes(BOM)?) {
            Ok(bill) => bill,
            Err(error) => return Ok(Step::Broken(format!("`{BOM}`: {}", whole(&error)))),
        };
        let named = self.package.id().is_none_or(|id| {
            (id.name(), id.version()) == (bill.name.as_str(), bill.version.as_str())
        });
        let same = self.model.is_none_or(|model| model == bill.model);
        Ok(if named && same {
            Step::Holds("it lists this model".to_owned())
        } else {
            Step::Broken(format!("`{BOM}` lists another model"))
        })
    }

    fn header(&self, kind: &str) -> Option<&(String, Header)> {
        let mut artifacts = self.artifacts.iter();
        artifacts.find(|(_, header)| header.kind == kind)
    }

    /// Artifacts but those of some kinds, held against what is packed.
    fn of_other_files(&self, but: &[&str]) -> Option<String> {
        let artifacts = self.artifacts.iter();
        let others = artifacts.filter(|(_, header)| !but.contains(&header.kind.as_str()));
        let others: Vec<_> = others.cloned().collect();
        evidence::broken(&others, &self.lineage).map(|found| found.to_string())
    }

    /// Broken where an artifact's body names another model than the one that is packed.
    fn of_model(&self, path: &str) -> Result<Option<Step>, PackageError> {
        let value: Value = serde_json::from_slice(&self.package.bytes(path)?).unwrap_or_default();
        let named = value["model_sha256"].as_str();
        let other = named
            .zip(self.model)
            .is_some_and(|(named, model)| named != model.to_string());
        Ok(other.then(|| Step::Broken(format!("`{path}` is about another model"))))
    }
}
