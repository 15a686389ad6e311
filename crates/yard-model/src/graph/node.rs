//! Typed access to the attributes of a node.

use super::{Constant, Data};
use crate::ModelError;
use crate::onnx::proto::{self, attribute_kind};

/// Most attributes of one node; the richest operator has about 20.
const MAX_ATTRIBUTES: usize = 64;

/// A node as an operator's compiler sees it.
#[derive(Clone, Copy)]
pub(crate) struct NodeView<'m> {
    node: &'m proto::Node,
    position: usize,
    /// Version of the operator set it belongs to.
    pub(crate) version: i64,
}

impl<'m> NodeView<'m> {
    /// Wraps a node, refusing one that gives an attribute twice.
    pub(crate) fn new(
        node: &'m proto::Node,
        position: usize,
        version: i64,
    ) -> Result<Self, ModelError> {
        let view = Self {
            node,
            position,
            version,
        };
        if node.attribute.len() > MAX_ATTRIBUTES {
            return Err(view.fail(format!("{} attributes", node.attribute.len())));
        }
        for (at, attribute) in node.attribute.iter().enumerate() {
            if node.attribute[..at]
                .iter()
                .any(|other| other.name == attribute.name)
            {
                return Err(view.fail(format!("attribute `{}` is there twice", attribute.name)));
            }
        }
        Ok(view)
    }

    pub(crate) fn operator(&self) -> &'m str {
        &self.node.op_type
    }

    /// What an error calls this node: its name, or where it stands.
    pub(crate) fn label(&self) -> String {
        if self.node.name.is_empty() {
            format!("#{}", self.position)
        } else {
            self.node.name.clone()
        }
    }

    /// An error that names this node.
    pub(crate) fn fail(&self, reason: impl Into<String>) -> ModelError {
        ModelError::Node {
            node: self.label(),
            operator: self.node.op_type.clone(),
            reason: reason.into(),
        }
    }

    fn find(&self, name: &str, kind: i32) -> Result<Option<&'m proto::Attribute>, ModelError> {
        match self
            .node
            .attribute
            .iter()
            .find(|attribute| attribute.name == name)
        {
            Some(attribute) if attribute.kind != kind => Err(self.fail(format!(
                "attribute `{name}` has type {}, expected {kind}",
                attribute.kind
            ))),
            found => Ok(found),
        }
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.node
            .attribute
            .iter()
            .any(|attribute| attribute.name == name)
    }

    pub(crate) fn int(&self, name: &str) -> Result<Option<i64>, ModelError> {
        Ok(self
            .find(name, attribute_kind::INT)?
            .map(|attribute| attribute.i.unwrap_or(0)))
    }

    pub(crate) fn float(&self, name: &str) -> Result<Option<f32>, ModelError> {
        Ok(self
            .find(name, attribute_kind::FLOAT)?
            .map(|attribute| attribute.f.unwrap_or(0.0)))
    }

    pub(crate) fn string(&self, name: &str) -> Result<Option<&'m str>, ModelError> {
        let Some(attribute) = self.find(name, attribute_kind::STRING)? else {
            return Ok(None);
        };
        let bytes = attribute.s.as_deref().unwrap_or_default();
        std::str::from_utf8(bytes)
            .map(Some)
            .map_err(|_| self.fail(format!("attribute `{name}` is not UTF-8")))
    }

    pub(crate) fn floats(&self, name: &str) -> Result<Option<&'m [f32]>, ModelError> {
        Ok(self
            .find(name, attribute_kind::FLOATS)?
            .map(|attribute| attribute.floats.as_slice()))
    }

    pub(crate) fn ints(&self, name: &str) -> Result<Option<&'m [i64]>, ModelError> {
        Ok(self
            .find(name, attribute_kind::INTS)?
            .map(|attribute| attribute.ints.as_slice()))
    }

    pub(crate) fn strings(&self, name: &str) -> Result<Option<Vec<String>>, ModelError> {
        let Some(attribute) = self.find(name, attribute_kind::STRINGS)? else {
            return Ok(None);
        };
        self.texts(name, &attribute.strings).map(Some)
    }

    /// Strings as their bytes, without a copy: long lists of short words.
    pub(crate) fn words(&self, name: &str) -> Result<Option<Vec<&'m str>>, ModelError> {
        let Some(attribute) = self.find(name, attribute_kind::STRINGS)? else {
            return Ok(None);
        };
        attribute
            .strings
            .iter()
            .map(|bytes| std::str::from_utf8(bytes))
            .collect::<Result<_, _>>()
            .map(Some)
            .map_err(|_| self.fail(format!("attribute `{name}` is not UTF-8")))
    }

    pub(crate) fn tensor(&self, name: &str) -> Result<Option<Constant>, ModelError> {
        let Some(attribute) = self.find(name, attribute_kind::TENSOR)? else {
            return Ok(None);
        };
        let tensor = attribute.t.clone().unwrap_or_default();
        Constant::read(tensor)
            .map(Some)
            .map_err(|reason| self.fail(format!("attribute `{name}`: {reason}")))
    }

    /// The value of a `Constant` node, in whichever of its forms.
    pub(crate) fn constant(&self) -> Result<Constant, ModelError> {
        if let Some(constant) = self.tensor("value")? {
            return Ok(constant);
        }
        if let Some(value) = self.float("value_float")? {
            return Ok(Constant::scalar(Data::F32(vec![value])));
        }
        if let Some(value) = self.int("value_int")? {
            return Ok(Constant::scalar(Data::I64(vec![value])));
        }
        if let Some(value) = self.string("value_string")? {
            return Ok(Constant::scalar(Data::Text(vec![value.to_owned()])));
        }
        if let Some(values) = self.floats("value_floats")? {
            return Ok(Constant::vector(Data::F32(values.to_vec())));
        }
        if let Some(values) = self.ints("value_ints")? {
            return Ok(Constant::vector(Data::I64(values.to_vec())));
        }
        if let Some(values) = self.strings("value_strings")? {
            return Ok(Constant::vector(Data::Text(values)));
        }
        Err(self.fail("no value that is supported"))
    }

    fn texts(&self, name: &str, strings: &[Vec<u8>]) -> Result<Vec<String>, ModelError> {
        strings
            .iter()
            .map(|bytes| String::from_utf8(bytes.clone()))
            .collect::<Result<_, _>>()
            .map_err(|_| self.fail(format!("attribute `{name}` is not UTF-8")))
    }
}
