//! Archives that somebody made to hurt, and what is to be said of each: one spoiled thing an archive,
//! everything else in it honest.
#![expect(
    clippy::unwrap_used,
    reason = "a test fails by panicking, in its helpers too"
)]

use std::io::Write as _;

use flate2::{Compression, GzBuilder};
use yard_contract::{Document, Manifest, ManifestFile, Producer, Sha256};

/// What it is, its bytes, and what has to be said of it.
pub(crate) type Case = (&'static str, Vec<u8>, &'static str);

pub(crate) const BLOCK: usize = 512;

/// A tar member under construction: an honest ustar header that a test then spoils.
pub(crate) struct Entry {
    header: [u8; BLOCK],
    body: Vec<u8>,
    padding: u8,
}

pub(crate) fn entry(name: &str, body: &[u8]) -> Entry {
    let mut header = [0; BLOCK];
    let mut put = |at: usize, bytes: &[u8]| header[at..at + bytes.len()].copy_from_slice(bytes);
    put(0, name.as_bytes());
    put(100, b"0000644\0");
    put(108, b"0000000\0");
    put(116, b"0000000\0");
    put(124, format!("{:011o}\0", body.len()).as_bytes());
    put(136, b"00000000000\0");
    put(156, b"0");
    put(257, b"ustar\x0000");
    put(329, b"0000000\0");
    put(337, b"0000000\0");
    Entry {
        header,
        body: body.to_vec(),
        padding: 0,
    }
}

impl Entry {
    pub(crate) fn with(mut self, at: usize, bytes: &[u8]) -> Self {
        self.header[at..at + bytes.len()].copy_from_slice(bytes);
        self
    }

    fn kind(self, flag: u8) -> Self {
        self.with(156, &[flag])
    }

    fn link(self, flag: u8, to: &str) -> Self {
        self.kind(flag).with(157, to.as_bytes())
    }

    fn bytes(&self) -> Vec<u8> {
        let mut header = self.header;
        header[148..156].fill(b' ');
        let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
        header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        let mut bytes = header.to_vec();
        bytes.extend(&self.body);
        bytes.resize(bytes.len().next_multiple_of(BLOCK), self.padding);
        bytes
    }
}

pub(crate) fn listing(files: &[(&str, &[u8])]) -> Vec<u8> {
    let files = files
        .iter()
        .map(|(path, body)| ManifestFile {
            path: (*path).to_owned(),
            size: body.len() as u64,
            sha256: Sha256::of(body),
        })
        .collect();
    let manifest = Manifest {
        name: "credit".to_owned(),
        package_version: "1.0.0".to_owned(),
        files,
    };
    Document::new(Producer::new("test", "0"), Vec::new(), manifest).to_bytes()
}

pub(crate) fn tar(entries: &[Entry]) -> Vec<u8> {
    let mut bytes: Vec<u8> = entries.iter().flat_map(Entry::bytes).collect();
    bytes.resize(bytes.len() + 2 * BLOCK, 0);
    bytes
}

pub(crate) fn gzip(tar: &[u8]) -> Vec<u8> {
    let mut out = GzBuilder::new().write(Vec::new(), Compression::new(6));
    out.write_all(tar).unwrap();
    out.finish().unwrap()
}

/// An archive whose manifest is honest about `files` and whose members are `entries`.
pub(crate) fn archive(files: &[(&str, &[u8])], entries: Vec<Entry>) -> Vec<u8> {
    let mut all = vec![entry("manifest.json", &listing(files))];
    all.extend(entries);
    gzip(&tar(&all))
}

/// One listed file `a`, and whatever comes beside it.
fn beside(extra: Entry) -> Vec<u8> {
    archive(&[("a", b"1")], vec![entry("a", b"1"), extra])
}

