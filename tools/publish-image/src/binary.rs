//! A binary that can run where nothing else is: which platform it is for, and that it is static.

use yard_contract::Sha256;

/// A platform that images are made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Platform {
    Amd64,
    Arm64,
}

impl Platform {
    /// As container runtimes name it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Amd64 => "linux/amd64",
            Self::Arm64 => "linux/arm64",
        }
    }

    pub(crate) const fn architecture(self) -> &'static str {
        match self {
            Self::Amd64 => "amd64",
            Self::Arm64 => "arm64",
        }
    }

    pub(crate) fn parse(text: &str) -> Option<Self> {
        [Self::Amd64, Self::Arm64]
            .into_iter()
            .find(|platform| platform.name() == text)
    }
}

/// A binary for one platform.
#[derive(Clone, Debug)]
pub(crate) struct Binary {
    pub(crate) platform: Platform,
    pub(crate) bytes: Vec<u8>,
    pub(crate) sha256: Sha256,
}

/// Why a file cannot be the binary of an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum BinaryFlaw {
    #[error("it is no 64-bit ELF binary for Linux")]
    NotElf,
    #[error("it is for a machine other than amd64 and arm64")]
    Machine,
    #[error("it is for {0}")]
    OtherPlatform(&'static str),
    #[error("it is linked dynamically, and the image has no libraries")]
    Dynamic,
}

impl Binary {
    /// Looks at an ELF file (System V ABI, chapter 4): its machine, and whether it names an
    /// interpreter, as only dynamic executables do.
    pub(crate) fn read(bytes: Vec<u8>, wanted: Option<Platform>) -> Result<Self, BinaryFlaw> {
        let platform = machine(&bytes)?;
        if wanted.is_some_and(|wanted| wanted != platform) {
            return Err(BinaryFlaw::OtherPlatform(platform.name()));
        }
        if names_interpreter(&bytes).ok_or(BinaryFlaw::NotElf)? {
            return Err(BinaryFlaw::Dynamic);
        }
        let sha256 = Sha256::of(&bytes);
        Ok(Self {
            platform,
            bytes,
            sha256,
        })
    }
}

fn machine(bytes: &[u8]) -> Result<Platform, BinaryFlaw> {
    // 64 bits, little-endian, an executable or a position-independent one.
    let is_elf =
        bytes.starts_with(b"\x7fELF\x02\x01") && matches!(number(bytes, 16, 2), Some(2 | 3));
    if !is_elf {
        return Err(BinaryFlaw::NotElf);
    }
    match number(bytes, 18, 2) {
        Some(0x3e) => Ok(Platform::Amd64),
        Some(0xb7) => Ok(Platform::Arm64),
        _ => Err(BinaryFlaw::Machine),
    }
}

/// Whether one of the program headers is `PT_INTERP`; nothing where there are none.
fn names_interpreter(bytes: &[u8]) -> Option<bool> {
    let (table, size, count) = (
        number(bytes, 32, 8)?,
        number(bytes, 54, 2)?,
        number(bytes, 56, 2)?,
    );
    if size < 56 || count == 0 {
        return None;
    }
    let mut interpreter = false;
    for index in 0..count {
        let at = table.checked_add(index * size)?;
        interpreter |= number(bytes, usize::try_from(at).ok()?, 4)? == 3;
    }
    Some(interpreter)
}

/// A little-endian number of some bytes.
fn number(bytes: &[u8], at: usize, length: usize) -> Option<u64> {
    let digits = bytes.get(at..at.checked_add(length)?)?;
    let number = digits
        .iter()
        .rev()
        .fold(0, |number, byte| number << 8 | u64::from(*byte));
    Some(number)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// The smallest file that looks like a binary of a machine, with program headers of some types.
    pub(crate) fn elf(machine: u8, types: &[u8]) -> Vec<u8> {
        let mut bytes = vec![0; 64 + 56 * types.len()];
        bytes[..6].copy_from_slice(b"\x7fELF\x02\x01");
        bytes[16] = 2;
        bytes[18] = machine;
        bytes[32] = 64;
        bytes[54] = 56;
        bytes[56] = u8::try_from(types.len()).unwrap();
        for (index, kind) in types.iter().enumerate() {
            bytes[64 + 56 * index] = *kind;
        }
        bytes
    }

    #[test]
    fn platforms_are_told_apart_and_dynamic_binaries_refused() {
        let read = |bytes: Vec<u8>| Binary::read(bytes, None).map(|binary| binary.platform);
        assert_eq!(read(elf(0x3e, &[1, 2])), Ok(Platform::Amd64));
        assert_eq!(read(elf(0xb7, &[1])), Ok(Platform::Arm64));
        assert_eq!(read(elf(0x03, &[1])), Err(BinaryFlaw::Machine));
        assert_eq!(read(elf(0x3e, &[1, 3])), Err(BinaryFlaw::Dynamic));
        assert_eq!(read(elf(0x3e, &[])), Err(BinaryFlaw::NotElf));
        assert_eq!(read(b"#!/bin/sh\n".to_vec()), Err(BinaryFlaw::NotElf));
        let other = Binary::read(elf(0x3e, &[1]), Some(Platform::Arm64));
        assert_eq!(other.unwrap_err(), BinaryFlaw::OtherPlatform("linux/amd64"));
    }

    #[test]
    fn a_file_that_ends_anywhere_is_no_binary() {
        let whole = elf(0x3e, &[1, 2]);
        for length in 0..whole.len() - 56 {
            assert!(
                Binary::read(whole[..length].to_vec(), None).is_err(),
                "{length}"
            );
        }
        let mut far = whole;
        far[32..40].fill(0xff);
        assert!(Binary::read(far, None).is_err());
    }
}
