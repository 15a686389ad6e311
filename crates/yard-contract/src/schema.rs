//! JSON Schemas of all artifact kinds, generated from the types.

use schemars::{JsonSchema, Schema, SchemaGenerator, generate::SchemaSettings};
use serde_json::{Map, Value, json};

use crate::document::{Artifact, Input, Producer};
use crate::kinds;

/// The schema of one kind of artifact: its header's fields, then its body's.
pub fn document_schema<T: Artifact>() -> Schema {
    let mut generator = SchemaGenerator::new(SchemaSettings::draft2020_12());
    let header: [(&str, Value); 4] = [
        ("kind", json!({ "const": T::KIND })),
        (
            "version",
            json!({ "type": "string", "pattern": version_pattern::<T>() }),
        ),
        ("produced_by", sub_schema::<Producer>(&mut generator)),
        (
            "inputs",
            json!({ "type": "array", "items": sub_schema::<Input>(&mut generator) }),
        ),
    ];
    let mut schema = generator.into_root_schema_for::<T>();
    let object = schema.ensure_object();
    let named = |(name, value): (&str, Value)| (name.to_owned(), value);
    let mut properties: Map<String, Value> = header.iter().cloned().map(named).collect();
    let mut required: Vec<Value> = header.iter().map(|(name, _)| json!(name)).collect();
    if let Some(Value::Object(body)) = object.remove("properties") {
        properties.extend(body);
    }
    if let Some(Value::Array(body)) = object.remove("required") {
        required.extend(body);
    }
    object.insert("properties".to_owned(), properties.into());
    object.insert("required".to_owned(), required.into());
    object.insert("title".to_owned(), json!(T::KIND));
    schema
}

fn version_pattern<T: Artifact>() -> String {
    format!("^{}\\.[0-9]+$", T::VERSION.major)
}

fn sub_schema<T: JsonSchema>(generator: &mut SchemaGenerator) -> Value {
    generator.subschema_for::<T>().to_value()
}

/// Every kind's schema, as (file name, content), in the form in which they are committed under
/// `schemas/`.
pub fn schemas() -> Vec<(String, String)> {
    fn entry<T: Artifact>() -> (String, String) {
        let name = format!("{}.v{}.schema.json", T::KIND, T::VERSION.major);
        let mut text =
            serde_json::to_string_pretty(&document_schema::<T>()).expect("a schema is plain JSON");
        text.push('\n');
        (name, text)
    }
    vec![
        entry::<kinds::AliasMove>(),
        entry::<kinds::BatchReport>(),
        entry::<kinds::DataReport>(),
        entry::<kinds::DriftReport>(),
        entry::<kinds::Evaluation>(),
        entry::<kinds::Explanation>(),
        entry::<kinds::Gate>(),
        entry::<kinds::Golden>(),
        entry::<kinds::Leaderboard>(),
        entry::<kinds::Ledger>(),
        entry::<kinds::ImageReceipt>(),
        entry::<kinds::Manifest>(),
        entry::<kinds::Measurement>(),
        entry::<kinds::Parity>(),
        entry::<kinds::Profile>(),
        entry::<kinds::PublishReceipt>(),
        entry::<kinds::Run>(),
        entry::<kinds::Signature>(),
        entry::<kinds::SmokeReport>(),
        entry::<kinds::Split>(),
        entry::<kinds::Verification>(),
    ]
}
