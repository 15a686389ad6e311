//! Callers who are slow, silent or many.

use std::io::{Read as _, Write as _};
use std::time::{Duration, Instant};

use crate::client::{Case, ROW, Reply, post, until};

#[test]
fn a_head_that_trickles_is_cut_off_and_others_are_served() {
    let server = Case::new().start(&["--timeout", "1", "--threads", "1"]);
    let mut loris: Vec<_> = (0..50).map(|_| server.connect()).collect();
    for stream in &mut loris {
        stream.write_all(b"POST /predict HTTP/1.1\r\nx: ").unwrap();
    }
    let start = Instant::now();
    let mut open = loris.len();
    while open > 0 {
        assert!(
            start.elapsed() < Duration::from_secs(10),
            "{open} are still open"
        );
        let asked = Instant::now();
        assert_eq!(server.predict(ROW.as_bytes()).status, 200);
        assert!(asked.elapsed() < Duration::from_secs(1));
        // Another byte now and then gains no time.
        open = loris
            .iter_mut()
            .filter_map(|stream| {
                stream.write_all(b"y").ok()?;
                stream
                    .set_read_timeout(Some(Duration::from_millis(1)))
                    .unwrap();
                match stream.read(&mut [0; 256]) {
                    Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => Some(()),
                    _ => None,
                }
            })
            .count();
    }
    assert!(start.elapsed() >= Duration::from_millis(700));
}

#[test]
fn a_body_that_trickles_is_told_so() {
    let server = Case::new().start(&["--timeout", "0.4"]);
    let mut stream = server.connect();
    let request = post(ROW.as_bytes(), "");
    stream.write_all(&request[..request.len() - 20]).unwrap();
    for byte in &request[request.len() - 20..request.len() - 16] {
        stream.write_all(&[*byte]).unwrap();
        std::thread::sleep(Duration::from_millis(50));
    }
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let reply = Reply::parse(&answer);
    assert_eq!(reply.status, 408, "{answer}");
    assert!(reply.head.contains("retry-after: 1") && reply.head.contains("connection: close"));
    assert_eq!(reply.json()["error"]["code"], "body_timeout");
}

#[test]
fn whoever_says_nothing_is_let_go() {
    let server = Case::new().start(&["--timeout", "0.3", "--idle-timeout", "0.3"]);
    let mut silent = server.connect();
    let mut kept = server.connect();
    kept.write_all(&post(ROW.as_bytes(), "")).unwrap();
    assert!(kept.read(&mut [0; 4096]).unwrap() > 0);
    assert_eq!(silent.read(&mut [0; 16]).unwrap(), 0);
    assert_eq!(kept.read(&mut [0; 16]).unwrap(), 0);
}

#[test]
fn an_answer_that_nobody_reads_is_given_up() {
    let server = Case::new().start(&["--timeout", "0.5"]);
    let row = r#"{"amount": 1, "region": ""}"#;
    let body = format!(r#"{{"rows": [{}]}}"#, vec![row; 9_000].join(","));
    let mut stream = server.connect();
    stream
        .set_write_timeout(Some(Duration::from_secs(5)))
        .unwrap();
    // Requests ahead, until the answers fill every buffer on the way.
    for _ in 0..100 {
        if stream.write_all(&post(body.as_bytes(), "")).is_err() {
            break;
        }
    }
    until("the connection to be cut", || {
        (server.metric("trainyard_connections") < 2.0).then_some(())
    });
}

#[test]
fn beyond_the_limit_of_connections_there_is_a_503_at_once() {
    let server = Case::new().start(&["--max-connections", "2"]);
    let mut kept: Vec<_> = (0..2).map(|_| server.connect()).collect();
    for stream in &mut kept {
        stream.write_all(&post(ROW.as_bytes(), "")).unwrap();
        assert!(stream.read(&mut [0; 4096]).unwrap() > 0);
    }
    let refused = server.predict(ROW.as_bytes());
    assert_eq!(refused.status, 503);
    assert!(refused.head.contains("retry-after: 1"), "{refused:?}");
    assert_eq!(refused.json()["error"]["code"], "too_many_connections");
    drop(kept);
    until("room", || {
        (server.get("/health/live").status == 200).then_some(())
    });
    assert!(server.metric("trainyard_refused_connections_total") >= 1.0);
}
