//! The 512 bytes before each member: plain ustar (POSIX.1-1988), written in exactly one way.
//!
//! A header is decoded by reading the three things that may vary (path, size, time), encoding them
//! again and comparing all 512 bytes. Whatever a tar header can carry beyond them has no room to
//! hide in, and there is no field on which two readers could disagree.

use crate::error::{Flaw, PackageError};
use crate::path::MemberPath;

/// Bytes of a header, and the unit in which members are padded.
pub(crate) const BLOCK: usize = 512;
/// The largest number of eleven octal digits.
pub(crate) const LARGEST: u64 = 0o777_7777_7777;

/// What varies between headers.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) path: MemberPath,
    pub(crate) size: u64,
    pub(crate) mtime: u64,
}

impl Header {
    /// The header's bytes. Size and time are at most [`LARGEST`].
    pub(crate) fn encode(&self) -> [u8; BLOCK] {
        let (prefix, name) = self.path.split().unwrap_or(("", self.path.as_str()));
        let mut block = [0; BLOCK];
        let mut put = |at: usize, bytes: &[u8]| block[at..at + bytes.len()].copy_from_slice(bytes);
        put(0, name.as_bytes());
        put(100, b"0000644\0"); // mode: everyone may read
        put(108, b"0000000\0"); // owner
        put(116, b"0000000\0"); // group
        put(124, format!("{:011o}\0", self.size).as_bytes());
        put(136, format!("{:011o}\0", self.mtime).as_bytes());
        put(148, b"        "); // the checksum counts itself as spaces
        put(156, b"0"); // a regular file
        put(257, b"ustar\x0000");
        put(329, b"0000000\0"); // device numbers
        put(337, b"0000000\0");
        put(345, prefix.as_bytes());
        let sum = checksum(&block);
        block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        block
    }

    /// Reads a header, refusing whatever [`Self::encode`] would not have written.
    pub(crate) fn decode(block: &[u8; BLOCK]) -> Result<Self, PackageError> {
        let name = text(&block[0..100]);
        let prefix = text(&block[345..500]);
        let shown = match prefix {
            b"" => String::from_utf8_lossy(name).into_owned(),
            _ => format!(
                "{}/{}",
                String::from_utf8_lossy(prefix),
                String::from_utf8_lossy(name)
            ),
        };
        let refuse = |flaw| PackageError::member(&shown, flaw);
        if octal(&block[148..154]) != Some(checksum(block)) {
            return Err(refuse(Flaw::Checksum));
        }
        if let Some(flaw) = kind(block[156]) {
            return Err(refuse(flaw));
        }
        if std::str::from_utf8(name).is_err() || std::str::from_utf8(prefix).is_err() {
            return Err(refuse(Flaw::Path(crate::path::PathFlaw::Utf8)));
        }
        let path = MemberPath::new(&shown).map_err(|flaw| refuse(Flaw::Path(flaw)))?;
        let size = octal(&block[124..135]).ok_or_else(|| refuse(Flaw::Header("its size")))?;
        let mtime = octal(&block[136..147]).ok_or_else(|| refuse(Flaw::Header("its time")))?;
        let header = Self { path, size, mtime };
        let canonical = header.encode();
        if canonical == *block {
            return Ok(header);
        }
        let differs = |start: usize, end: usize| canonical[start..end] != block[start..end];
        let field = FIELDS.iter().find(|(start, end, _)| differs(*start, *end));
        Err(refuse(Flaw::Header(
            field.map_or("how its checksum is stored", |field| field.2),
        )))
    }
}

/// The fields that can differ beyond the checksum, which differs with any of them.
const FIELDS: [(usize, usize, &str); 13] = [
    (0, 100, "how its name is stored"),
    (100, 108, "its mode"),
    (108, 116, "its owner"),
    (116, 124, "its group"),
    (124, 136, "how its size is stored"),
    (136, 148, "how its time is stored"),
    (156, 257, "a link name"),
    (257, 265, "the archive format"),
    (265, 297, "a user name"),
    (297, 329, "a group name"),
    (329, 345, "device numbers"),
    (345, 500, "how its folder is stored"),
    (500, BLOCK, "its padding"),
];

/// Why this type of member is refused; nothing for a regular file.
fn kind(flag: u8) -> Option<Flaw> {
    Some(match flag {
        b'0' => return None,
        b'1' => Flaw::NotAFile("a hard link"),
        b'2' => Flaw::NotAFile("a symbolic link"),
        b'3' | b'4' => Flaw::NotAFile("a device"),
        b'5' => Flaw::NotAFile("a folder"),
        b'6' => Flaw::NotAFile("a named pipe"),
        b'S' => Flaw::NotAFile("a sparse file"),
        b'M' => Flaw::NotAFile("a part of a multi-volume file"),
        b'x' => Flaw::Extension("a pax header"),
        b'g' => Flaw::Extension("a global pax header"),
        b'L' | b'K' => Flaw::Extension("a GNU long name"),
        0 | b'7' => Flaw::Header("an old form of its type"),
        _ => Flaw::NotAFile("of an unknown type"),
    })
}

fn text(field: &[u8]) -> &[u8] {
    let end = field.iter().position(|byte| *byte == 0);
    &field[..end.unwrap_or(field.len())]
}

fn octal(digits: &[u8]) -> Option<u64> {
    digits.iter().try_fold(0, |number, digit| match digit {
        b'0'..=b'7' => Some(number * 8 + u64::from(digit - b'0')),
        _ => None,
    })
}

fn checksum(block: &[u8; BLOCK]) -> u64 {
    let others = block[..148].iter().chain(&block[156..]);
    others.map(|byte| u64::from(*byte)).sum::<u64>() + 8 * u64::from(b' ')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_encoded_decodes_and_one_other_bit_anywhere_does_not() {
        let long = format!("{}/{}", "folder".repeat(20), "file.json");
        for path in ["model.onnx", long.as_str()] {
            let header = Header {
                path: MemberPath::new(path).unwrap(),
                size: 12_345,
                mtime: 1_700_000_000,
            };
            let block = header.encode();
            assert_eq!(Header::decode(&block).unwrap(), header);
            for bit in 0..BLOCK * 8 {
                let mut changed = block;
                changed[bit / 8] ^= 1 << (bit % 8);
                assert!(Header::decode(&changed).is_err(), "bit {bit}");
            }
        }
    }
}
