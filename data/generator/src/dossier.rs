//! The world: every application with its applicant, past and outcome.

use crate::application::{Application, FRESH_MONTH};
use crate::dice::{Dice, Topic};
use crate::history::{Credit, History};
use crate::outcome::Outcome;
use crate::person::Person;

/// Everything about one application.
#[derive(Clone, Debug)]
pub struct Dossier {
    /// Who applies.
    pub person: Person,
    /// What for.
    pub application: Application,
    /// What was before.
    pub history: History,
    /// What came after.
    pub outcome: Outcome,
}

/// Where numbers of a kind begin; the kinds never meet, so one seed serves them all.
const FRESH: u64 = 1_000_000;
const DIRTY: u64 = 2_000_000;

impl Dossier {
    fn draw(seed: u64, number: u64, fresh: bool) -> Self {
        let applicant = applicant_of(seed, number);
        let person = Person::draw(seed, applicant);
        let ids = (id(100_001, number), id(500_001, applicant));
        let application =
            Application::draw(seed, number, ids, &person, fresh.then_some(FRESH_MONTH));
        let history = History::draw(seed, number, &person, &application);
        let outcome = Outcome::draw(seed, number, &person, &application, &history);
        Self {
            person,
            application,
            history,
            outcome,
        }
    }

    /// All credits that the bureau ever reported, late ones last.
    pub fn credits(&self) -> impl Iterator<Item = &Credit> {
        self.history
            .credits
            .iter()
            .chain(&self.outcome.late_credits)
    }

    /// The id of this application's n-th credit or loan.
    pub fn record(&self, number: i64) -> i64 {
        self.application.id * 100 + number
    }
}

/// The applicant of an application: its own, or (three in a hundred) a recent one's.
fn applicant_of(seed: u64, number: u64) -> u64 {
    let mut dice = Dice::new(seed, number, Topic::Identity);
    let back = if dice.chance(0.03) {
        1 + dice.below(60)
    } else {
        0
    };
    let place = number % FRESH;
    number - place.min(back.unsigned_abs())
}

fn id(first: i64, number: u64) -> i64 {
    first + i64::try_from(number).expect("numbers stay below three millions")
}

/// All applications; a smaller world is a prefix of a larger one of the same seed.
#[derive(Clone, Debug)]
pub struct World {
    /// Applications with a known outcome.
    pub judged: Vec<Dossier>,
    /// Applications of the month after, which wait for a score.
    pub fresh: Vec<Dossier>,
}

impl World {
    /// Draws `applications` with an outcome, and a twentieth as many fresh ones.
    pub fn draw(seed: u64, applications: u32) -> Self {
        let many = |first: u64, n: u32, fresh| {
            (first..first + u64::from(n))
                .map(|i| Dossier::draw(seed, i, fresh))
                .collect()
        };
        Self {
            judged: many(0, applications, false),
            fresh: many(FRESH, applications.div_ceil(20), true),
        }
    }

    /// The clean applications that [`crate::dirty`] spoils.
    pub fn draw_to_spoil(seed: u64, applications: u32) -> Self {
        let judged = (DIRTY..DIRTY + u64::from(applications))
            .map(|i| Dossier::draw(seed, i, false))
            .collect();
        Self {
            judged,
            fresh: Vec::new(),
        }
    }

    /// The first `applications` of this world.
    #[must_use]
    pub fn sample(&self, applications: u32) -> Self {
        let first =
            |dossiers: &[Dossier], n: u32| dossiers.iter().take(n as usize).cloned().collect();
        Self {
            judged: first(&self.judged, applications),
            fresh: first(&self.fresh, applications.div_ceil(20)),
        }
    }
}
