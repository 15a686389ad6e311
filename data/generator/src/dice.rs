//! Random draws that are the same on every machine: PCG for the bits, `libm` for the shapes.

use rand_pcg::Pcg64;
use rand_pcg::rand_core::Rng as _;

/// What a stream of draws is about. Each subject has one independent stream a topic, so that a new
/// draw in one place moves nothing elsewhere and the sample is a prefix of the world.
#[derive(Clone, Copy, Debug)]
pub enum Topic {
    /// Which applicant makes an application.
    Identity = 1,
    /// The applicant.
    Person = 2,
    /// The application.
    Application = 3,
    /// Credits, loans, instalments and snapshots.
    History = 4,
    /// What happened afterwards.
    Outcome = 5,
}

/// One stream of draws.
#[derive(Debug)]
pub struct Dice(Pcg64);

impl Dice {
    /// The stream of one subject (an application's or an applicant's number) and topic.
    pub fn new(seed: u64, subject: u64, topic: Topic) -> Self {
        let low = mix(seed ^ mix(subject));
        let high = mix(low ^ mix(topic as u64));
        Self(Pcg64::new(
            (u128::from(high) << 64) | u128::from(low),
            u128::from(mix(high)),
        ))
    }

    /// Uniform in [0, 1), a multiple of 2⁻⁵³.
    pub fn uniform(&mut self) -> f64 {
        (self.0.next_u64() >> 11) as f64 / 9_007_199_254_740_992.0
    }

    /// Uniform whole number in [0, n); `n` must be positive.
    pub fn below(&mut self, n: i64) -> i64 {
        let wide = u128::from(self.0.next_u64()) * u128::from(n.unsigned_abs());
        i64::try_from(wide >> 64).expect("a product's upper half is below n")
    }

    /// True with probability `p`.
    pub fn chance(&mut self, p: f64) -> bool {
        self.uniform() < p
    }

    /// Standard normal (Box and Muller 1958).
    pub fn normal(&mut self) -> f64 {
        let radius = libm::sqrt(-2.0 * libm::log(1.0 - self.uniform()));
        radius * libm::cos(core::f64::consts::TAU * self.uniform())
    }

    /// Poisson by multiplication of uniforms (Knuth), for small means.
    pub fn poisson(&mut self, mean: f64) -> i64 {
        let limit = libm::exp(-mean);
        let mut product = self.uniform();
        let mut count = 0;
        while product > limit {
            product *= self.uniform();
            count += 1;
        }
        count
    }

    /// One of `choices`, with its weight.
    pub fn pick<T: Copy>(&mut self, choices: &[(T, i64)]) -> T {
        let mut left = self.below(choices.iter().map(|(_, weight)| weight).sum());
        for &(choice, weight) in choices {
            if left < weight {
                return choice;
            }
            left -= weight;
        }
        unreachable!("the weights sum to more than what was drawn")
    }
}

/// The finaliser of `SplitMix64`: neighbouring numbers become unrelated ones.
fn mix(number: u64) -> u64 {
    let z = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// The logistic function.
pub fn sigmoid(x: f64) -> f64 {
    1.0 / (1.0 + libm::exp(-x))
}

/// `value` to the nearest multiple of `step`; everything that reaches a file passes here first.
#[expect(
    clippy::cast_possible_truncation,
    reason = "amounts, days and thousandths are far below 2^53"
)]
pub fn nearest(value: f64, step: i64) -> i64 {
    libm::round(value / step as f64) as i64 * step
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_depends_on_seed_subject_and_topic_only() {
        let draw = |seed, subject, topic| Dice::new(seed, subject, topic).below(1 << 40);
        assert_eq!(draw(1, 2, Topic::Person), draw(1, 2, Topic::Person));
        assert_ne!(draw(1, 2, Topic::Person), draw(2, 2, Topic::Person));
        assert_ne!(draw(1, 2, Topic::Person), draw(1, 3, Topic::Person));
        assert_ne!(draw(1, 2, Topic::Person), draw(1, 2, Topic::History));
    }

    #[test]
    fn draws_have_the_moments_of_their_names() {
        let mut dice = Dice::new(7, 7, Topic::Person);
        let n = 100_000;
        let (mut sum, mut squares, mut events, mut below) = (0.0, 0.0, 0, [0_i64; 5]);
        for _ in 0..n {
            let x = dice.normal();
            sum += x;
            squares += x * x;
            events += dice.poisson(1.5);
            below[usize::try_from(dice.below(5)).unwrap()] += 1;
        }
        let n_f = f64::from(n);
        assert!((sum / n_f).abs() < 0.015, "mean {}", sum / n_f);
        assert!(
            (squares / n_f - 1.0).abs() < 0.02,
            "variance {}",
            squares / n_f
        );
        assert!(
            (events as f64 / n_f - 1.5).abs() < 0.02,
            "poisson mean {}",
            events as f64 / n_f
        );
        assert!(
            below.iter().all(|&count| (count - 20_000).abs() < 700),
            "{below:?}"
        );
    }

    #[test]
    fn a_weight_of_zero_is_never_drawn() {
        let mut dice = Dice::new(7, 8, Topic::Person);
        assert!((0..1_000).all(|_| dice.pick(&[('a', 1), ('b', 0), ('c', 3)]) != 'b'));
    }
}
