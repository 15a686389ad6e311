//! A model folder from an ONNX file that another program wrote: the graph reshaped to one input a
//! column, and signature, profile and golden rows from a table. The answers stay the graph's own.

use std::collections::BTreeMap;
use std::path::Path;

use yard_cli::{Io, Verdict, files};
use yard_contract::{
    Algorithm, Answer, Binary, Classes, ExplainedSide, Feature, Finite, Input, ManifestFile,
    Multiclass, Profile, Regression, Run, Scalar, Sha256, Signature,
};
use yard_model::{Adopted, Outlet, Predictor, file};
use yard_table::{ColumnKind, ColumnSpec, Layout, Table};

use crate::args::AdoptArgs;
use crate::error::TrainError;
use crate::{explain, fit, golden, profile, toolchain};

/// Where a graph comes from, if it is not a file that was there already.
pub(crate) struct Origin {
    pub(crate) algorithm: Algorithm,
    pub(crate) parameters: BTreeMap<String, Scalar>,
    pub(crate) inputs: Vec<Input>,
}

pub(crate) fn run(args: &AdoptArgs, io: &mut Io) -> Result<Verdict, TrainError> {
    let Made { features, producer } = folder(args, None, io)?;
    let folder = args.model.display();
    io.print(|out| writeln!(out, "{folder}: {features} features, written by {producer}"))?;
    Ok(Verdict::Pass)
}

/// A model folder that was made.
pub(crate) struct Made {
    pub(crate) features: usize,
    /// What the graph says of who wrote it.
    pub(crate) producer: String,
}

/// Makes the folder.
pub(crate) fn folder(
    args: &AdoptArgs,
    origin: Option<Origin>,
    io: &mut Io,
) -> Result<Made, TrainError> {
    let source = io.read("onnx", &args.onnx)?;
    let rows = io.read("table", &args.data)?;
    let fail = |source| TrainError::Table {
        path: args.data.display().to_string(),
        source,
    };
    let layout = Layout::sniff(&rows.bytes).with_missing(&args.missing);
    let columns = columns(args, &rows.bytes, &layout)?;
    let refuse = |source| TrainError::Adopt {
        path: args.onnx.display().to_string(),
        source,
    };
    let mut adopted = Adopted::read(&source.bytes, &columns).map_err(refuse)?;
    let answer = answer(args, &mut adopted)?;

    let kind = |text| {
        if text {
            ColumnKind::Category
        } else {
            ColumnKind::Number
        }
    };
    let specs = adopted
        .inputs
        .iter()
        .map(|(name, text)| ColumnSpec::new(name, kind(*text)));
    let specs: Vec<ColumnSpec> = specs.collect();
    let table = Table::read(&rows.bytes, &layout, &specs).map_err(fail)?;
    let target = ColumnSpec::new(&args.target, target_kind(&answer));
    let target = Table::read(&rows.bytes, &layout, &[target]).map_err(fail)?;
    let signature = Signature {
        target: args.target.clone(),
        answer,
        features: features(&table, &adopted),
        missing: args.missing.clone(),
    };
    let predictor = Predictor::new(&adopted.onnx, signature.clone())?;
    let answers = predictor.predict(&table)?;
    let profile = profile::assembled(&table, &target, &signature, &answers);
    let golden = golden::of(&table, &predictor, args.seed)?;
    let mut parameters = parameters(&adopted, source.input.sha256);
    let (algorithm, from) = match origin {
        None => {
            parameters.extend(given(args, signature.binary().is_some()));
            (Algorithm::Adopted, vec![source.input, rows.input])
        }
        Some(origin) => {
            parameters.extend(origin.parameters);
            (origin.algorithm, origin.inputs)
        }
    };
    if let Some(plan) = args.explanation.plan() {
        let graph = explain::Graph {
            model: Input::new("model", file::MODEL, Sha256::of(&adopted.onnx)),
            predictor: &predictor,
            profile: &profile,
            algorithm,
            seed: args.seed,
            made_from: &from,
        };
        let (rows, side) = match &args.held_out {
            None => (&args.data, ExplainedSide::Table),
            Some(rows) => (rows, ExplainedSide::HeldOut),
        };
        explain::write_of_graph(&graph, rows, side, &plan, io)?;
    }
    let run = Run {
        algorithm,
        parameters,
        seed: args.seed,
        commit: args.commit.clone(),
        environment: toolchain::environment(
            io.producer().version.clone(),
            adopted.opsets.0,
            adopted.opsets.1,
        ),
        rows: table.rows() as u64,
        validation_rows: None,
        history: Vec::new(),
        importance: Vec::new(),
        cross_validation: None,
        trivial: Vec::new(),
        suspicious: Vec::new(),
        files: Vec::new(),
    };
    write(
        &args.model,
        io,
        from,
        &adopted.onnx,
        signature,
        profile,
        golden,
        run,
    )?;
    Ok(Made {
        features: adopted.inputs.len(),
        producer: adopted.producer.clone(),
    })
}

/// The names for an input that takes several columns: as given, or all that are neither the target nor
/// excluded.
fn columns(args: &AdoptArgs, bytes: &[u8], layout: &Layout) -> Result<Vec<String>, TrainError> {
    if !args.features.is_empty() {
        return Ok(args.features.clone());
    }
    let rows = yard_table::Rows::new(bytes, layout).map_err(|source| TrainError::Table {
        path: args.data.display().to_string(),
        source,
    })?;
    let names = rows.header().iter();
    Ok(names
        .filter(|name| **name != args.target && !args.exclude.contains(name))
        .cloned()
        .collect())
}

