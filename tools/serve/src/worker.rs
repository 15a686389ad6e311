//! A thread with an event loop of its own: everything on a connection happens on one worker, and
//! workers share nothing that is written but counters that each has for itself.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::io;
use std::net;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::LocalSet;
use tokio::time::{MissedTickBehavior, interval};
use yard_model::{Answers, Batch};

use crate::connection::{self, Life, Phase, TICK, Wish};
use crate::metrics::{Metrics, Shard};
use crate::plan::Limits;
use crate::served::Served;

/// Ticks that a connection has to begin its request once the server ends.
const LAST_CALL: u64 = 4;

/// What a worker's connections need.
pub(crate) struct Worker {
    pub(crate) served: Arc<Served>,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) limits: Limits,
    /// Where rows are gathered; it is cleared, not dropped, between requests.
    pub(crate) batch: RefCell<Batch>,
    number: usize,
    ticks: Cell<u64>,
}

impl Worker {
    /// The ticks since the worker began.
    pub(crate) fn now(&self) -> u64 {
        self.ticks.get()
    }

    /// Counts rows that were scored.
    pub(crate) fn count(&self, batch: &Batch, answers: &Answers) {
        self.metrics
            .scored(self.number, batch, answers, &self.served.model);
    }

    /// This worker's counts.
    pub(crate) fn shard(&self) -> &Shard {
        self.metrics.shard(self.number)
    }

    /// Whether a connection takes too long over what it does.
    fn is_overdue(&self, (phase, ticks): (Phase, u64), wish: Wish) -> bool {
        let ticks_of = |time: Duration| {
            let ticks = time.as_millis() / TICK.as_millis() + 1;
            u64::try_from(ticks).unwrap_or(u64::MAX)
        };
        match phase {
            Phase::Work => false,
            Phase::Idle | Phase::Head if wish == Wish::Finish => ticks > LAST_CALL,
            Phase::Idle => ticks > ticks_of(self.limits.idle_timeout),
            Phase::Head | Phase::Answer => ticks > ticks_of(self.limits.timeout),
        }
    }
}

/// What the supervisor tells a worker.
pub(crate) enum Order {
    /// Serve this connection.
    Serve(net::TcpStream),
    /// What the connections shall do; after [`Wish::Finish`] the worker ends with its last one.
    Wish(Wish),
}

/// A running worker.
pub(crate) struct Handle {
    pub(crate) orders: UnboundedSender<Order>,
    pub(crate) thread: JoinHandle<()>,
}

/// Starts a worker. It ends when it was told to finish and has, or when nobody can give it orders.
/// `alive` is dropped at its end.
pub(crate) fn start(
    number: usize,
    served: &Arc<Served>,
    metrics: &Arc<Metrics>,
    limits: Limits,
    alive: tokio::sync::mpsc::Sender<()>,
) -> io::Result<Handle> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let (orders, inbox) = unbounded_channel();
    let (served, metrics) = (Arc::clone(served), Arc::clone(metrics));
    let body = move || {
        let worker = Rc::new(Worker {
            batch: RefCell::new(served.model.predictor.batch()),
            served,
            metrics,
            limits,
            number,
            ticks: Cell::new(0),
        });
        LocalSet::new().block_on(&runtime, work(&worker, inbox));
        drop(alive);
    };
    let thread = thread::Builder::new()
        .name(format!("worker-{number}"))
        .spawn(body)?;
    Ok(Handle { orders, thread })
}

type Lives = Rc<RefCell<BTreeMap<u64, Rc<Life>>>>;

async fn work(worker: &Rc<Worker>, mut inbox: UnboundedReceiver<Order>) {
    let lives = Lives::default();
    let mut wish = Wish::Serve;
    let mut number = 0;
    let mut clock = interval(TICK);
    clock.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            order = inbox.recv() => match order {
                Some(Order::Serve(stream)) => {
                    number += 1;
                    admit(stream, number, worker, &lives, wish);
                }
                Some(Order::Wish(next)) => {
                    wish = wish.max(next);
                    lives.borrow().values().for_each(|life| life.wish(wish));
                }
                None => return,
            },
            _ = clock.tick() => {
                worker.ticks.set(worker.ticks.get() + 1);
                for life in lives.borrow().values() {
                    if worker.is_overdue(life.phase(worker.now()), wish) {
                        life.wish(Wish::Close);
                    }
                }
            }
        }
        if wish > Wish::Serve && inbox.is_empty() && lives.borrow().is_empty() {
            return;
        }
    }
}

/// A connection's place among those that are open, given back however it ends.
struct Place {
    number: u64,
    lives: Lives,
    worker: Rc<Worker>,
}

impl Drop for Place {
    fn drop(&mut self) {
        self.lives.borrow_mut().remove(&self.number);
        self.worker.metrics.connections.fetch_sub(1, Relaxed);
    }
}

fn admit(stream: net::TcpStream, number: u64, worker: &Rc<Worker>, lives: &Lives, wish: Wish) {
    let life = Rc::new(Life::begin(worker.now()));
    life.wish(wish);
    lives.borrow_mut().insert(number, Rc::clone(&life));
    let place = Place {
        number,
        lives: Rc::clone(lives),
        worker: Rc::clone(worker),
    };
    tokio::task::spawn_local(async move {
        if let Ok(stream) = TcpStream::from_std(stream) {
            connection::serve(stream, &place.worker, &life).await;
        }
    });
}
