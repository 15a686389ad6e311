//! The example project's credit-risk world, made from a seed.
//!
//! A hidden temper (discipline, burden, squeeze) drives how a person pays, what the bureau and our
//! own books hold, and whether the loan defaults; so aggregates of the related tables carry signal
//! that the application form does not. Six traps are planted, each documented in `data/README.md`:
//! a leaking column, late-arriving records, a drift month, a weak slice, missing values with
//! meaning and a dirty file.
//!
//! **Invariant:** the same seed gives the same bytes on every machine. Draws are PCG, shapes come
//! from `libm`, every value is a whole number (or thousandths) before it is written, and each
//! application draws from streams of its own, so that the sample is a prefix of the world.
//!
//! Not here, on purpose: no configurable schema, no other file format, no general joiner. The wide
//! table is computed by hand as the reference that a joiner can be held against.
//!
//! ```
//! let world = example_world::World::draw(example_world::SEED, 10);
//! let files = example_world::files(&world, example_world::SEED)?;
//! assert_eq!(files[0].name, "applications.csv");
//! # Ok::<(), example_world::WorldError>(())
//! ```
#![warn(missing_docs)]

pub mod application;
pub mod args;
pub mod calendar;
pub mod delivery;
pub mod dice;
pub mod dirty;
pub mod dossier;
pub mod error;
pub mod history;
pub mod outcome;
pub mod person;
pub mod report;
pub mod sheet;
pub mod tables;
pub mod wide;

use std::io::Write;
use std::process::ExitCode;

use crate::args::Args;
use crate::delivery::Sums;
pub use crate::dossier::World;
pub use crate::error::WorldError;
use crate::report::Summary;
use crate::sheet::File;

/// Applications of the committed world.
pub const APPLICATIONS: u32 = 30_000;
/// Applications of the committed sample.
pub const SAMPLE: u32 = 2_000;
/// Seed of the committed world.
pub const SEED: u64 = 20_260_101;

/// Every file of a world, in memory.
pub fn files(world: &World, seed: u64) -> Result<Vec<File>, WorldError> {
    let mut files = tables::files(world)?;
    files.push(dirty::file(seed)?);
    Ok(files)
}

/// Runs the command and maps its result to an exit code: 0 written, 1 a digest differs, 2 failed.
pub fn run(args: &Args, out: &mut dyn Write, err: &mut dyn Write) -> ExitCode {
    // A closed stdout or stderr never changes the verdict, hence the dropped results.
    match deliver(args) {
        Ok(summary) => {
            drop(out.write_all(summary.render(args.format).as_bytes()));
            for name in &summary.differing {
                drop(writeln!(
                    err,
                    "error: `{name}` is not the file that the list of digests names"
                ));
            }
            ExitCode::from(u8::from(!summary.differing.is_empty()))
        }
        Err(error) => {
            drop(err.write_all(report::failure(&error).as_bytes()));
            ExitCode::from(2)
        }
    }
}

/// Makes and writes what the arguments ask for.
pub fn deliver(args: &Args) -> Result<Summary, WorldError> {
    let expected = args.check.as_deref().map(delivery::read).transpose()?;
    let world = World::draw(args.seed, args.applications);
    let mut sums = Sums::new();
    let mut written = Vec::new();
    let sample = args
        .sample
        .as_deref()
        .map(|folder| (folder, world.sample(SAMPLE)));
    let places = [("world", args.out.as_path(), &world)];
    let sample = sample
        .iter()
        .map(|(folder, world)| ("sample", *folder, world));
    for (place, folder, world) in places.into_iter().chain(sample) {
        let files = files(world, args.seed)?;
        for ((name, digest), file) in delivery::write_all(folder, &files)?.into_iter().zip(&files) {
            let name = format!("{place}/{name}");
            written.push(report::Written::of(&name, file, &digest));
            sums.insert(name, digest);
        }
    }
    if let Some(path) = &args.sums {
        delivery::write(path, delivery::render(&sums).as_bytes())?;
    }
    let differing = expected.map_or_else(Vec::new, |expected| {
        sums.iter()
            .filter(|(name, digest)| expected.get(*name) != Some(*digest))
            .map(|(name, _)| name.clone())
            .collect()
    });
    Ok(Summary {
        seed: args.seed,
        checked: args.check.is_some(),
        written,
        differing,
    })
}
