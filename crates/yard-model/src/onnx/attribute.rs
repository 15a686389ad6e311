//! Attributes of nodes, by type.

use super::proto::{Attribute, attribute_kind};

fn attribute(name: &str, kind: i32) -> Attribute {
    Attribute {
        name: name.to_owned(),
        kind,
        ..Attribute::default()
    }
}

pub(crate) fn int(name: &str, value: i64) -> Attribute {
    Attribute {
        i: Some(value),
        ..attribute(name, attribute_kind::INT)
    }
}

pub(crate) fn float(name: &str, value: f32) -> Attribute {
    Attribute {
        f: Some(value),
        ..attribute(name, attribute_kind::FLOAT)
    }
}

pub(crate) fn string(name: &str, value: &str) -> Attribute {
    Attribute {
        s: Some(value.as_bytes().to_vec()),
        ..attribute(name, attribute_kind::STRING)
    }
}

pub(crate) fn ints(name: &str, values: Vec<i64>) -> Attribute {
    Attribute {
        ints: values,
        ..attribute(name, attribute_kind::INTS)
    }
}

pub(crate) fn floats(name: &str, values: Vec<f32>) -> Attribute {
    Attribute {
        floats: values,
        ..attribute(name, attribute_kind::FLOATS)
    }
}

pub(crate) fn strings<'s>(name: &str, values: impl Iterator<Item = &'s str>) -> Attribute {
    let strings = values.map(|value| value.as_bytes().to_vec()).collect();
    Attribute {
        strings,
        ..attribute(name, attribute_kind::STRINGS)
    }
}
