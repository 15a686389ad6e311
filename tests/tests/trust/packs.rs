//! The same files give the same package, whatever surrounds the packing.

use std::fs;
use std::path::Path;

use anyhow::Result;
use e2e::{Ran, Yard, command, files_below, tools};

/// What differs from run to run: all of it may, and nothing of it may show.
struct Surroundings {
    umask: &'static str,
    time_zone: &'static str,
    locale: &'static str,
    /// When the files were written last, in seconds since 1970.
    written: u32,
    mode: &'static str,
    /// Whether files were created in reverse, and included in reverse.
    reversed: bool,
    /// The folder, which is another one too.
    folder: &'static str,
}

const COUNT: usize = 20;

fn surroundings(number: usize) -> Surroundings {
    let of = |choices: &[&'static str]| choices[number % choices.len()];
    Surroundings {
        umask: of(&["022", "077", "002", "027", "000"]),
        time_zone: of(&["UTC", "Asia/Kathmandu", "America/St_Johns", "Pacific/Apia"]),
        locale: of(&["C", "C.UTF-8", "de_DE.UTF-8", "tr_TR.UTF-8", "ja_JP.SJIS"]),
        written: [0, 86_400, 1_000_000_000, 1_800_000_000, 4_000_000_000][number % 5],
        mode: of(&["600", "644", "755", "444"]),
        reversed: number % 2 == 1,
        folder: of(&[
            "a",
            "a b",
            "größe",
            "deep/er/and/deeper",
            "x-y.z",
            "$HOME",
            "-dash",
        ]),
    }
}

/// Copies the inputs, in one order of creation or the other.
fn copy(from: &Path, to: &Path, how: &Surroundings) -> Result<()> {
    let mut names = files_below(from)?;
    names.retain(|name| {
        name.starts_with("out/model")
            || name.starts_with("out/tree")
            || name.parent() == Some(Path::new("out"))
    });
    if how.reversed {
        names.reverse();
    }
    for name in names {
        let path = to.join(&name);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::copy(from.join(&name), &path)?;
        let touch = format!("@{}", how.written);
        Ran::of(command("touch").args(["-d", &touch]).arg(&path))?.assert_code(0);
        Ran::of(command("chmod").arg(how.mode).arg(&path))?.assert_code(0);
    }
    Ok(())
}

#[test]
fn twenty_packs_in_twenty_surroundings_are_the_same_bytes() -> Result<()> {
    let yard = Yard::prepared()?;
    yard.run("publish-package", &["keygen", "--out", "out/team.key"])?
        .assert_code(0);
    for name in ["b", "a", "Z", "ä", "a-b", "a/b"] {
        if name != "a" {
            yard.write(format!("out/tree/{name}"), name)?;
        }
    }
    let world = tempfile::tempdir()?;
    let mut first: Option<Vec<(String, Vec<u8>)>> = None;
    for number in 0..COUNT {
        let how = surroundings(number);
        let folder = world.path().join(number.to_string()).join(how.folder);
        fs::create_dir_all(&folder)?;
        copy(yard.path(), &folder, &how)?;
        let mut included = ["out/tree", "out/evaluation.json", "out/model_card.md"];
        if how.reversed {
            included.reverse();
        }
        let mut pack = command("sh");
        pack.args(["-c", "umask \"$1\"; shift; exec \"$@\"", "sh", how.umask])
            .arg(tools()?.join("publish-package"))
            .args(["--name", "small", "--package-version", "1.0.0"])
            .args(["--signing-key", "out/team.key", "--target", "dir:registry"])
            .args(included.iter().flat_map(|path| ["--include", path]))
            .env("TZ", how.time_zone)
            .env("LC_ALL", how.locale)
            .env("USER", how.folder)
            .current_dir(&folder);
        Ran::of(&mut pack)?.assert_code(0);
        let release = folder.join("registry/small/1.0.0");
        let files: Vec<(String, Vec<u8>)> = files_below(&release)?
            .into_iter()
            .map(|name| Ok((name.display().to_string(), fs::read(release.join(&name))?)))
            .collect::<Result<_>>()?;
        let first = first.get_or_insert_with(|| files.clone());
        for (one, other) in first.iter().zip(&files) {
            assert_eq!(one.0, other.0);
            assert!(one.1 == other.1, "`{}` differs in run {number}", one.0);
        }
        assert_eq!(first.len(), files.len());
    }
    Ok(())
}
