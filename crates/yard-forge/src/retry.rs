//! Trying again: full jitter, the server's own wish, and a deadline.

use std::time::Duration;

use crate::clock::Clock;
use crate::error::ForgeError;

/// How often and how long to try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetryPolicy {
    /// Attempts at one thing, the first included.
    pub attempts: u32,
    /// The longest first wait; it doubles with each attempt.
    pub base: Duration,
    /// The longest wait that is our own idea.
    pub cap: Duration,
    /// The longest time that is spent waiting between the attempts at one thing. What the attempts
    /// themselves take does not count: a long transfer uses up no patience, and each has its own
    /// limit.
    pub deadline: Duration,
}

impl Default for RetryPolicy {
    /// Six attempts, waiting up to 0.5, 1, 2, 4 and 8 seconds in between, or as long as the server
    /// asks for, ten minutes in all.
    fn default() -> Self {
        Self {
            attempts: 6,
            base: Duration::from_millis(500),
            cap: Duration::from_secs(30),
            deadline: Duration::from_secs(600),
        }
    }
}

/// Tries several things several times each, with a deadline for each.
pub struct Patience<'c> {
    policy: RetryPolicy,
    clock: &'c dyn Clock,
    random: u64,
}

impl<'c> Patience<'c> {
    /// Patience by a policy. Processes that run side by side bring different seeds, so that they do not try
    /// again in step.
    pub fn new(policy: RetryPolicy, clock: &'c dyn Clock, seed: u64) -> Self {
        Self {
            policy,
            clock,
            random: seed,
        }
    }

    /// Tries until it succeeds, fails for good, or patience is at its end. Waits a random time up
    /// to a bound that doubles ("full jitter", M. Brooker, *Exponential Backoff And Jitter*, 2015),
    /// and never less than the server asked for.
    pub fn insist<T>(
        &mut self,
        mut attempt: impl FnMut() -> Result<T, ForgeError>,
    ) -> Result<T, ForgeError> {
        let began = self.clock.elapsed();
        let mut attempts = 0;
        let mut waited = Duration::ZERO;
        loop {
            let error = match attempt() {
                Err(error @ ForgeError::Transient { .. }) => error,
                result => return result,
            };
            attempts += 1;
            let bound = self.policy.base.saturating_mul(1 << (attempts - 1).min(20));
            let mut wait = self.up_to(bound.min(self.policy.cap));
            if let ForgeError::Transient {
                retry_after: Some(wish),
                ..
            } = &error
            {
                // Everybody was told the same moment; the jitter spreads them behind it.
                wait = wish.saturating_add(wait.min(self.policy.base));
            }
            let too_late = waited.saturating_add(wait) > self.policy.deadline;
            if attempts >= self.policy.attempts || too_late {
                let elapsed = self.clock.elapsed().saturating_sub(began);
                return Err(ForgeError::GaveUp {
                    attempts,
                    elapsed,
                    source: Box::new(error),
                });
            }
            self.clock.sleep(wait);
            waited += wait;
        }
    }

    /// A random time up to a bound.
    fn up_to(&mut self, bound: Duration) -> Duration {
        // SplitMix64 (Steele, Lea, Flood 2014): enough to spread waits, and the same on every
        // machine.
        self.random = self.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.random;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        let share = (mixed ^ (mixed >> 31)) >> 32;
        let nanoseconds = (bound.as_nanos() * u128::from(share)) >> 32;
        Duration::from_nanos(u64::try_from(nanoseconds).unwrap_or(u64::MAX))
    }
}

