//! What a command is told, what it inherits, and what of that is recorded.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use yard_contract::{Finite, Scalar, Sha256};

/// Variables that a command inherits because it would not run well without. Where a machine keeps
/// things is not part of what a run is made from, and not recorded.
const PLACES: [&str; 14] = [
    "PATH",
    "HOME",
    "USER",
    "LOGNAME",
    "SHELL",
    "TMPDIR",
    "VIRTUAL_ENV",
    "CONDA_PREFIX",
    "LD_LIBRARY_PATH",
    "PYTHONPATH",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "XDG_CACHE_HOME",
    "HF_HOME",
];

/// Variables that a command inherits and whose values may change what it does.
const SETTINGS: [&str; 12] = [
    "TZ",
    "LANG",
    "LANGUAGE",
    "SOURCE_DATE_EPOCH",
    "CUDA_VISIBLE_DEVICES",
    "CUBLAS_WORKSPACE_CONFIG",
    "NVIDIA_VISIBLE_DEVICES",
    "OMP_NUM_THREADS",
    "OMP_WAIT_POLICY",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "TOKENIZERS_PARALLELISM",
];

/// The environment of a command.
pub(crate) struct Environment {
    /// All of it.
    pub(crate) variables: BTreeMap<String, String>,
    /// The digest of what may change the result.
    pub(crate) sha256: Sha256,
    /// The values that no text of ours repeats, by the names of their variables.
    secrets: Vec<(String, String)>,
}

impl Environment {
    /// Of what surrounds us, only what is known to be needed and what was asked for by name; `told`
    /// goes before both.
    pub(crate) fn new(
        around: &BTreeMap<String, String>,
        passed: &[String],
        told: BTreeMap<String, String>,
    ) -> Self {
        let is_setting = |name: &str| SETTINGS.contains(&name) || name.starts_with("LC_");
        let taken = |wanted: &dyn Fn(&str) -> bool| -> BTreeMap<String, String> {
            let around = around.iter().filter(|(name, _)| wanted(name));
            around
                .map(|(name, value)| (name.clone(), value.clone()))
                .collect()
        };
        let settings = taken(&is_setting);
        let mut text = String::new();
        for (name, value) in &settings {
            let _ = write!(text, "{name}={value}\0");
        }
        let passed = taken(&|name| passed.iter().any(|passed| passed == name));
        // What is as short as a flag is no secret, and would be found everywhere.
        let secrets = passed.iter().filter(|(_, value)| value.len() >= 4);
        let secrets = secrets.map(|(name, value)| (name.clone(), value.clone()));
        let secrets = secrets.collect();
        let mut variables = taken(&|name| PLACES.contains(&name));
        variables.extend(settings);
        variables.extend(passed);
        variables.extend(told);
        Self {
            variables,
            sha256: Sha256::of(text.as_bytes()),
            secrets,
        }
    }

    /// A command as a line that a POSIX shell takes apart into the same words, without the values of
    /// variables that were passed on. Of a path from the root only the last part is told: where a machine
    /// keeps a program or a script is not part of what a run is made from, and their digests are
    /// recorded.
    pub(crate) fn line(&self, command: &[String]) -> String {
        let words = command.iter().map(|word| {
            let path = Path::new(word);
            let word = if path.is_absolute() && path.is_file() {
                yard_cli::recorded_path(path)
            } else {
                word.clone()
            };
            self.quoted(&word)
        });
        let line = words.collect::<Vec<String>>().join(" ");
        // A value may lie across words.
        self.secrets.iter().fold(line, |line, (name, value)| {
            line.replace(value, &format!("${name}"))
        })
    }

