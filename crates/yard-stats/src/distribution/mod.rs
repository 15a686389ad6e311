//! Reference distributions: the tails that tests and intervals are read from.
//!
//! Tails are computed as tails, not as 1 − cdf, so that small p-values keep their digits.

mod beta;
mod gamma;
mod normal;
mod saddle;

pub use beta::{
    beta_cdf, beta_quantile, binomial_at_least, binomial_at_most, f_tail, student_t_quantile,
    student_t_tail, student_t_two_sided,
};
pub use gamma::{chi_square_cdf, chi_square_quantile, chi_square_tail};
pub use normal::{kolmogorov_tail, normal_cdf, normal_density, normal_quantile, normal_two_sided};

/// Where a function that rises from 0 to 1 crosses `target`: the range is halved until its ends are
/// neighbours.
fn invert(target: f64, mut low: f64, mut high: f64, cdf: impl Fn(f64) -> f64) -> f64 {
    loop {
        let middle = 0.5 * (low + high);
        if middle <= low || middle >= high {
            return middle;
        }
        if cdf(middle) < target {
            low = middle;
        } else {
            high = middle;
        }
    }
}
