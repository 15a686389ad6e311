//! How much a package may ask for.

/// The bounds within which a package is read. Whatever lies beyond is refused, never cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Members, the manifest included.
    pub members: usize,
    /// Bytes of one member.
    pub member_bytes: u64,
    /// Bytes of all members and headers together.
    pub total_bytes: u64,
    /// Bytes out for one byte in, once [`Self::free_bytes`] are out.
    pub ratio: u64,
    /// Bytes that may come out at any ratio: small files compress without bound.
    pub free_bytes: u64,
}

/// Bytes of a manifest: it is held in memory before anything is known of the package.
pub(crate) const MANIFEST_BYTES: u64 = 16 << 20;

impl Default for Limits {
    /// 10,000 members, 2 GiB in all, and a hundred bytes out for one in after the first 16 MiB.
    fn default() -> Self {
        Self {
            members: 10_000,
            member_bytes: 2 << 30,
            total_bytes: 2 << 30,
            ratio: 100,
            free_bytes: 16 << 20,
        }
    }
}

impl Limits {
    /// The default limits for packages of up to so many bytes: who asks for more than the default
    /// knows what comes.
    pub fn of_bytes(bytes: u64) -> Self {
        Self {
            member_bytes: bytes,
            total_bytes: bytes,
            ..Self::default()
        }
    }
}
