//! Writing models: arithmetic, and texts that become other texts.

use super::attribute::{string, strings};
use super::builder::{BuildError, GraphBuilder, ML, Numbers, Texts, expect_size};

/// What two numbers become.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arithmetic {
    /// Their sum.
    Add,
    /// The first without the second.
    Subtract,
    /// Their product.
    Multiply,
    /// The first divided by the second.
    Divide,
}

impl Arithmetic {
    const fn operator(self) -> &'static str {
        match self {
            Self::Add => "Add",
            Self::Subtract => "Sub",
            Self::Multiply => "Mul",
            Self::Divide => "Div",
        }
    }
}

impl GraphBuilder {
    /// Two values cell by cell, in single precision. They must have equally many columns.
    pub fn calculate(
        &mut self,
        operation: Arithmetic,
        left: &Numbers,
        right: &Numbers,
    ) -> Result<Numbers, BuildError> {
        expect_size("columns beside each other", left.width, right.width)?;
        let names = [left.name.as_str(), right.name.as_str()];
        Ok(self.numbers("", operation.operator(), &names, Vec::new(), left.width))
    }

    /// A value and a constant, cell by cell, in single precision.
    pub fn calculate_with(
        &mut self,
        operation: Arithmetic,
        left: &Numbers,
        constant: f32,
    ) -> Numbers {
        let constant = self.initializer(&[1], &[constant]);
        let names = [left.name.as_str(), constant.as_str()];
        self.numbers("", operation.operator(), &names, Vec::new(), left.width)
    }

    /// The largest whole numbers that are not above the cells.
    pub fn floor(&mut self, numbers: &Numbers) -> Numbers {
        self.numbers("", "Floor", &[&numbers.name], Vec::new(), numbers.width)
    }

    /// The cells, those outside a range taken to its ends.
    pub fn clip(&mut self, numbers: &Numbers, low: f32, high: f32) -> Numbers {
        let [low, high] = [low, high].map(|bound| self.initializer(&[], &[bound]));
        let names = [numbers.name.as_str(), &low, &high];
        self.numbers("", "Clip", &names, Vec::new(), numbers.width)
    }

    /// Each row divided by the sum of its cells' magnitudes.
    pub fn shares(&mut self, numbers: &Numbers) -> Numbers {
        let attributes = vec![string("norm", "L1")];
        self.numbers(
            ML,
            "Normalizer",
            &[&numbers.name],
            attributes,
            numbers.width,
        )
    }

    /// Some texts as they are, and one text in place of every other.
    pub fn keep_texts<'s>(
        &mut self,
        texts: &Texts,
        kept: impl Iterator<Item = &'s str> + Clone,
        other: &str,
    ) -> Texts {
        let attributes = vec![
            strings("keys_strings", kept.clone()),
            strings("values_strings", kept),
            string("default_string", other),
        ];
        Texts {
            name: self.add(ML, "LabelEncoder", &[&texts.name], attributes),
        }
    }
}