fn answer(args: &AdoptArgs, adopted: &mut Adopted) -> Result<Answer, TrainError> {
    let (name, classes, width) = match adopted.outlet.clone() {
        Outlet::Value { name } => return Ok(Answer::Regression(Regression { value: name })),
        Outlet::Probabilities {
            name,
            classes,
            width,
        } => (name, classes, width),
    };
    let classes = match (classes, &args.classes) {
        (_, given) if !given.is_empty() => given.clone(),
        (Some(classes), _) => classes,
        (None, _) => (0..width).map(|class| class.to_string()).collect(),
    };
    if classes.len() != width {
        return Err(TrainError::ClassNames {
            given: classes.len(),
            width,
        });
    }
    if width > 2 {
        return Ok(Answer::Multiclass(Multiclass {
            classes,
            probabilities: name,
        }));
    }
    let positive = args.positive.as_ref().and_then(|positive| {
        classes
            .iter()
            .position(|class| class == positive)
            .map(|place| (place, positive))
    });
    let Some((place, positive)) = positive else {
        return Err(TrainError::NoPositive {
            classes: classes.join("`, `"),
        });
    };
    if place == 0 {
        adopted
            .reorder(&[1, 0])
            .map_err(|source| TrainError::Adopt {
                path: args.onnx.display().to_string(),
                source,
            })?;
    }
    let (Outlet::Probabilities { name, .. } | Outlet::Value { name }) = &adopted.outlet;
    Ok(Answer::Binary(Binary {
        classes: Classes {
            negative: classes[1 - place].clone(),
            positive: positive.clone(),
        },
        probabilities: name.clone(),
        margin: None,
        threshold: args.threshold,
    }))
}

const fn target_kind(answer: &Answer) -> ColumnKind {
    match answer {
        Answer::Regression(_) => ColumnKind::Number,
        Answer::Binary(_) | Answer::Multiclass(_) => ColumnKind::Category,
    }
}

fn features(table: &Table, adopted: &Adopted) -> Vec<Feature> {
    adopted
        .inputs
        .iter()
        .filter_map(|(name, _)| Some(fit::feature(name, table.column(name)?)))
        .collect()
}

fn parameters(adopted: &Adopted, source: Sha256) -> BTreeMap<String, Scalar> {
    [
        (
            "producer".to_owned(),
            Scalar::from(adopted.producer.as_str()),
        ),
        (
            "source_sha256".to_owned(),
            Scalar::from(source.to_string().as_str()),
        ),
    ]
    .into()
}

/// What the command line said of the graph: with the files it makes the folder again.
fn given(args: &AdoptArgs, binary: bool) -> BTreeMap<String, Scalar> {
    let lists = [
        ("classes", &args.classes),
        ("features", &args.features),
        ("exclude", &args.exclude),
        ("missing", &args.missing),
    ];
    let lists = lists.into_iter().filter(|(_, values)| !values.is_empty());
    // The command line takes lists with commas, so no entry holds one.
    let lists = lists.map(|(name, values)| (name, Scalar::from(values.join(",").as_str())));
    let positive = args.positive.as_deref().map(Scalar::from);
    let named = lists
        .chain(positive.map(|positive| ("positive", positive)))
        // Where there are no two classes it decides nothing.
        .chain(binary.then_some(("threshold", Scalar::Number(args.threshold))));
    named
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
}

/// Writes the folder, `run.json` last: it names the digests of the rest.
#[expect(clippy::too_many_arguments, reason = "the parts of a model folder")]
pub(crate) fn write(
    folder: &Path,
    io: &Io,
    from: Vec<Input>,
    onnx: &[u8],
    signature: Signature,
    profile: Profile,
    golden: yard_contract::Golden,
    mut run: Run,
) -> Result<(), TrainError> {
    let at = |name: &str| folder.join(name);
    let model = Input::new("model", file::MODEL, files::write(&at(file::MODEL), onnx)?);
    let of_model = || vec![model.clone()];
    let mut note = |name: &str, bytes: &[u8]| {
        run.files.push(ManifestFile {
            path: name.to_owned(),
            size: bytes.len() as u64,
            sha256: Sha256::of(bytes),
        });
    };
    note(file::MODEL, onnx);
    note(
        file::SIGNATURE,
        &io.write_artifact(&at(file::SIGNATURE), of_model(), signature)?
            .to_bytes(),
    );
    note(
        file::PROFILE,
        &io.write_artifact(&at(file::PROFILE), from.clone(), profile)?
            .to_bytes(),
    );
    note(
        file::GOLDEN,
        &io.write_artifact(&at(file::GOLDEN), of_model(), golden)?
            .to_bytes(),
    );
    io.write_artifact(&at(file::RUN), from, run)?;
    Ok(())
}

/// The probability from which on a row counts as positive, as the command line gives it.
pub(crate) fn threshold(text: &str) -> Result<Finite, String> {
    let value: f64 = text.parse().map_err(|_| "not a number".to_owned())?;
    Finite::new(value)
        .filter(|value| (0.0..=1.0).contains(&value.get()))
        .ok_or_else(|| "not between 0 and 1".to_owned())
}