/// What a `Retry-After` header asks for: seconds, or a date, which is read against the same
/// answer's own `Date`, so that neither clock needs to be right.
pub(crate) fn retry_after(value: &str, date: Option<&str>) -> Option<Duration> {
    let value = value.trim();
    if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) {
        // More digits than fit are a very long time.
        return Some(Duration::from_secs(value.parse().unwrap_or(u64::MAX)));
    }
    let until = httpdate::parse_http_date(value).ok()?;
    let now = httpdate::parse_http_date(date?).ok()?;
    Some(until.duration_since(now).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    #[derive(Default)]
    struct Fake(Mutex<(Duration, Vec<Duration>)>);

    impl Clock for Fake {
        fn elapsed(&self) -> Duration {
            self.0.lock().unwrap().0
        }

        fn sleep(&self, time: Duration) {
            let mut state = self.0.lock().unwrap();
            state.0 += time;
            state.1.push(time);
        }
    }

    fn busy(retry_after: Option<u64>) -> ForgeError {
        ForgeError::Transient {
            request: "GET x".to_owned(),
            reason: "503".to_owned(),
            retry_after: retry_after.map(Duration::from_secs),
            source: None,
        }
    }

    #[test]
    fn waits_are_random_bounded_and_the_same_for_the_same_seed() {
        let waits = |seed| {
            let clock = Fake::default();
            let mut patience = Patience::new(RetryPolicy::default(), &clock, seed);
            let error = patience.insist::<()>(|| Err(busy(None))).unwrap_err();
            assert!(
                matches!(error, ForgeError::GaveUp { attempts: 6, .. }),
                "{error}"
            );
            let (_, waits) = clock.0.into_inner().unwrap();
            waits
        };
        for seed in 0..100 {
            let waits = waits(seed);
            assert_eq!(waits.len(), 5);
            for (wait, bound) in waits.iter().zip([500, 1_000, 2_000, 4_000, 8_000]) {
                assert!(*wait <= Duration::from_millis(bound));
            }
        }
        assert_eq!(waits(7), waits(7));
        assert_ne!(waits(7), waits(8));
    }

    #[test]
    fn the_servers_wish_is_kept_unless_the_deadline_comes_first() {
        let clock = Fake::default();
        let mut patience = Patience::new(RetryPolicy::default(), &clock, 1);
        let mut answers = vec![Ok(7), Err(busy(Some(60))), Err(busy(Some(90)))];
        assert_eq!(patience.insist(|| answers.pop().unwrap()).unwrap(), 7);
        let waits = clock.0.lock().unwrap().1.clone();
        assert!(waits[0] >= Duration::from_secs(90) && waits[1] >= Duration::from_secs(60));

        let error = patience
            .insist::<()>(|| Err(busy(Some(3_600))))
            .unwrap_err();
        assert!(
            matches!(error, ForgeError::GaveUp { attempts: 1, .. }),
            "{error}"
        );
        assert!(error.is_transient());
        assert_eq!(
            clock.0.lock().unwrap().1.len(),
            2,
            "it did not wait for what is too late"
        );
    }

    #[test]
    fn a_long_transfer_uses_up_no_patience_and_neither_does_what_came_before() {
        let clock = Fake::default();
        let mut patience = Patience::new(RetryPolicy::default(), &clock, 1);
        // An hour's upload that ends in a 503, and then another one that arrives; five times.
        for _ in 0..5 {
            let mut attempts = 0;
            let sent = patience.insist(|| {
                clock.0.lock().unwrap().0 += Duration::from_secs(3_600);
                attempts += 1;
                if attempts == 1 {
                    Err(busy(Some(120)))
                } else {
                    Ok(attempts)
                }
            });
            assert_eq!(sent.unwrap(), 2);
        }
        // What asks for more waiting than there is patience, in parts, is given up all the same.
        let error = patience.insist::<()>(|| Err(busy(Some(250)))).unwrap_err();
        assert!(
            matches!(error, ForgeError::GaveUp { attempts: 3, .. }),
            "{error}"
        );
    }

    #[test]
    fn a_refusal_is_not_repeated() {
        let clock = Fake::default();
        let mut patience = Patience::new(RetryPolicy::default(), &clock, 1);
        let mut count = 0;
        let refusal = || {
            count += 1;
            let (request, message) = ("PUT x".to_owned(), String::new());
            Err(ForgeError::Refused {
                request,
                status: 400,
                message,
            })
        };
        assert!(matches!(
            patience.insist::<()>(refusal),
            Err(ForgeError::Refused { .. })
        ));
        assert_eq!(count, 1);
    }

    #[test]
    fn both_forms_of_retry_after_are_understood() {
        let date = Some("Sun, 06 Nov 1994 08:49:37 GMT");
        let seconds = |value, date| retry_after(value, date).map(|wait| wait.as_secs());
        assert_eq!(seconds("120", None), Some(120));
        assert_eq!(seconds(" 0 ", None), Some(0));
        assert_eq!(seconds("99999999999999999999999", None), Some(u64::MAX));
        assert_eq!(seconds("Sun, 06 Nov 1994 08:50:37 GMT", date), Some(60));
        assert_eq!(seconds("Sunday, 06-Nov-94 08:50:37 GMT", date), Some(60));
        assert_eq!(seconds("Sun Nov  6 08:50:37 1994", date), Some(60));
        assert_eq!(
            seconds("Sun, 06 Nov 1994 08:00:00 GMT", date),
            Some(0),
            "already past"
        );
        assert_eq!(seconds("Sun, 06 Nov 1994 08:50:37 GMT", None), None);
        for nonsense in ["", "soon", "-1", "1.5", "１２"] {
            assert_eq!(seconds(nonsense, date), None, "{nonsense}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_header_makes_it_panic(value in ".*", date in ".*") {
            let _ = retry_after(&value, Some(&date));
        }
    }
}
