//! What is counted: one shard a worker, which only that worker writes, so that counting waits for
//! nobody; a scrape adds the shards up.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use hyper::StatusCode;
use yard_contract::{Feature, FeatureType};
use yard_model::{Answers, Batch, Model};
use yard_report::metrics::{Family, Histogram, MetricsError, Point, prometheus};

use crate::scores::{Scale, Scores};
use crate::served::Served;

/// What was asked for. The paths of metrics are these and no others, whatever callers ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Path {
    Predict,
    Live,
    Ready,
    Metrics,
    About,
    Other,
}

const PATHS: [(Path, &str); 6] = [
    (Path::Predict, "/predict"),
    (Path::Live, "/health/live"),
    (Path::Ready, "/health/ready"),
    (Path::Metrics, "/metrics"),
    (Path::About, "/"),
    (Path::Other, "other"),
];

/// The statuses that are answered; whatever else would be counted as the last.
const STATUSES: [u16; 10] = [200, 400, 404, 405, 408, 413, 415, 422, 503, 500];

/// Upper bounds of the time to answer, in microseconds.
const TIMES: [u32; 14] = [
    50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 1_000_000,
    10_000_000,
];

/// Everything that is counted, of all workers.
#[derive(Debug)]
pub(crate) struct Metrics {
    shards: Vec<Shard>,
    scale: Scale,
    started: Duration,
    pub(crate) draining: AtomicBool,
    pub(crate) connections: AtomicU64,
    pub(crate) refused_connections: AtomicU64,
}

/// One worker's counts, on cache lines of its own.
#[derive(Debug)]
#[repr(align(128))]
pub(crate) struct Shard {
    requests: [[AtomicU64; STATUSES.len()]; PATHS.len()],
    times: [AtomicU64; TIMES.len() + 1],
    nanoseconds: AtomicU64,
    rows: AtomicU64,
    scores: Scores,
    oddities: Vec<[AtomicU64; 3]>,
}

fn zeros<const N: usize>() -> [AtomicU64; N] {
    std::array::from_fn(|_| AtomicU64::new(0))
}

impl Shard {
    fn new(features: usize, scale: &Scale) -> Self {
        Self {
            requests: std::array::from_fn(|_| zeros()),
            times: zeros(),
            nanoseconds: AtomicU64::new(0),
            rows: AtomicU64::new(0),
            scores: Scores::new(scale),
            oddities: (0..features).map(|_| zeros()).collect(),
        }
    }

    /// An answer was made.
    pub(crate) fn answered(&self, path: Path, status: StatusCode) {
        let last = STATUSES.len() - 1;
        let status = STATUSES.iter().position(|known| *known == status.as_u16());
        self.requests[path as usize][status.unwrap_or(last)].fetch_add(1, Relaxed);
    }

    /// A prediction was answered or refused after some time.
    pub(crate) fn took(&self, time: Duration) {
        let bucket = TIMES.partition_point(|bound| time > Duration::from_micros(u64::from(*bound)));
        self.times[bucket].fetch_add(1, Relaxed);
        let nanoseconds = u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        self.nanoseconds.fetch_add(nanoseconds, Relaxed);
    }

    /// Rows were scored.
    fn scored(&self, batch: &Batch, answers: &Answers, scale: &Scale, model: &Model) {
        self.rows.fetch_add(answers.len() as u64, Relaxed);
        self.scores.count(answers, scale, &model.predictor);
        for (counts, odd) in self.oddities.iter().zip(batch.oddities()) {
            for (count, more) in counts.iter().zip([odd.unseen, odd.missing, odd.outside]) {
                if more > 0 {
                    count.fetch_add(more, Relaxed);
                }
            }
        }
    }
}