/// Hostile members of an honest manifest.
pub(crate) fn members() -> Vec<Case> {
    let pax = |records: &str| entry("PaxHeaders/a", records.as_bytes());
    let spoiled =
        |at, bytes: &[u8]| archive(&[("a", b"1")], vec![entry("a", b"1").with(at, bytes)]);
    let named = |name: &str| beside(entry(name, b"x"));
    vec![
        // Leaving the folder.
        (
            "parent",
            named("../x"),
            "member `../x` has an unacceptable path",
        ),
        (
            "absolute",
            named("/tmp/x"),
            "member `/tmp/x` has an unacceptable path: it is absolute",
        ),
        (
            "parent within",
            named("b/../../x"),
            "member `b/../../x` has an unacceptable path",
        ),
        (
            "backslash",
            named("..\\x"),
            "member `..\\\\x` has an unacceptable path",
        ),
        (
            "drive",
            named("C:\\x"),
            "member `C:\\\\x` has an unacceptable path",
        ),
        ("dot", named("./b"), "member `./b` has an unacceptable path"),
        (
            "newline",
            named("b\n::error::c"),
            "member `b\\n::error::c` has an unacceptable path",
        ),
        (
            "not UTF-8",
            beside(entry("b", b"x").with(0, b"\xff\xfe")),
            "it is not UTF-8",
        ),
        (
            "prefix",
            beside(entry("x", b"").with(345, b"..")),
            "member `../x` has an unacceptable",
        ),
        // Anything but files.
        (
            "symlink",
            beside(entry("b", b"").link(b'2', "/etc")),
            "member `b` is a symbolic link",
        ),
        (
            "hard link",
            beside(entry("b", b"").link(b'1', "a")),
            "member `b` is a hard link",
        ),
        (
            "device",
            beside(entry("b", b"").kind(b'3')),
            "member `b` is a device",
        ),
        (
            "block device",
            beside(entry("b", b"").kind(b'4')),
            "member `b` is a device",
        ),
        (
            "folder",
            beside(entry("b", b"").kind(b'5')),
            "member `b` is a folder",
        ),
        (
            "pipe",
            beside(entry("b", b"").kind(b'6')),
            "member `b` is a named pipe",
        ),
        (
            "sparse",
            beside(entry("b", b"").kind(b'S')),
            "member `b` is a sparse file",
        ),
        (
            "volume",
            beside(entry("b", b"").kind(b'M')),
            "member `b` is a part of a multi-volume",
        ),
        (
            "unknown",
            beside(entry("b", b"").kind(b'Z')),
            "member `b` is of an unknown type",
        ),
        (
            "old type",
            beside(entry("b", b"").kind(0)),
            "member `b` has a header that is not in",
        ),
        // Tricks of extension headers.
        (
            "pax size",
            beside(pax("10 size=9\n").kind(b'x')),
            "`PaxHeaders/a` is a pax header",
        ),
        (
            "pax path",
            beside(pax("13 path=../x\n").kind(b'x')),
            "`PaxHeaders/a` is a pax header",
        ),
        (
            "global pax",
            beside(pax("10 size=9\n").kind(b'g')),
            "is a global pax header",
        ),
        (
            "long name",
            beside(entry("././@LongLink", b"../x\0").kind(b'L')),
            "is a GNU long name",
        ),
        (
            "long link",
            beside(entry("././@LongLink", b"../x\0").kind(b'K')),
            "is a GNU long name",
        ),
        // A header that other readers could read otherwise.
        (
            "GNU magic",
            spoiled(257, b"ustar  \0"),
            "`a` has a header that is not in a package's form",
        ),
        (
            "no magic",
            spoiled(257, &[0; 8]),
            "not in a package's form: the archive format",
        ),
        (
            "set-uid",
            spoiled(100, b"0004755\0"),
            "not in a package's form: its mode",
        ),
        (
            "owner",
            spoiled(108, b"0000001\0"),
            "not in a package's form: its owner",
        ),
        (
            "base-256 size",
            spoiled(124, &[0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]),
            "form: its size",
        ),
        (
            "spaced size",
            spoiled(124, b"          1\0"),
            "form: its size",
        ),
        (
            "link name",
            spoiled(157, b"/etc/passwd"),
            "not in a package's form: a link name",
        ),
        (
            "user name",
            spoiled(265, b"root\0"),
            "not in a package's form: a user name",
        ),
        (
            "hidden tail",
            spoiled(500, b"x"),
            "not in a package's form: its padding",
        ),
        (
            "bytes after the name",
            spoiled(50, b"x"),
            "how its name is stored",
        ),
        // What the manifest does not say.
        ("unlisted", named("b"), "member `b` is not in the manifest"),
        ("duplicate", named("a"), "member `a` is there twice"),
        (
            "second manifest",
            named("manifest.json"),
            "member `manifest.json` is there twice",
        ),
        (
            "missing",
            archive(&[("a", b"1"), ("b", b"2")], vec![entry("a", b"1")]),
            "member `b` is in the manifest but missing",
        ),
        (
            "out of order",
            archive(
                &[("a", b"1"), ("b", b"2")],
                vec![entry("b", b"2"), entry("a", b"1")],
            ),
            "member `b` comes out of order: the manifest has `a` here",
        ),
        (
            "other bytes",
            archive(&[("a", b"1")], vec![entry("a", b"2")]),
            "member `a` has sha256",
        ),
        (
            "longer",
            archive(&[("a", b"1")], vec![entry("a", b"11")]),
            "member `a` has 2 bytes, and the manifest says 1",
        ),
        // What the manifest cannot say.
        (
            "signature before a file",
            archive(
                &[("z", b"1")],
                vec![entry("model.sig", b"s"), entry("z", b"1")],
            ),
            "member `model.sig` comes out of order: the manifest has `z` here",
        ),
        (
            "two signatures",
            archive(
                &[("a", b"1")],
                vec![
                    entry("a", b"1"),
                    entry("model.sig", b"s"),
                    entry("model.sig", b"t"),
                ],
            ),
            "member `model.sig` is there twice",
        ),
        (
            "a file behind the signature",
            archive(
                &[("a", b"1")],
                vec![entry("a", b"1"), entry("model.sig", b"s"), entry("b", b"")],
            ),
            "member `b` is not in the manifest",
        ),
        (
            "a shouted signature",
            named("MODEL.SIG"),
            "member `MODEL.SIG` is not in the manifest",
        ),
        (
            "a signature elsewhere",
            named("b/model.sig"),
            "member `b/model.sig` is not in the manifest",
        ),
        (
            "an endless signature",
            beside(entry("model.sig", b"s").with(124, b"77777777777\0")),
            "member `model.sig` has 8589934591 bytes, more than the limit",
        ),
        (
            "a linked signature",
            beside(entry("model.sig", b"").link(b'2', "/etc/passwd")),
            "member `model.sig` is a symbolic link",
        ),
        (
            "padding",
            archive(
                &[("a", b"1")],
                vec![Entry {
                    padding: b'x',
                    ..entry("a", b"1")
                }],
            ),
            "member `a` hides bytes in the padding behind it",
        ),
    ]
}

