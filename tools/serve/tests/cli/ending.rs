//! How a server ends.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::TcpStream;
use std::thread;

use crate::client::{Case, ROW, Reply, Server, post, until};

/// Whether somebody new is let in.
fn accepts(server: &Server) -> bool {
    match TcpStream::connect(("127.0.0.1", server.port)) {
        Ok(_) => true,
        Err(error) => {
            assert_eq!(error.kind(), ErrorKind::ConnectionRefused);
            false
        }
    }
}

#[test]
fn what_has_begun_is_answered_and_nobody_new_is_let_in() {
    for name in ["TERM", "INT"] {
        let server = Case::new().start(&[]);
        let request = post(ROW.as_bytes(), "");
        let (start, rest) = request.split_at(request.len() - 5);
        let mut stream = server.connect();
        stream.write_all(start).unwrap();
        until("the connection to be counted", || {
            (server.metric("trainyard_connections") > 1.0).then_some(())
        });
        server.signal(name);
        until("the port to close", || (!accepts(&server)).then_some(()));
        stream.write_all(rest).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let reply = Reply::parse(&answer);
        assert_eq!(reply.status, 200, "{answer}");
        assert!(reply.head.contains("connection: close"), "{answer}");
        assert_eq!(server.wait(), Some(0));
    }
}

#[test]
fn idle_connections_do_not_hold_the_end_up() {
    let server = Case::new().start(&["--drain-timeout", "30"]);
    let silent = server.connect();
    let mut used = server.connect();
    used.write_all(&post(ROW.as_bytes(), "")).unwrap();
    let length = used.read(&mut [0; 4096]).unwrap();
    assert!(length > 0);
    let start = std::time::Instant::now();
    assert_eq!(server.terminate(), Some(0));
    assert!(start.elapsed().as_secs() < 10);
    assert_eq!(used.read(&mut [0; 16]).unwrap(), 0);
    drop(silent);
}

#[test]
fn during_the_delay_it_is_not_ready_but_serves() {
    let server = Case::new().start(&["--drain-delay", "60"]);
    server.signal("TERM");
    let not_ready = until("the end to begin", || {
        let reply = server.get("/health/ready");
        (reply.status != 200).then_some(reply)
    });
    assert_eq!(not_ready.status, 503);
    assert!(not_ready.head.contains("retry-after: 1"), "{not_ready:?}");
    assert_eq!(server.get("/health/live").status, 200);
    let answer = server.predict(ROW.as_bytes());
    assert_eq!(answer.status, 200);
    assert!(answer.head.contains("connection: close"));
    // Who insists need not wait for the delay.
    assert_eq!(server.terminate(), Some(0));
}

#[test]
fn who_does_not_come_to_an_end_is_cut_off() {
    let server = Case::new().start(&["--drain-timeout", "0.2"]);
    let mut stream = server.connect();
    let request = post(ROW.as_bytes(), "");
    stream.write_all(&request[..request.len() - 5]).unwrap();
    until("the connection to be counted", || {
        (server.metric("trainyard_connections") > 1.0).then_some(())
    });
    assert_eq!(server.terminate(), Some(0));
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    assert!(answer.is_empty(), "{answer:?}");
}

/// Clients that never stop asking, over kept connections: every request that was answered at all is
/// answered right, and none is cut in the middle.
#[test]
fn an_end_under_load_cuts_no_answer() {
    let server = Case::new().start(&["--threads", "2", "--drain-delay", "0.3"]);
    let port = server.port;
    let clients: Vec<_> = (0..8)
        .map(|_| {
            thread::spawn(move || {
                let mut answered = 0_u32;
                while let Ok(mut stream) = TcpStream::connect(("127.0.0.1", port)) {
                    // A connection is used until the server says that it is the last answer.
                    loop {
                        if stream.write_all(&post(ROW.as_bytes(), "")).is_err() {
                            break;
                        }
                        let mut answer = vec![0; 4096];
                        let length = match stream.read(&mut answer) {
                            Ok(0) | Err(_) => break,
                            Ok(length) => length,
                        };
                        let reply = Reply::parse(&String::from_utf8_lossy(&answer[..length]));
                        assert_eq!(reply.status, 200);
                        assert!(reply.body.ends_with("}]}\n"), "{reply:?}");
                        answered += 1;
                        if reply.head.contains("connection: close") {
                            break;
                        }
                    }
                }
                answered
            })
        })
        .collect();
    until("some load", || {
        (server.metric("trainyard_rows_total") > 500.0).then_some(())
    });
    assert_eq!(server.terminate(), Some(0));
    for client in clients {
        assert!(client.join().unwrap() > 0);
    }
}
