//! Signed packages with all sorts of trees in them.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Result;
use e2e::{Ran, Yard, command, variable};

/// A yard with a key, in which packages are made and unpacked.
pub(crate) struct World(Yard);

impl World {
    pub(crate) fn new() -> Result<Self> {
        let world = Self(Yard::prepared()?);
        let ran = world
            .0
            .run("publish-package", &["keygen", "--out", "team.key"])?;
        ran.assert_code(0);
        for folder in ["trees", "sealed"] {
            fs::create_dir(world.path().join(folder))?;
        }
        Ok(world)
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    pub(crate) fn yard(&self) -> &Yard {
        &self.0
    }

    /// Packs and signs the files of `tree/`; answers the package, unpacked by tar.
    pub(crate) fn signed(&self, name: &str) -> Result<PathBuf> {
        let archive = format!("packed/{name}.tar.gz");
        let ran = self.0.run(
            "publish-package",
            &[
                "--name",
                name,
                "--package-version",
                "1.0.0",
                "--include",
                "tree",
                "--signing-key",
                "team.key",
                "--archive",
                &archive,
                "--target",
                "dir:registry",
            ],
        )?;
        ran.assert_code(0);
        let ran = self.0.run(
            "publish-package",
            &["verify", &archive, "--public-key", "team.key.pub"],
        )?;
        ran.assert_code(0);
        let folder = self.path().join("trees").join(name);
        fs::create_dir(&folder)?;
        let mut tar = command("tar");
        tar.arg("-xzf").arg(self.path().join(&archive));
        Ran::of(tar.arg("-C").arg(&folder))?.assert_code(0);
        let sealed = format!("registry/{name}/1.0.0/{name}-1.0.0.tar.gz.sigstore.json");
        fs::rename(
            self.path().join(sealed),
            self.path().join("sealed").join(format!("{name}.json")),
        )?;
        Ok(folder)
    }
}

/// Bytes that do not compress, the same every time.
pub(crate) fn noise(length: usize, seed: u64) -> Vec<u8> {
    let mut state = seed.wrapping_mul(2).wrapping_add(1);
    let next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()
    };
    std::iter::repeat_with(next)
        .flatten()
        .take(length)
        .collect()
}

/// Paths and what the files hold.
type Files = Vec<(String, Vec<u8>)>;

/// Names of trees, and the files of each.
pub(crate) fn trees() -> Vec<(&'static str, Files)> {
    let named = |names: &[&str]| -> Files {
        let files = names.iter().enumerate();
        files
            .map(|(number, name)| ((*name).to_owned(), noise(100 + number, number as u64)))
            .collect()
    };
    let one = |bytes: &[u8]| vec![("file.bin".to_owned(), bytes.to_vec())];
    let many = if variable("TRAINYARD_SOAK").is_some() {
        9_900
    } else {
        2_000
    };
    let counted = |count: usize, name: fn(usize) -> String| {
        let files = 0..count;
        files
            .map(|number| (name(number), number.to_string().into_bytes()))
            .collect::<Vec<_>>()
    };
    let deep = (1..=13).map(|depth| format!("{}file", "d/".repeat(depth)));
    let long = format!("{}/{}", "folder-".repeat(14), "n".repeat(100));
    vec![
        ("plain", named(&["a.txt", "b.txt"])),
        ("empty-file", one(b"")),
        ("one-byte", one(b"\0")),
        (
            "spaces",
            named(&[
                "with space.txt",
                "two  spaces.txt",
                " first",
                "sub folder/a b",
            ]),
        ),
        ("latin", named(&["größe.txt", "été.csv", "señal/año"])),
        (
            "scripts",
            named(&["模型.onnx", "модель.bin", "النموذج", "מודל", "モデル/重み"]),
        ),
        ("emoji", named(&["🚂.txt", "👩‍🔬/🧪.csv", "🇪🇺"])),
        (
            "composed",
            named(&["e\u{301}.txt", "\u{e9}te\u{301}2.txt", "한글"]),
        ),
        ("quotes", named(&["it's", "say \"hi\"", "`tick`", "a,b;c"])),
        (
            "shell",
            named(&[
                "$(touch canary)",
                "${HOME}",
                "a&b|c",
                "*",
                "?x",
                "~root",
                "!x",
                "-rf",
            ]),
        ),
        (
            "url",
            named(&["%2e%2e", "a%00b", "a#b", "a?b=c", "a+b", "a@b"]),
        ),
        (
            "json",
            named(&["{\"a\"}", "[0]", "<script>", "&amp;", "\u{2028}x"]),
        ),
        (
            "dots",
            named(&[".hidden", "..two", "a.b.c", "x.tar.gz", ".config/x"]),
        ),
        // Sorted by parts of the path or by bytes of the whole, these come in another order.
        (
            "order",
            named(&["a/b", "a-b", "a.b", "a b", "B/b", "ab", "a/b-c"]),
        ),
        (
            "nested",
            deep.enumerate()
                .map(|(n, name)| (name, noise(n, 3)))
                .collect(),
        ),
        (
            "long-names",
            vec![(long, noise(9, 9)), ("n".repeat(90), noise(8, 8))],
        ),
        (
            "same-bytes",
            counted(40, |number| format!("copy-{number:02}"))
                .into_iter()
                .map(|(name, _)| (name, b"same".to_vec()))
                .collect(),
        ),
        (
            "block-sizes",
            [511, 512, 513, 1023, 1024, 65_536]
                .iter()
                .map(|size| (format!("{size}.bin"), noise(*size, 5)))
                .collect(),
        ),
        ("large-file", one(&noise(24 << 20, 7))),
        (
            "many-files",
            counted(many, |number| format!("{:02}/{number:05}.txt", number % 97)),
        ),
    ]
}