/// Hostile manifests.
pub(crate) fn manifests() -> Vec<Case> {
    let two = |one: &str, other: &str| archive(&[(one, b"1"), (other, b"2")], vec![]);
    let raw = |manifest: &[u8]| gzip(&tar(&[entry("manifest.json", manifest), entry("a", b"1")]));
    let text = |from: &str, to: &str| {
        let honest = String::from_utf8(listing(&[("a", b"1")])).unwrap();
        assert!(honest.contains(from));
        raw(honest.replacen(from, to, 1).as_bytes())
    };
    vec![
        (
            "climbing",
            archive(&[("../a", b"1")], vec![]),
            "member `../a` has an unacceptable path",
        ),
        ("twice", two("a", "a"), "member `a` is there twice"),
        (
            "case",
            two("A.onnx", "a.onnx"),
            "member `a.onnx` is the same as `A.onnx`",
        ),
        ("letters", two("e\u{301}", "\u{e9}"), "is the same as"),
        (
            "folders that fold",
            two("D/x", "d/y"),
            "member `d/y` is the same as `D/x`",
        ),
        (
            "file and folder",
            two("a", "a/b"),
            "`a` is a file, and `a/b` needs it to be a folder",
        ),
        ("unsorted", two("b", "a"), "member `a` comes out of order"),
        (
            "itself",
            archive(&[("manifest.json", b"1")], vec![]),
            "it is the name of the manifest",
        ),
        (
            "its signature",
            archive(&[("model.sig", b"1")], vec![]),
            "it is the name of the manifest or of the signature",
        ),
        (
            "itself, shouted",
            archive(&[("MANIFEST.json", b"1")], vec![]),
            "it is the name of the manifest",
        ),
        (
            "empty",
            archive(&[], vec![]),
            "a package needs at least one file",
        ),
        (
            "not JSON",
            raw(b"{"),
            "`manifest.json` cannot be used: not a JSON artifact",
        ),
        (
            "other kind",
            text("\"manifest\"", "\"run\""),
            "expected an artifact of kind `manifest`",
        ),
        (
            "too new",
            text("\"1.0\"", "\"2.0\""),
            "cannot be read by this version",
        ),
        (
            "name",
            text("credit", "../credit"),
            "cannot be a package's name",
        ),
        (
            "version",
            text("1.0.0", "1/0"),
            "cannot be a package's version",
        ),
        (
            "digest",
            text("6b86b273", "6B86B273"),
            "`manifest.json` cannot be used",
        ),
        (
            "negative size",
            text("\"size\": 1", "\"size\": -1"),
            "`manifest.json` cannot be used",
        ),
        (
            "absurd size",
            text("\"size\": 1", "\"size\": 1152921504606846976"),
            "more than the limit",
        ),
    ]
}

