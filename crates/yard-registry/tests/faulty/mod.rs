//! Any server on this machine, made to fail in every way in which servers and networks fail, and to
//! remember what it was asked.

use std::sync::{Arc, Mutex};

use crate::loopback::{Handler, Reply, Request, Server};

/// What goes wrong with a request.
#[derive(Clone, Debug)]
pub(crate) enum Fault {
    /// Answered so, and nothing done.
    Answer(Reply),
    /// Done, and answered so all the same.
    DoneBut(Reply),
    /// Done, and hung up without an answer.
    DoneAndSilent,
    /// Hung up after so many bytes of the body.
    CutUpload(usize),
    /// Answered with only so many bytes of the body.
    CutAnswer(usize),
    /// Answered with another content of the same length.
    OtherBytes,
}

/// Every way of failing that a request which sends something can meet, for a body of so many bytes.
pub(crate) fn of_sending(length: usize) -> Vec<Fault> {
    let busy = |status| Reply::new(status, b"{\"message\":\"busy\"}");
    let mut faults: Vec<Fault> = [408, 425, 429, 500, 502, 503, 504]
        .map(|status| Fault::Answer(busy(status)))
        .into();
    faults.extend([
        Fault::Answer(busy(429).with("Retry-After", "60")),
        Fault::Answer(busy(503).with("Retry-After", "Sun, 06 Nov 1994 08:50:37 GMT")),
        Fault::Answer(busy(403).with("Retry-After", "30")),
        Fault::Answer(Reply {
            silent: true,
            ..Reply::default()
        }),
        Fault::DoneBut(busy(500)),
        Fault::DoneBut(busy(502)),
        Fault::DoneBut(busy(429)),
        Fault::DoneAndSilent,
    ]);
    let cuts = [0, 1, length / 2, length.saturating_sub(1)];
    faults.extend(cuts.map(Fault::CutUpload));
    faults
}

/// Every way of failing that a request which fetches something can meet, for a body of so many bytes.
pub(crate) fn of_fetching(length: usize) -> Vec<Fault> {
    let busy = |status| Reply::new(status, b"{\"message\":\"busy\"}");
    let mut faults: Vec<Fault> = [408, 429, 500, 502, 503, 504]
        .map(|status| Fault::Answer(busy(status)))
        .into();
    faults.push(Fault::Answer(busy(503).with("Retry-After", "30")));
    faults.push(Fault::Answer(Reply {
        silent: true,
        ..Reply::default()
    }));
    faults.extend([0, 1, length / 2, length.saturating_sub(1)].map(Fault::CutAnswer));
    faults
}

/// What a server does when nothing fails.
pub(crate) trait Service: Send + 'static {
    fn serve(&mut self, request: &Request) -> Reply;
}

/// A service, its faults, and what it was asked.
struct State<S> {
    /// Nothing until its address is known.
    service: Option<S>,
    /// Method, a part of the path, the fault, and how often it still happens.
    rules: Vec<(&'static str, &'static str, Fault, usize)>,
    log: Vec<Request>,
}

/// A running service.
pub(crate) struct Faulty<S: Service> {
    state: Arc<Mutex<State<S>>>,
    server: Server,
}

impl<S: Service> Faulty<S> {
    /// Starts a service, which is told its own URL.
    pub(crate) fn start(service: impl FnOnce(&str) -> S) -> Self {
        let state = Arc::new(Mutex::new(State {
            service: None,
            rules: Vec::new(),
            log: Vec::new(),
        }));
        let server = Server::start(Shared(Arc::clone(&state)));
        state.lock().unwrap().service = Some(service(&server.url("")));
        Self { state, server }
    }

    /// `http://127.0.0.1:PORT` and a path.
    pub(crate) fn url(&self, path: &str) -> String {
        self.server.url(path)
    }

    /// Lets requests of a method whose path holds a text fail, so many times.
    pub(crate) fn fault(
        &self,
        method: &'static str,
        path: &'static str,
        fault: Fault,
        times: usize,
    ) {
        let mut state = self.state.lock().unwrap();
        state.rules.push((method, path, fault, times));
    }

    /// Faults that were never met.
    pub(crate) fn unmet(&self) -> usize {
        let state = self.state.lock().unwrap();
        state.rules.iter().filter(|rule| rule.3 > 0).count()
    }

    /// Requests, forgotten afterwards.
    pub(crate) fn take_log(&self) -> Vec<Request> {
        std::mem::take(&mut self.state.lock().unwrap().log)
    }

    /// Looks at the service, or changes it.
    pub(crate) fn with<T>(&self, look: impl FnOnce(&mut S) -> T) -> T {
        look(self.state.lock().unwrap().service.as_mut().unwrap())
    }
}

struct Shared<S>(Arc<Mutex<State<S>>>);

impl<S> State<S> {
    fn meet(&mut self, request: &Request, wanted: impl Fn(&Fault) -> bool) -> Option<Fault> {
        let rule = self.rules.iter_mut().find(|(method, path, fault, times)| {
            *times > 0 && *method == request.method && request.path.contains(path) && wanted(fault)
        })?;
        rule.3 -= 1;
        Some(rule.2.clone())
    }
}

impl<S: Service> Handler for Shared<S> {
    fn hang_up(&self, head: &Request) -> Option<usize> {
        let mut state = self.0.lock().unwrap();
        let Fault::CutUpload(bytes) = state.meet(head, |f| matches!(f, Fault::CutUpload(_)))?
        else {
            return None;
        };
        state.log.push(head.clone());
        Some(bytes)
    }

    fn answer(&self, request: Request) -> Reply {
        let mut state = self.0.lock().unwrap();
        state.log.push(request.clone());
        let fault = state.meet(&request, |fault| !matches!(fault, Fault::CutUpload(_)));
        if let Some(Fault::Answer(reply)) = fault {
            return reply;
        }
        let reply = state.service.as_mut().unwrap().serve(&request);
        match fault {
            Some(Fault::DoneBut(other)) => other,
            Some(Fault::DoneAndSilent) => Reply {
                silent: true,
                ..reply
            },
            Some(Fault::CutAnswer(bytes)) => Reply {
                cut: Some(bytes),
                ..reply
            },
            Some(Fault::OtherBytes) => Reply {
                body: vec![b'x'; reply.body.len()],
                ..reply
            },
            _ => reply,
        }
    }
}
