//! Tables made for tests.

use std::ops::ControlFlow;

use rand_pcg::Pcg32;
use rand_pcg::rand_core::Rng as _;
use yard_boost::{Dataset, Ensemble, Features, Fit, Params, fit};

/// Columns with their labels and the probability of label 1 that made them.
#[derive(Clone)]
pub(crate) struct Table {
    pub(crate) columns: Vec<Vec<f32>>,
    pub(crate) labels: Vec<f32>,
    pub(crate) probabilities: Vec<f32>,
}

pub(crate) fn uniform(random: &mut Pcg32) -> f32 {
    f32::from(u16::try_from(random.next_u32() >> 16).unwrap()) / 65_536.0
}

impl Table {
    /// Six columns: two continuous, one of five values, one with a tenth missing (which matters),
    /// one constant, one all missing.
    pub(crate) fn mixed(rows: usize, seed: u64) -> Self {
        let mut random = Pcg32::new(seed, 1);
        let mut columns = vec![Vec::new(); 6];
        let (mut labels, mut probabilities) = (Vec::new(), Vec::new());
        for _ in 0..rows {
            let (a, b) = (uniform(&mut random) - 0.5, uniform(&mut random) - 0.5);
            let c = (uniform(&mut random) * 5.0).floor();
            let missing = uniform(&mut random) < 0.1;
            let d = if missing {
                f32::NAN
            } else {
                uniform(&mut random)
            };
            let effect = if missing { 1.0 } else { -d };
            let margin = 3.0 * a + 8.0 * a * b + 0.4 * (c - 2.0) + effect;
            let probability = 1.0 / (1.0 + libm::expf(-margin));
            for (column, value) in columns.iter_mut().zip([a, b, c, d, 7.0, f32::NAN]) {
                column.push(value);
            }
            labels.push(if uniform(&mut random) < probability {
                1.0
            } else {
                0.0
            });
            probabilities.push(probability);
        }
        Self {
            columns,
            labels,
            probabilities,
        }
    }

    pub(crate) fn slices(&self) -> Vec<&[f32]> {
        self.columns.iter().map(Vec::as_slice).collect()
    }

    pub(crate) fn fit(&self, params: &Params) -> Fit {
        let columns = self.slices();
        let data = Dataset::new(Features::new(&columns).unwrap(), &self.labels).unwrap();
        fit(&data, None, params, &mut |_| ControlFlow::Continue(())).unwrap()
    }

    pub(crate) fn margins(&self, ensemble: &Ensemble) -> Vec<f32> {
        ensemble
            .predict_margins(Features::new(&self.slices()).unwrap())
            .unwrap()
    }
}

/// Area under the ROC curve of labels 0 and 1, ties counted half.
pub(crate) fn auc(scores: &[f32], labels: &[f32]) -> f64 {
    let mut order: Vec<usize> = (0..scores.len()).collect();
    order.sort_by(|&a, &b| scores[a].total_cmp(&scores[b]));
    let (mut zeros_below, mut pairs, mut ones_below) = (0.0, 0.0, 0.0);
    for ties in order.chunk_by(|&a, &b| scores[a] == scores[b]) {
        let ones = ties.iter().filter(|&&row| labels[row] == 1.0).count() as f64;
        let zeros = ties.len() as f64 - ones;
        pairs += ones * (zeros_below + zeros / 2.0);
        zeros_below += zeros;
        ones_below += ones;
    }
    pairs / (ones_below * zeros_below)
}