    /// A word for a shell: what was passed on as the variable's name, the rest as it is.
    fn quoted(&self, word: &str) -> String {
        let found = self
            .secrets
            .iter()
            .find_map(|(name, value)| Some((name, word.split_once(value.as_str())?)));
        if let Some((name, (before, after))) = found {
            let around = |text: &str| match text {
                "" => String::new(),
                text => self.quoted(text),
            };
            return format!("{}\"${{{name}}}\"{}", around(before), around(after));
        }
        let plain = |c: char| c.is_ascii_alphanumeric() || "/._-+=:,@%".contains(c);
        if !word.is_empty() && word.chars().all(plain) {
            return word.to_owned();
        }
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

/// The file that a command's first word names, as a shell would find it.
pub(crate) fn program(word: &str, path: Option<&String>) -> Option<PathBuf> {
    if word.contains('/') {
        return Some(PathBuf::from(word)).filter(|path| path.is_file());
    }
    let folders = std::env::split_paths(path?);
    folders
        .map(|folder| folder.join(word))
        .find(|path| path.is_file())
}

/// What is to be known of the program: its digest, and, of a Python of a virtual environment, which
/// packages it finds there.
pub(crate) fn described(program: &Path) -> BTreeMap<String, Scalar> {
    let mut known = BTreeMap::new();
    if let Ok(bytes) = fs::read(program) {
        let digest = Sha256::of(&bytes).to_string();
        known.insert("program_sha256".to_owned(), Scalar::from(digest.as_str()));
    }
    let of_machine = [
        ("os", std::env::consts::OS),
        ("arch", std::env::consts::ARCH),
    ];
    known.extend(of_machine.map(|(name, value)| (name.to_owned(), Scalar::from(value))));
    let packages = packages(program).unwrap_or_default();
    if !packages.is_empty() {
        let digest = Sha256::of(packages.join("\n").as_bytes()).to_string();
        let count = Finite::new(packages.len() as f64).unwrap_or_default();
        known.insert("packages".to_owned(), Scalar::Number(count));
        known.insert("packages_sha256".to_owned(), Scalar::from(digest.as_str()));
    }
    known
}

/// `NAME-VERSION` of every package beside a virtual environment's Python, in order.
fn packages(program: &Path) -> Option<Vec<String>> {
    let root = program.parent()?.parent()?;
    if !root.join("pyvenv.cfg").is_file() {
        return None;
    }
    let mut names = Vec::new();
    for python in fs::read_dir(root.join("lib")).ok()?.flatten() {
        let site = fs::read_dir(python.path().join("site-packages"));
        for entry in site.into_iter().flatten().flatten() {
            let path = entry.path();
            if path.extension() == Some(OsStr::new("dist-info")) {
                names.extend(
                    path.file_stem()
                        .map(|name| name.to_string_lossy().into_owned()),
                );
            }
        }
    }
    names.sort();
    Some(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        let pairs = pairs.iter();
        pairs
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect()
    }

    #[test]
    fn only_what_is_needed_asked_for_or_told_gets_through() {
        let around = map(&[
            ("PATH", "/bin"),
            ("LC_ALL", "C"),
            ("CI_JOB_TOKEN", "glcbt-1234"),
            ("HF_TOKEN", "hf_5678"),
        ]);
        let told = map(&[("TRAINYARD_SEED", "7")]);
        let of = |around: &_| Environment::new(around, &["HF_TOKEN".to_owned()], told.clone());
        let environment = of(&around);
        let names: Vec<&str> = environment.variables.keys().map(String::as_str).collect();
        assert_eq!(names, ["HF_TOKEN", "LC_ALL", "PATH", "TRAINYARD_SEED"]);
        let words = ["train.py", "--token=hf_5678;", "it's all", "--x"].map(str::to_owned);
        let line = environment.line(&words);
        assert_eq!(
            line,
            r#"train.py --token="${HF_TOKEN}"';' 'it'\''s all' --x"#
        );
        let machine = std::env::current_exe().unwrap();
        let line = environment.line(&[machine.display().to_string(), "/no/file".to_owned()]);
        let name = machine.file_name().unwrap().to_string_lossy();
        assert_eq!(
            line,
            format!("{name} /no/file"),
            "where it lies is not told"
        );

        // Neither where things are nor what a secret is changes what is recorded; a setting does.
        let mut other = around.clone();
        other.extend(map(&[("PATH", "/usr/bin"), ("HF_TOKEN", "hf_9")]));
        assert_eq!(of(&other).sha256, environment.sha256);
        other.extend(map(&[("LC_ALL", "de_DE.UTF-8")]));
        assert_ne!(of(&other).sha256, environment.sha256);
    }
}
