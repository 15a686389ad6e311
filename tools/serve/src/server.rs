//! Accepting, and ending well.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering::{Relaxed, SeqCst};
use std::time::Duration;

use tokio::io::AsyncReadExt as _;
use tokio::io::AsyncWriteExt as _;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::mpsc::{Receiver, channel};
use tokio::time::{sleep, timeout};

use crate::connection::Wish;
use crate::error::ServeError;
use crate::metrics::Metrics;
use crate::plan::Plan;
use crate::served::Served;
use crate::worker::{self, Handle, Order};

/// Connections that wait to be accepted.
const BACKLOG: u32 = 1024;

/// Connections beyond the limit that are told so at a time; the rest are just closed.
const TOLD: usize = 256;

/// What somebody beyond the limit of connections is told.
const FULL: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\ncontent-type: application/json\r\nretry-after: 1\r\nconnection: close\r\ncontent-length: 136\r\n\r\n{\"error\":{\"code\":\"too_many_connections\",\"message\":\"the server has all the connections it takes\",\"row\":null,\"feature\":null,\"hint\":null}}\n";

/// A server that listens.
pub(crate) struct Server {
    listener: TcpListener,
    signals: Signals,
    workers: Vec<Handle>,
    metrics: Arc<Metrics>,
    ended: Receiver<()>,
    told: Arc<()>,
    next: usize,
}

/// How serving ended.
pub(crate) enum End {
    /// Everything that had begun was answered.
    Complete,
    /// Time was up, or somebody insisted: this many connections were cut.
    Cut(u64),
}

/// The signals that end a server.
pub(crate) struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    /// From now on these signals end nothing by themselves.
    fn take() -> io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

impl Server {
    /// Opens the port and starts the workers. To be called within an event loop.
    pub(crate) fn start(plan: &Plan, served: &Arc<Served>) -> Result<Self, ServeError> {
        let fail = |what| move |source| ServeError::Start { what, source };
        let signals = Signals::take().map_err(fail("the signal handlers"))?;
        let listener = listen(&plan.listen)?;
        let metrics = Arc::new(Metrics::new(plan.threads, &served.model));
        let (alive, ended) = channel(1);
        let workers = (0..plan.threads)
            .map(|number| worker::start(number, served, &metrics, plan.limits, alive.clone()));
        let workers = workers
            .collect::<Result<Vec<_>, _>>()
            .map_err(fail("the workers"))?;
        Ok(Self {
            listener,
            signals,
            workers,
            metrics,
            ended,
            told: Arc::new(()),
            next: 0,
        })
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> Result<SocketAddr, ServeError> {
        let what = "to listen";
        self.listener
            .local_addr()
            .map_err(|source| ServeError::Start { what, source })
    }

    /// Serves until a signal, then ends: says that it is not ready, goes on for the delay, accepts
    /// nothing more, and waits for what has begun.
    pub(crate) async fn run(mut self, plan: &Plan) -> End {
        let limit = plan.limits.connections as u64;
        loop {
            tokio::select! {
                () = self.signals.next() => break,
                accepted = self.listener.accept() => self.admit(accepted, limit).await,
            }
        }
        self.metrics.draining.store(true, SeqCst);
        let mut delay = std::pin::pin!(sleep(plan.drain_delay));
        let mut insisted = false;
        while !delay.is_elapsed() && !insisted {
            tokio::select! {
                () = &mut delay => {}
                () = self.signals.next() => insisted = true,
                accepted = self.listener.accept() => self.admit(accepted, limit).await,
            }
        }
        // Who was let in by the kernel while we looked away is served too.
        while let Ok(accepted) = timeout(Duration::ZERO, self.listener.accept()).await {
            self.admit(accepted, limit).await;
        }
        drop(self.listener);
        tell(&self.workers, Wish::Finish);
        if !insisted {
            tokio::select! {
                _ = self.ended.recv() => {}
                () = sleep(plan.drain_timeout) => {}
                () = self.signals.next() => {}
            }
        }
        let left = self.metrics.connections.load(SeqCst);
        tell(&self.workers, Wish::Close);
        for worker in self.workers {
            // A worker that panicked has nothing more to say.
            let _ = worker.thread.join();
        }
        if left == 0 {
            End::Complete
        } else {
            End::Cut(left)
        }
    }

    /// Hands a connection to the next worker.
    async fn admit(&mut self, accepted: io::Result<(TcpStream, SocketAddr)>, limit: u64) {
        let Ok((stream, _)) = accepted else {
            // The process has no more file descriptors, or the other side is gone already.
            return sleep(Duration::from_millis(10)).await;
        };
        if self.metrics.connections.load(Relaxed) >= limit {
            self.metrics.refused_connections.fetch_add(1, Relaxed);
            if Arc::strong_count(&self.told) <= TOLD {
                tokio::spawn(refuse(stream, Arc::clone(&self.told)));
            }
            return;
        }
        // Answers are written whole, so there is nothing to wait for before sending them.
        let _ = stream.set_nodelay(true);
        let Ok(stream) = stream.into_std() else {
            return;
        };
        self.metrics.connections.fetch_add(1, Relaxed);
        self.next = (self.next + 1) % self.workers.len();
        if self.workers[self.next]
            .orders
            .send(Order::Serve(stream))
            .is_err()
        {
            self.metrics.connections.fetch_sub(1, Relaxed);
        }
    }
}

fn tell(workers: &[Handle], wish: Wish) {
    for worker in workers {
        // One that has ended already needs not be told.
        let _ = worker.orders.send(Order::Wish(wish));
    }
}

fn listen(addresses: &[SocketAddr]) -> Result<TcpListener, ServeError> {
    let open = |address: SocketAddr| {
        let socket = if address.is_ipv4() {
            TcpSocket::new_v4()
        } else {
            TcpSocket::new_v6()
        }?;
        // A port that was just left may be taken at once; one that is in use may not.
        socket.set_reuseaddr(true)?;
        socket.bind(address)?;
        socket.listen(BACKLOG)
    };
    let mut failure = None;
    for &address in addresses {
        match open(address) {
            Ok(listener) => return Ok(listener),
            Err(source) => failure = failure.or(Some(ServeError::Listen { address, source })),
        }
    }
    Err(failure.unwrap_or_else(|| ServeError::Address {
        address: String::new(),
        source: io::Error::from(io::ErrorKind::NotFound),
    }))
}

/// Tells somebody that there is no room. What they sent is read first for a moment, because closing
/// on unread bytes would take the answer back.
async fn refuse(mut stream: TcpStream, told: Arc<()>) {
    let talk = async {
        stream.write_all(FULL).await?;
        stream.shutdown().await?;
        let mut sink = [0; 4096];
        while stream.read(&mut sink).await? > 0 {}
        Ok::<_, io::Error>(())
    };
    // Whether they heard it is their affair.
    let _ = timeout(Duration::from_secs(1), talk).await;
    drop(told);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_refusal_has_the_length_that_it_says() {
        let text = std::str::from_utf8(FULL).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        assert!(
            head.contains(&format!("content-length: {}", body.len())),
            "{}",
            body.len()
        );
        serde_json::from_str::<serde_json::Value>(body).unwrap();
    }
}
