//! One connection, and how long it may take over what.
//!
//! A request and its answer start no timer. Each connection notes what it is doing and since when,
//! in ticks of its worker's [`TICK`], and the worker ends those that take too long.

use std::cell::{Cell, RefCell};
use std::convert::Infallible;
use std::future::poll_fn;
use std::io;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use hyper::rt::{Read, ReadBufCursor, Write};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use crate::handler;
use crate::worker::Worker;

/// How exact the limits are.
pub(crate) const TICK: Duration = Duration::from_millis(250);

/// The longest head of a request, in bytes; a longer one is answered with 431.
const HEAD: usize = 32 << 10;

/// What a connection is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    /// It waits for the next request.
    Idle,
    /// A request's head arrives, or the first one is awaited.
    Head,
    /// The request is being answered; its body has a time limit of its own.
    Work,
    /// The answer is being read.
    Answer,
}

/// What a worker wants of a connection, by rising urgency.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Wish {
    /// Go on.
    Serve,
    /// Answer what has begun, then end.
    Finish,
    /// End now.
    Close,
}

/// A connection as its worker sees it.
#[derive(Debug)]
pub(crate) struct Life {
    phase: Cell<Phase>,
    since: Cell<u64>,
    wish: Cell<Wish>,
    waker: RefCell<Option<Waker>>,
}

impl Life {
    pub(crate) fn begin(now: u64) -> Self {
        Self {
            phase: Cell::new(Phase::Head),
            since: Cell::new(now),
            wish: Cell::new(Wish::Serve),
            waker: RefCell::new(None),
        }
    }

    /// What it does, and for how many ticks it has.
    pub(crate) fn phase(&self, now: u64) -> (Phase, u64) {
        (self.phase.get(), now.saturating_sub(self.since.get()))
    }

    /// Tells the connection what is wanted, at least.
    pub(crate) fn wish(&self, wish: Wish) {
        if wish > self.wish.get() {
            self.wish.set(wish);
            if let Some(waker) = self.waker.borrow().as_ref() {
                waker.wake_by_ref();
            }
        }
    }

    fn enter(&self, phase: Phase, now: u64) {
        self.phase.set(phase);
        self.since.set(now);
    }
}

/// Serves a connection until it ends. What goes wrong on it is the other side's doing or loss, and
/// is over with it.
pub(crate) async fn serve(stream: TcpStream, worker: &Rc<Worker>, life: &Rc<Life>) {
    let io = Watched {
        inner: TokioIo::new(stream),
        worker: Rc::clone(worker),
        life: Rc::clone(life),
    };
    let service = service_fn(|request| async move {
        life.enter(Phase::Work, worker.now());
        let response = handler::answer(worker, request).await;
        life.enter(Phase::Answer, worker.now());
        Ok::<_, Infallible>(response)
    });
    let mut builder = http1::Builder::new();
    builder
        .header_read_timeout(None)
        .max_buf_size(HEAD)
        .pipeline_flush(true);
    let mut connection = pin!(builder.serve_connection(io, service));
    let mut told = false;
    poll_fn(|context| {
        if life.waker.borrow().is_none() {
            *life.waker.borrow_mut() = Some(context.waker().clone());
        }
        match life.wish.get() {
            Wish::Close => return Poll::Ready(()),
            Wish::Finish if !told => {
                told = true;
                connection.as_mut().graceful_shutdown();
            }
            _ => {}
        }
        connection.as_mut().poll(context).map(drop)
    })
    .await;
}

/// A stream whose connection notes what it sees.
struct Watched {
    inner: TokioIo<TcpStream>,
    worker: Rc<Worker>,
    life: Rc<Life>,
}

impl Read for Watched {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        let read = Pin::new(&mut self.inner).poll_read(context, buffer);
        if read.is_ready() && self.life.phase.get() == Phase::Idle {
            self.life.enter(Phase::Head, self.worker.now());
        }
        read
    }
}

impl Write for Watched {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.inner).poll_flush(context);
        if flushed.is_ready() && self.life.phase.get() == Phase::Answer {
            self.life.enter(Phase::Idle, self.worker.now());
        }
        flushed
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(context)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        pieces: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write_vectored(context, pieces)
    }
}