impl Metrics {
    pub(crate) fn new(workers: usize, model: &Model) -> Self {
        let features = model.predictor.signature().features.len();
        let scale = Scale::of(model);
        #[expect(
            clippy::disallowed_methods,
            reason = "when a process started is the clock's to say, and enters no artifact"
        )]
        let now = SystemTime::now();
        Self {
            shards: (0..workers).map(|_| Shard::new(features, &scale)).collect(),
            scale,
            started: now.duration_since(UNIX_EPOCH).unwrap_or_default(),
            draining: AtomicBool::new(false),
            connections: AtomicU64::new(0),
            refused_connections: AtomicU64::new(0),
        }
    }

    /// A worker's own shard.
    pub(crate) fn shard(&self, worker: usize) -> &Shard {
        &self.shards[worker]
    }

    /// Rows were scored by a worker.
    pub(crate) fn scored(&self, worker: usize, batch: &Batch, answers: &Answers, model: &Model) {
        self.shards[worker].scored(batch, answers, &self.scale, model);
    }

    fn sum(&self, count: impl Fn(&Shard) -> &AtomicU64) -> u64 {
        self.shards
            .iter()
            .map(|shard| count(shard).load(Relaxed))
            .sum()
    }

    /// All counts as Prometheus' text, format 0.0.4.
    pub(crate) fn render(&self, served: &Served) -> Result<String, MetricsError> {
        let identity = &served.identity;
        let info = Point::count(1)
            .label("name", identity.name.clone().unwrap_or_default())
            .label("version", identity.version.clone().unwrap_or_default())
            .label("sha256", identity.sha256.to_string());
        let ready = u64::from(!self.draining.load(Relaxed));
        let mut families = vec![
            Family::gauge("trainyard_model_info", "The model that is served.").point(info),
            Family::gauge(
                "trainyard_ready",
                "1 while requests are taken, 0 while the server ends.",
            )
            .point(Point::count(ready)),
            Family::gauge(
                "process_start_time_seconds",
                "When the server started, in Unix time.",
            )
            .point(Point::of(self.started.as_secs_f64(), 3)),
            Family::gauge("trainyard_connections", "Connections that are open.")
                .point(Point::count(self.connections.load(Relaxed))),
            Family::counter(
                "trainyard_refused_connections",
                "Connections beyond the limit, answered with 503.",
            )
            .point(Point::count(self.refused_connections.load(Relaxed))),
            self.requests(),
            self.times(),
            Family::counter("trainyard_rows", "Rows scored.")
                .point(Point::count(self.sum(|shard| &shard.rows))),
        ];
        let scores: Vec<&Scores> = self.shards.iter().map(|shard| &shard.scores).collect();
        families.extend(self.scale.families(&scores));
        families.extend(self.oddities(&served.model.predictor.signature().features));
        prometheus(&families)
    }

    fn requests(&self) -> Family {
        let mut family = Family::counter("trainyard_requests", "Requests by path and status.");
        for (path, name) in PATHS {
            for (at, status) in STATUSES.iter().enumerate() {
                let count = self.sum(|shard| &shard.requests[path as usize][at]);
                // What never occurred is left out, but for what a dashboard divides by.
                if count > 0 || (path == Path::Predict && matches!(status, 200 | 500)) {
                    let point = Point::count(count).label("path", name);
                    family = family.point(point.label("status", status.to_string()));
                }
            }
        }
        family
    }

    fn times(&self) -> Family {
        let nanoseconds = self.sum(|shard| &shard.nanoseconds);
        let bounds = TIMES.iter().map(|bound| f64::from(*bound) / 1e6);
        let (buckets, count) = cumulate(bounds, |at| self.sum(|shard| &shard.times[at]));
        let rest = self.sum(|shard| &shard.times[TIMES.len()]);
        Family::histogram(
            "trainyard_predict_duration_seconds",
            "Time from a prediction request's head to its answer.",
        )
        .distribution(Histogram {
            labels: Vec::new(),
            buckets,
            sum: nanoseconds as f64 / 1e9,
            count: count + rest,
        })
    }

    /// A family for each kind of oddity, with a point for each feature that can have it.
    fn oddities(&self, features: &[Feature]) -> [Family; 3] {
        let family = |kind: usize, name: &str, help: &str, possible: fn(&Feature) -> bool| {
            let mut family = Family::counter(name, help);
            for (place, feature) in features.iter().enumerate().filter(|(_, f)| possible(f)) {
                let count = self.sum(|shard| &shard.oddities[place][kind]);
                family = family.point(Point::count(count).label("feature", feature.name.clone()));
            }
            family
        };
        [
            family(
                0,
                "trainyard_unseen_categories",
                "Cells with a category that training never saw.",
                |feature| feature.r#type == FeatureType::Category,
            ),
            family(
                1,
                "trainyard_unexpected_missing",
                "Missing cells of features that were never missing in training.",
                |feature| !feature.nullable,
            ),
            family(
                2,
                "trainyard_out_of_range",
                "Numbers outside the range that training saw.",
                |feature| feature.min.is_some() || feature.max.is_some(),
            ),
        ]
    }
}

/// Counts by bucket as a histogram has them: each with those below it.
pub(crate) fn cumulate(
    bounds: impl IntoIterator<Item = f64>,
    count: impl Fn(usize) -> u64,
) -> (Vec<(f64, u64)>, u64) {
    let mut total = 0;
    let buckets = bounds.into_iter().enumerate().map(|(at, bound)| {
        total += count(at);
        (bound, total)
    });
    (buckets.collect(), total)
}