/// What is no archive, or more than one.
pub(crate) fn frames() -> Vec<Case> {
    let honest_tar = {
        let manifest = entry("manifest.json", &listing(&[("a", b"1")]));
        tar(&[manifest, entry("a", b"1")])
    };
    let honest = gzip(&honest_tar);
    let with_tail = |tail: &[u8]| [honest.as_slice(), tail].concat();
    let mut longer_tar = honest_tar.clone();
    longer_tar.push(0);
    let mut half_end = honest_tar.clone();
    half_end.truncate(honest_tar.len() - BLOCK);
    half_end.extend([7; BLOCK]);
    let mut named = GzBuilder::new()
        .filename("credit.tar")
        .write(Vec::new(), Compression::new(6));
    named.write_all(&honest_tar).unwrap();
    let mut wrong_crc = honest.clone();
    let crc = honest.len() - 8;
    wrong_crc[crc] ^= 1;
    let mut wrong_sum = honest_tar.clone();
    wrong_sum[148] ^= 1;
    let last_member = honest_tar.len() - 3 * BLOCK;
    let zip = b"PK\x03\x04\x00\x00\x00\x00\x00\x00".to_vec();
    let no_manifest = gzip(&tar(&[entry("a", b"1"), entry("manifest.json", b"{}")]));

    vec![
        ("nothing", Vec::new(), "it is empty"),
        ("a zip", zip, "it begins otherwise"),
        ("a plain tar", honest_tar.clone(), "it begins otherwise"),
        (
            "a name in the gzip header",
            named.finish().unwrap(),
            "its header carries extra fields",
        ),
        (
            "an empty tar",
            gzip(&tar(&[])),
            "a package needs at least one file",
        ),
        (
            "no manifest first",
            no_manifest,
            "does not begin with `manifest.json` but with `a`",
        ),
        (
            "a second gzip member",
            with_tail(&honest),
            "bytes follow the end",
        ),
        ("a tail", with_tail(b"\0"), "bytes follow the end"),
        ("a longer tar", gzip(&longer_tar), "bytes follow the end"),
        ("half an end mark", gzip(&half_end), "bytes follow the end"),
        (
            "a wrong gzip checksum",
            wrong_crc,
            "failed to read the archive",
        ),
        (
            "a wrong header checksum",
            gzip(&wrong_sum),
            "has a header with a wrong checksum",
        ),
        (
            "no end mark",
            gzip(&honest_tar[..honest_tar.len() - 2 * BLOCK]),
            "ends in the middle",
        ),
        (
            "cut in a member",
            gzip(&honest_tar[..last_member]),
            "member `a` is cut off",
        ),
        (
            "cut gzip",
            honest[..honest.len() - 4].to_vec(),
            "ends in the middle",
        ),
        (
            "cut gzip data",
            honest[..honest.len() / 2].to_vec(),
            "is cut off",
        ),
    ]
}
