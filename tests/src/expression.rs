//! GitHub's expressions, as far as our workflows and actions use them: names, texts, `==`, `!=`, `!`,
//! `&&`, `||`, parentheses and a few functions. What is not known is an error and not empty.

use anyhow::{Context as _, Result, bail};

/// What an expression may ask.
pub(crate) trait Scope {
    /// The value of a name such as `inputs.name`.
    fn value(&self, name: &str) -> Result<String>;
    /// Whether everything before has succeeded.
    fn success(&self) -> bool;
}

/// A text with every `${{ … }}` replaced.
pub(crate) fn expand(text: &str, scope: &dyn Scope) -> Result<String> {
    let mut result = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${{") {
        let (expression, after) = after.split_once("}}").context("an open expression")?;
        result.push_str(before);
        result.push_str(&Parser::read(expression, scope)?);
        rest = after;
    }
    result.push_str(rest);
    Ok(result)
}

/// Whether a condition holds. One that asks for no status holds only after success.
pub(crate) fn holds(condition: Option<&str>, scope: &dyn Scope) -> Result<bool> {
    let Some(condition) = condition else {
        return Ok(scope.success());
    };
    let inner = condition.trim().trim_start_matches("${{");
    let inner = inner.trim_end().trim_end_matches("}}");
    let asks = ["always()", "cancelled()", "success()", "failure()"];
    let asks = asks.iter().any(|name| inner.contains(name));
    Ok((asks || scope.success()) && is_true(&Parser::read(inner, scope)?))
}

/// Texts that are no truth; the rest is.
fn is_true(text: &str) -> bool {
    !["", "false", "0"].contains(&text)
}

struct Parser<'a> {
    tokens: Vec<String>,
    at: usize,
    scope: &'a dyn Scope,
}

impl<'a> Parser<'a> {
    fn read(text: &str, scope: &'a dyn Scope) -> Result<String> {
        let mut parser = Self {
            tokens: tokens(text)?,
            at: 0,
            scope,
        };
        let value = parser.either()?;
        anyhow::ensure!(
            parser.at == parser.tokens.len(),
            "`{text}` goes on where it should end"
        );
        Ok(value)
    }

    fn take(&mut self, token: &str) -> bool {
        let found = self.tokens.get(self.at).is_some_and(|next| next == token);
        self.at += usize::from(found);
        found
    }

    fn either(&mut self) -> Result<String> {
        let mut value = self.both()?;
        while self.take("||") {
            let other = self.both()?;
            if !is_true(&value) {
                value = other;
            }
        }
        Ok(value)
    }

    fn both(&mut self) -> Result<String> {
        let mut value = self.compared()?;
        while self.take("&&") {
            let other = self.compared()?;
            if is_true(&value) {
                value = other;
            }
        }
        Ok(value)
    }

    fn compared(&mut self) -> Result<String> {
        let value = self.single()?;
        // GitHub compares texts without regard to case.
        if self.take("==") {
            return Ok(value.eq_ignore_ascii_case(&self.single()?).to_string());
        }
        if self.take("!=") {
            return Ok((!value.eq_ignore_ascii_case(&self.single()?)).to_string());
        }
        Ok(value)
    }

    fn single(&mut self) -> Result<String> {
        if self.take("!") {
            return Ok((!is_true(&self.single()?)).to_string());
        }
        if self.take("(") {
            let value = self.either()?;
            anyhow::ensure!(self.take(")"), "a parenthesis stays open");
            return Ok(value);
        }
        let token = self.tokens.get(self.at).context("it ends early")?.clone();
        self.at += 1;
        if let Some(text) = token.strip_prefix('\'') {
            return Ok(text.to_owned());
        }
        if !self.take("(") {
            return match token.as_str() {
                "true" | "false" => Ok(token),
                name => self.scope.value(name),
            };
        }
        let mut arguments = Vec::new();
        while !self.take(")") {
            arguments.push(self.either()?);
            self.take(",");
        }
        Ok(match (token.as_str(), arguments.as_slice()) {
            ("always", []) => true.to_string(),
            ("cancelled", []) => false.to_string(),
            ("success", []) => self.scope.success().to_string(),
            ("failure", []) => (!self.scope.success()).to_string(),
            ("format", [pattern, values @ ..]) => {
                let numbered = values.iter().enumerate();
                numbered.fold(pattern.clone(), |text, (number, value)| {
                    text.replace(&format!("{{{number}}}"), value)
                })
            }
            (name, _) => bail!("there is no function `{name}` here"),
        })
    }
}

/// Texts keep their opening quote, so that they are no names.
fn tokens(text: &str) -> Result<Vec<String>> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let length = if first == '\'' {
            let end = rest[1..].find('\'').context("a text stays open")?;
            tokens.push(rest[..=end].to_owned());
            end + 2
        } else {
            let is_name = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
            let operators = ["==", "!=", "&&", "||", "!", "(", ")", ","];
            let operator = operators.iter().find(|known| rest.starts_with(**known));
            let length = match operator {
                Some(operator) => operator.len(),
                None => rest.find(|c| !is_name(c)).unwrap_or(rest.len()),
            };
            anyhow::ensure!(length > 0, "`{rest}` is no expression");
            tokens.push(rest[..length].to_owned());
            length
        };
        rest = rest[length..].trim_start();
    }
    Ok(tokens)
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Known(bool);

    impl Scope for Known {
        fn value(&self, name: &str) -> Result<String> {
            match name {
                "inputs.name" => Ok("churn".to_owned()),
                "inputs.empty" => Ok(String::new()),
                other => bail!("no {other}"),
            }
        }

        fn success(&self) -> bool {
            self.0
        }
    }

    #[test]
    fn conditions_are_read_as_github_reads_them() -> Result<()> {
        for (condition, after_success, after_failure) in [
            ("inputs.name == 'churn'", true, false),
            ("${{ always() && inputs.name != 'x' }}", true, true),
            (
                "!cancelled() && (inputs.empty != '' || inputs.name == 'CHURN')",
                true,
                true,
            ),
            ("failure()", false, true),
            ("inputs.empty", false, false),
        ] {
            assert_eq!(
                holds(Some(condition), &Known(true))?,
                after_success,
                "{condition}"
            );
            assert_eq!(
                holds(Some(condition), &Known(false))?,
                after_failure,
                "{condition}"
            );
        }
        let text = "a ${{ inputs.empty || format('{0}-model', inputs.name) }} b";
        assert_eq!(expand(text, &Known(true))?, "a churn-model b");
        for wrong in [
            "unknown()",
            "inputs.other",
            "(inputs.name",
            "'open",
            "a b",
            "#",
        ] {
            assert!(holds(Some(wrong), &Known(true)).is_err(), "{wrong}");
        }
        Ok(())
    }
}
