//! How the answers are distributed: a histogram of each number of an answer, and a count of each
//! class.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use yard_contract::{Answer, Finite};
use yard_model::{Answers, Model, Predictor};
use yard_report::metrics::{Family, Histogram, Point};

use crate::metrics::cumulate;

/// Buckets of probabilities, each a tenth wide.
const TENTHS: [f64; 10] = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0];

/// What the answers of a model are counted by.
#[derive(Debug)]
pub(crate) struct Scale {
    /// Upper bounds of the buckets. Predicted numbers have those of the training rows' twentieths,
    /// so that a shift shows whatever the unit is.
    bounds: Vec<f64>,
    help: &'static str,
    /// The classes, in the order in which answers come to them.
    classes: Vec<String>,
    /// Numbers an answer: one, or one a class.
    width: usize,
}

impl Scale {
    pub(crate) fn of(model: &Model) -> Self {
        let answer = &model.predictor.signature().answer;
        let classes: Vec<String> = answer.classes().into_iter().map(str::to_owned).collect();
        let tenths = TENTHS.to_vec();
        let (bounds, help, width) = match answer {
            Answer::Binary(_) => (tenths, "Probabilities of the positive class.", 1),
            Answer::Multiclass(_) => (tenths, "Probabilities of the classes.", classes.len()),
            Answer::Regression(_) => {
                let profile = model.profile.scores.first();
                let edges = profile.map_or(&[][..], |profile| &profile.edges);
                let bounds = edges.iter().copied().map(Finite::get).collect();
                (bounds, "Predicted numbers.", 1)
            }
        };
        Self {
            bounds,
            help,
            classes,
            width,
        }
    }

    /// The counts of all workers.
    pub(crate) fn families(&self, shards: &[&Scores]) -> Vec<Family> {
        let mut scores = Family::histogram("trainyard_score", self.help);
        for number in 0..self.width {
            let all = || shards.iter().map(|shard| &shard.numbers[number]);
            let count = |at: usize| all().map(|one| one.buckets[at].load(Relaxed)).sum();
            let (buckets, within) = cumulate(self.bounds.iter().copied(), count);
            let labels = if self.width > 1 {
                vec![("class".to_owned(), self.classes[number].clone())]
            } else {
                Vec::new()
            };
            scores = scores.distribution(Histogram {
                labels,
                buckets,
                sum: all().map(|one| f64::from_bits(one.sum.load(Relaxed))).sum(),
                count: within + count(self.bounds.len()),
            });
        }
        let mut families = vec![scores];
        if !self.classes.is_empty() {
            let name = "trainyard_predictions";
            let mut classes = Family::counter(name, "Rows by the class answered.");
            for (place, class) in self.classes.iter().enumerate() {
                let count = shards
                    .iter()
                    .map(|shard| shard.classes[place].load(Relaxed));
                let point = Point::count(count.sum()).label("class", class.clone());
                classes = classes.point(point);
            }
            families.push(classes);
        }
        families
    }
}

/// One worker's counts.
#[derive(Debug)]
pub(crate) struct Scores {
    numbers: Vec<Counts>,
    classes: Vec<AtomicU64>,
}

/// Counts of one number of the answers.
#[derive(Debug)]
struct Counts {
    /// One more than there are bounds.
    buckets: Vec<AtomicU64>,
    /// The bits of the sum. Only its worker writes it, so reading and writing need not be one step.
    sum: AtomicU64,
}

impl Scores {
    pub(crate) fn new(scale: &Scale) -> Self {
        let zeros = |count: usize| (0..count).map(|_| AtomicU64::new(0)).collect();
        let counts = |_| Counts {
            buckets: zeros(scale.bounds.len() + 1),
            sum: AtomicU64::new(0),
        };
        Self {
            numbers: (0..scale.width).map(counts).collect(),
            classes: zeros(scale.classes.len()),
        }
    }

    /// Rows were answered.
    pub(crate) fn count(&self, answers: &Answers, scale: &Scale, predictor: &Predictor) {
        for (place, counts) in self.numbers.iter().enumerate() {
            let mut sum = f64::from_bits(counts.sum.load(Relaxed));
            for number in answers.column(place).map(f64::from) {
                let bucket = scale.bounds.partition_point(|bound| number > *bound);
                counts.buckets[bucket].fetch_add(1, Relaxed);
                sum += number;
            }
            counts.sum.store(sum.to_bits(), Relaxed);
        }
        for answer in answers.rows() {
            let class = predictor.class(answer);
            if let Some(count) = class.and_then(|place| self.classes.get(place)) {
                count.fetch_add(1, Relaxed);
            }
        }
    }
}
