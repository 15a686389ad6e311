//! The artifact kinds, one file each.

mod alias;
mod batch;
mod data_report;
mod drift;
mod evaluation;
mod explanation;
mod flips;
mod gate;
mod golden;
mod image;
mod leaderboard;
mod ledger;
mod manifest;
mod measurement;
mod parity;
mod profile;
mod receipt;
mod run;
mod signature;
mod smoke;
mod split;
mod verification;

pub use alias::{AliasAction, AliasMove};
pub use batch::{BatchReport, ClassCount, ScoreSummary};
pub use data_report::{ColumnSummary, DataReport, Finding, Rule, RuleCount};
pub use drift::{
    Distribution, DistributionBin, DriftCheck, DriftMeasure, DriftReport, DriftSubject,
};
pub use evaluation::{
    Baseline, BinaryEvaluation, ByTask, CheapestThreshold, ClassesEvaluation, Comparison,
    Confusion, CurvePoint, Curves, Decisions, Difference, Estimate, Evaluation, GroupGap,
    GroupRate, HistogramBin, NumbersEvaluation, ReliabilityBin, ResidualBin, SliceResult,
    ThresholdInterval, WeakSlice,
};
pub use explanation::{
    AnswerRange, ContributionMethod, ContributionScale, Dependence, DependencePoint, ExplainedRows,
    ExplainedSide, Explanation, MeanContribution, MeanContributions, PermutationImportance,
    ShuffledFeature, Spread,
};
pub use flips::{Flip, Flips};
pub use gate::{
    Chain, ChainLink, Champion, Gate, LookTaken, MoreRows, Override, Release, RuleResult, SeedNoise,
};
pub use golden::{Golden, GoldenRow};
pub use image::{ImageDelivery, ImagePlatform, ImageReceipt};
pub use leaderboard::{
    Ahead, Better, Leaderboard, Rung, SearchMethod, Shard, Trial, TrialOutcome, Winner,
};
pub use ledger::{Ledger, Look, Step};
pub use manifest::{Manifest, ManifestFile};
pub use measurement::Measurement;
pub use parity::{GraphParity, LabelChanges, MetricChange, Parity, Precision, RowDifference};
pub use profile::{CategoryShare, FeatureProfile, Profile};
pub use receipt::{Delivery, DeliveryAction, PublishReceipt};
pub use run::{
    Algorithm, CrossValidation, Environment, FoldMethod, Importance, Round, Run, Suspicion,
    TrivialModel,
};
pub use signature::{
    Answer, Binary, Classes, Feature, FeatureType, Multiclass, Regression, Signature, Task,
};
pub use smoke::{Check, SmokeReport};
pub use split::{Split, SplitMethod, SplitPart};
pub use verification::{Link, LinkState, Verification};
