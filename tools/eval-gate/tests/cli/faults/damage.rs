//! Ways to spoil a file.

use yard_contract::Sha256;

/// One damage: its name, and what becomes of the bytes; `None` where it does not apply.
pub(super) type Damage = (&'static str, fn(&[u8]) -> Option<Vec<u8>>);

pub(super) fn text(bytes: &[u8]) -> Option<&str> {
    std::str::from_utf8(bytes).ok()
}

/// The first digest in a text becomes another's; in an evaluation, that of the rows.
fn other_digest(bytes: &[u8]) -> Option<Vec<u8>> {
    let text = text(bytes)?;
    let mut from = text.find("\"holdout_sha256\"").unwrap_or(0);
    for part in text[from..].split('"') {
        if part.len() == 64 && part.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            break;
        }
        from += part.len() + 1;
    }
    let digest = text.get(from..from + 64)?;
    Some(
        text.replace(digest, &Sha256::of(b"another").to_string())
            .into_bytes(),
    )
}

/// The numbers of a table, or of an artifact, are none any more.
fn not_a_number(bytes: &[u8]) -> Option<Vec<u8>> {
    let text = text(bytes)?;
    if text.starts_with('{') {
        let end = text.rfind(|sign: char| sign.is_ascii_digit())?;
        let start = text[..end].rfind(|sign: char| !(sign.is_ascii_digit() || sign == '.'))?;
        return Some(format!("{}NaN{}", &text[..=start], &text[end + 1..]).into_bytes());
    }
    let (header, rows) = text.split_once('\n')?;
    let rows = rows.lines().map(|row| match row.split_once(',') {
        Some((_, rest)) => format!("nan,{rest}\n"),
        None => row.to_owned(),
    });
    Some(format!("{header}\n{}", rows.collect::<String>()).into_bytes())
}

/// Every row is the first.
fn constant(bytes: &[u8]) -> Option<Vec<u8>> {
    let text = text(bytes)?;
    if text.starts_with('{') {
        return None;
    }
    let (header, rows) = text.split_once('\n')?;
    let first = rows.lines().next()?;
    let count = rows.lines().count();
    Some(format!("{header}\n{}", format!("{first}\n").repeat(count)).into_bytes())
}

pub(super) const DAMAGES: [Damage; 6] = [
    ("empty", |_| Some(Vec::new())),
    ("truncated", |bytes| Some(bytes[..bytes.len() / 2].to_vec())),
    ("corrupted", |bytes| {
        let mut bytes = bytes.to_vec();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 0x80;
        Some(bytes)
    }),
    ("not a number", not_a_number),
    ("constant", constant),
    ("of another digest", other_digest),
];
