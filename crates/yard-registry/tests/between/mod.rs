//! Something between a client and a server: it counts requests, and at the one that a test chose it
//! does what networks do, or what whoever pulls the plug does.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex};

/// What happens at the chosen request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stop {
    /// It never arrives, and nobody says so.
    Before,
    /// It is done, and the answer never arrives.
    After,
}

/// Changes an answer on its way; its length has to stay.
type Change = dyn Fn(&str, Vec<u8>) -> Vec<u8> + Send + Sync;

struct Shared {
    to: SocketAddr,
    here: SocketAddr,
    /// Methods that count.
    counted: &'static [&'static str],
    stop: Option<(usize, Stop)>,
    seen: AtomicUsize,
    change: Option<Box<Change>>,
    stopped: (Mutex<bool>, Condvar),
    closing: AtomicBool,
}

/// Listens until it is dropped.
pub(crate) struct Between(Arc<Shared>);

/// Requests that write.
pub(crate) const WRITES: &[&str] = &["POST", "PUT", "PATCH", "DELETE"];

impl Between {
    /// Before the server at `http://HOST:PORT…`: the `number`th write, from 1, meets the stop.
    pub(crate) fn stopping(server: &str, number: usize, stop: Stop) -> Self {
        Self::start(server, Some((number, stop)), None)
    }

    /// Before a server whose answers are changed, each with the first line of its request.
    pub(crate) fn changing(
        server: &str,
        change: impl Fn(&str, Vec<u8>) -> Vec<u8> + Send + Sync + 'static,
    ) -> Self {
        Self::start(server, None, Some(Box::new(change)))
    }

    fn start(server: &str, stop: Option<(usize, Stop)>, change: Option<Box<Change>>) -> Self {
        let host = server.split('/').nth(2).unwrap();
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let shared = Arc::new(Shared {
            to: host.parse().unwrap(),
            here: listener.local_addr().unwrap(),
            counted: WRITES,
            stop,
            seen: AtomicUsize::new(0),
            change,
            stopped: (Mutex::new(false), Condvar::new()),
            closing: AtomicBool::new(false),
        });
        let for_thread = Arc::clone(&shared);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                if for_thread.closing.load(Ordering::SeqCst) {
                    return;
                }
                let (stream, shared) = (stream.unwrap(), Arc::clone(&for_thread));
                // A client that is killed hangs up.
                std::thread::spawn(move || drop(shared.pass(stream)));
            }
        });
        Self(shared)
    }

    /// A URL of the server, as one of this.
    pub(crate) fn url(&self, server: &str) -> String {
        server.replace(&self.0.to.to_string(), &self.0.here.to_string())
    }

    /// Writes that came by.
    pub(crate) fn writes(&self) -> usize {
        self.0.seen.load(Ordering::SeqCst)
    }

    /// Waits until the chosen request met its stop, or until `ended` says that it never will.
    pub(crate) fn wait(&self, mut ended: impl FnMut() -> bool) -> bool {
        let (lock, told) = &self.0.stopped;
        let mut stopped = lock.lock().unwrap();
        loop {
            if *stopped {
                return true;
            }
            if ended() {
                return false;
            }
            let pause = std::time::Duration::from_millis(5);
            stopped = told.wait_timeout(stopped, pause).unwrap().0;
        }
    }
}

impl Drop for Between {
    fn drop(&mut self) {
        self.0.closing.store(true, Ordering::SeqCst);
        drop(TcpStream::connect(self.0.here));
    }
}

impl Shared {
    fn pass(&self, mut client: TcpStream) -> std::io::Result<()> {
        let mut reader = BufReader::new(client.try_clone()?);
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            if reader.read_line(&mut head)? == 0 {
                return Ok(());
            }
        }
        let length = head.lines().find_map(|line| {
            let (name, value) = line.split_once(": ")?;
            name.eq_ignore_ascii_case("content-length").then_some(value)
        });
        let mut body = vec![0; length.map_or(0, |length| length.parse().unwrap())];
        reader.read_exact(&mut body)?;
        let first = head.lines().next().unwrap_or_default().to_owned();
        let method = first.split(' ').next().unwrap_or_default();
        let counts = self.counted.contains(&method);
        let number = self.seen.fetch_add(usize::from(counts), Ordering::SeqCst) + 1;
        let stop = self.stop.filter(|(at, _)| counts && *at == number);
        if stop.is_some_and(|(_, stop)| stop == Stop::Before) {
            return self.hold(client);
        }
        let mut server = TcpStream::connect(self.to)?;
        server.write_all(head.as_bytes())?;
        server.write_all(&body)?;
        let mut answer = Vec::new();
        server.read_to_end(&mut answer)?;
        if stop.is_some() {
            return self.hold(client);
        }
        // Whatever the server says of its own address has to lead here. Both have five digits.
        let (there, here) = (self.to.to_string(), self.here.to_string());
        if there.len() == here.len() {
            replace(&mut answer, there.as_bytes(), here.as_bytes());
        }
        if let Some(change) = &self.change {
            answer = change(&first, answer);
        }
        client.write_all(&answer)
    }

    /// Says that the moment has come, and leaves the client without an answer until it is gone.
    fn hold(&self, mut client: TcpStream) -> std::io::Result<()> {
        *self.stopped.0.lock().unwrap() = true;
        self.stopped.1.notify_all();
        // It has nothing more to say, so what ends this is its end.
        client.read_to_end(&mut Vec::new()).map(drop)
    }
}

/// Replaces every occurrence of bytes by others of the same length.
pub(crate) fn replace(bytes: &mut [u8], from: &[u8], to: &[u8]) {
    assert_eq!(from.len(), to.len());
    let mut at = 0;
    while at + from.len() <= bytes.len() {
        if bytes[at..].starts_with(from) {
            bytes[at..at + to.len()].copy_from_slice(to);
            at += to.len();
        } else {
            at += 1;
        }
    }
}
