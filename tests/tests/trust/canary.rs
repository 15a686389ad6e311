//! Secrets of the environment, in whatever form, in whatever a tool says or writes: nowhere.

use std::fs;
use std::io::Read as _;
use std::path::Path;

use anyhow::Result;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use e2e::{Ran, TOOLS, Yard, files_below};

use crate::forms::forms;

/// What a CI system and its users keep in variables. Each value is found again by its own mark.
const SECRETS: [(&str, &str); 12] = [
    ("CI_JOB_TOKEN", "glcbt-64_Canary/job+1"),
    ("CI_REGISTRY_PASSWORD", "registry-Canary/2"),
    ("GITLAB_TOKEN", "glpat-Canary-access-3"),
    ("GITLAB_DEPLOY_TOKEN", "gldt-Canary-deploy-4"),
    ("GITHUB_TOKEN", "ghs_CanaryWorkflow5"),
    ("OCI_PASSWORD", "oci-Canary?password=6"),
    ("OCI_USERNAME", "oci-Canary-user-7"),
    ("TRAINYARD_SIGNING_PASSPHRASE", "signing Canary phrase 8"),
    ("MLFLOW_TRACKING_TOKEN", "mlflow-Canary-token-9"),
    ("AWS_SECRET_ACCESS_KEY", "aws/Canary+secret/10"),
    ("HTTPS_PROXY", "http://user:proxy-Canary-11@127.0.0.1:9"),
    ("SOME_OTHER_SECRET", "nobody-asked-Canary-12"),
];

/// The part of a value that nothing but the value holds.
fn mark(value: &str) -> &str {
    value
        .strip_prefix("http://user:")
        .and_then(|rest| rest.split('@').next())
        .unwrap_or(value)
}

struct Scan(Vec<(&'static str, String, Vec<u8>)>);

impl Scan {
    fn new() -> Self {
        let all = SECRETS.iter().flat_map(|(name, value)| {
            let forms = forms(mark(value)).into_iter();
            forms.map(|(form, bytes)| (*name, form, bytes))
        });
        Self(all.collect())
    }

    /// Which secret is there, and in which form.
    fn found(&self, bytes: &[u8]) -> Option<String> {
        let mut secrets = self.0.iter();
        let (name, form, _) = secrets.find(|(_, _, secret)| {
            bytes
                .windows(secret.len())
                .any(|window| window == secret.as_slice())
        })?;
        Some(format!("{name} ({form})"))
    }

    fn looks(&self, place: &str, bytes: &[u8]) {
        assert_eq!(self.found(bytes), None, "in {place}");
    }

    /// Looks into every file, and into what is packed in it.
    fn looks_below(&self, folder: &Path, when: &str) -> Result<usize> {
        let names = files_below(folder)?;
        for name in &names {
            let bytes = fs::read(folder.join(name))?;
            let place = format!("`{}` after {when}", name.display());
            if bytes.starts_with(&[0x1f, 0x8b]) {
                let mut inner = Vec::new();
                // What is no archive was looked at as it is.
                let _ = flate2::read::GzDecoder::new(bytes.as_slice()).read_to_end(&mut inner);
                self.looks(&place, &inner);
            }
            self.looks(&place, &bytes);
        }
        Ok(names.len())
    }
}

#[test]
fn a_secret_is_found_in_each_of_its_forms() {
    let scan = Scan::new();
    for (name, kind, form) in &scan.0 {
        let text = [b"some text ", form.as_slice(), b" more"].concat();
        assert!(scan.found(&text).is_some(), "{name} ({kind})");
    }
    let within = STANDARD.encode(format!("user:{}\n", SECRETS[0].1));
    assert_eq!(
        scan.found(within.as_bytes()).as_deref(),
        Some("CI_JOB_TOKEN (base64 2)")
    );
    scan.looks("nothing", b"nothing");
}

#[test]
fn no_secret_of_the_environment_is_in_anything_that_a_tool_says_or_writes() -> Result<()> {
    let scan = Scan::new();
    let yard = Yard::prepared()?;
    yard.write("serve", b"binary")?;
    let before = files_below(yard.path())?.len();
    let mut runs = 0;
    let ways: [&[&str]; 5] = [
        &["--verbose"],
        &["--print-plan"],
        &["--test-panic"],
        &["--no-such-option"],
        &["--out", "/proc/none/x", "--verbose"],
    ];
    for tool in TOOLS {
        for way in ways {
            // A server runs until it is stopped.
            if tool == "serve" && *way == ["--verbose"] {
                continue;
            }
            let arguments = Yard::arguments(tool, way).unwrap_or_else(|_| way.to_vec());
            let mut command = yard.command(tool)?;
            command.args(&arguments).envs(SECRETS);
            let ran = Ran::of(&mut command)?;
            let what = format!("{tool} {way:?}");
            assert_ne!(ran.code, None, "{ran:?}");
            scan.looks(&format!("stdout of {what}"), ran.stdout.as_bytes());
            scan.looks(&format!("stderr of {what}"), ran.stderr.as_bytes());
            runs += 1;
        }
    }
    let files = scan.looks_below(yard.path(), "all of it")?;
    assert!(runs >= 60 && files > before, "{runs} runs, {files} files");
    Ok(())
}
