//! What the model's bytes depend on besides the table and the configuration: this very program.

use std::fs::File;
use std::io::Read as _;

use yard_contract::{Digester, Environment, Sha256};

/// The compiler, as the build asked it; the platform that it built for.
const COMPILER: &str = env!("TRAIN_COMPILER");
const PLATFORM: &str = env!("TRAIN_PLATFORM");

/// What fitted, as `run.json` records it.
pub(crate) fn environment(trainyard: String, onnx_opset: u32, onnx_ml_opset: u32) -> Environment {
    Environment {
        trainyard,
        onnx_opset,
        onnx_ml_opset,
        program: program(),
        compiler: Some(COMPILER.to_owned()),
        target: Some(PLATFORM.to_owned()),
    }
}

/// The digest of the program's file. A system that does not say where it lies gets none.
fn program() -> Option<Sha256> {
    let mut file = File::open(std::env::current_exe().ok()?).ok()?;
    let mut digest = Digester::new();
    let mut buffer = vec![0; 1 << 16];
    loop {
        match file.read(&mut buffer).ok()? {
            0 => return Some(digest.finish()),
            read => digest.update(&buffer[..read]),
        }
    }
}
