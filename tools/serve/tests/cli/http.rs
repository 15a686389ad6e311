//! What is answered to whom.

use std::io::{Read as _, Write as _};

use crate::client::{Case, ROW, Reply, post};

#[test]
fn one_row_and_many_are_answered_with_their_model() {
    let server = Case::new().start(&[]);
    let one = server.predict(ROW.as_bytes());
    assert_eq!(one.status, 200, "{one:?}");
    assert!(
        one.head.contains("content-type: application/json"),
        "{one:?}"
    );
    let answer = one.json();
    let sha256 = yard_contract::Sha256::of(&yard_model::specimen::files()[0].1).to_string();
    assert_eq!(answer["model"]["sha256"], sha256.as_str());
    assert_eq!(
        answer["predictions"].to_string(),
        r#"[{"probability":0.818319,"class":"yes"}]"#
    );
    let body = format!(r#"{{"rows": [{ROW}, {{"region": null, "amount": null}}]}}"#);
    let many = server.predict(body.as_bytes()).json();
    assert_eq!(many["predictions"][0], answer["predictions"][0]);
    assert_eq!(
        many["predictions"][1].to_string(),
        r#"{"probability":0.26894143,"class":"no"}"#
    );
}

#[test]
fn refusals_say_what_and_where() {
    let server = Case::new().start(&["--max-body", "2000", "--max-rows", "3"]);
    let error = |reply: &Reply| reply.json()["error"].clone();
    let wrong = server.predict(br#"{"rows": [{"amount": 1, "Region": "x"}]}"#);
    assert_eq!(wrong.status, 400);
    assert_eq!(
        error(&wrong).to_string(),
        r#"{"code":"unknown_feature","message":"row 0: `Region` is no feature of this model","row":0,"feature":"Region","hint":"did you mean `region`?"}"#
    );
    let many = format!(r#"{{"rows": [{ROW}, {ROW}, {ROW}, {ROW}]}}"#);
    assert_eq!(server.predict(many.as_bytes()).status, 413);
    let long = server.predict(&[b' '; 2001]);
    assert_eq!(
        (long.status, error(&long)["code"].as_str()),
        (413, Some("body_too_large"))
    );
    assert!(long.head.contains("connection: close"), "{long:?}");
    // Far beyond the limit it is refused by its announcement alone.
    let huge = "POST /predict HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 99999999999\r\n\r\n";
    assert_eq!(Reply::parse(&server.raw(huge.as_bytes())).status, 413);
    let chunk = format!("{:x}\r\n{}\r\n", 1500, " ".repeat(1500));
    let chunked = format!(
        "POST /predict HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n{chunk}{chunk}0\r\n\r\n"
    );
    assert_eq!(Reply::parse(&server.raw(chunked.as_bytes())).status, 413);

    let get = server.get("/predict");
    assert_eq!(get.status, 405);
    assert!(get.head.contains("\r\nallow: post"), "{get:?}");
    let text =
        "POST /predict HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: 2\r\n\r\n{}";
    assert_eq!(Reply::parse(&server.raw(text.as_bytes())).status, 415);
    let coded = post(b"{}", "content-encoding: gzip\r\nconnection: close\r\n");
    assert_eq!(Reply::parse(&server.raw(&coded)).status, 415);
    let delete = "DELETE /metrics HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
    let delete = Reply::parse(&server.raw(delete.as_bytes()));
    assert_eq!(delete.status, 405);
    assert!(delete.head.contains("\r\nallow: get, head"), "{delete:?}");
    for path in ["/predict/", "/v1", "/..%2f", "/health", "//"] {
        assert_eq!(server.get(path).status, 404, "{path}");
    }
}

#[test]
fn health_metrics_and_the_signature_can_be_looked_at() {
    let server = Case::new().start(&["--threads", "3"]);
    assert_eq!(server.get("/health/live").body, "{\"status\":\"live\"}\n");
    assert_eq!(
        server.get("/health/ready?verbose=1").body,
        "{\"status\":\"ready\"}\n"
    );
    let about = server.get("/").json();
    assert_eq!(about["signature"]["features"][1]["name"], "region");
    assert_eq!(about["limits"]["rows"], 10_000);
    let head = server.raw(b"HEAD / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
    assert!(
        head.starts_with("HTTP/1.1 200") && head.ends_with("\r\n\r\n"),
        "{head}"
    );

    for _ in 0..7 {
        server.predict(
            br#"{"rows": [{"amount": 2000, "region": "west"}, {"amount": null, "region": null}]}"#,
        );
    }
    server.predict(b"{");
    server.get("/some/path?that=nobody&has=labels");
    let metrics = server.get("/metrics");
    assert!(
        metrics
            .head
            .contains("content-type: text/plain; version=0.0.4; charset=utf-8")
    );
    for (series, value) in [
        (
            "trainyard_requests_total{path=\"/predict\",status=\"200\"}",
            7.0,
        ),
        (
            "trainyard_requests_total{path=\"/predict\",status=\"400\"}",
            1.0,
        ),
        (
            "trainyard_requests_total{path=\"/predict\",status=\"500\"}",
            0.0,
        ),
        (
            "trainyard_requests_total{path=\"other\",status=\"404\"}",
            1.0,
        ),
        ("trainyard_rows_total", 14.0),
        ("trainyard_predict_duration_seconds_count", 8.0),
        ("trainyard_unseen_categories_total{feature=\"region\"}", 7.0),
        (
            "trainyard_unexpected_missing_total{feature=\"amount\"}",
            7.0,
        ),
        ("trainyard_out_of_range_total{feature=\"amount\"}", 7.0),
        ("trainyard_score_count", 14.0),
        ("trainyard_score_bucket{le=\"0.3\"}", 7.0),
        ("trainyard_ready", 1.0),
    ] {
        assert!(
            (server.metric(series) - value).abs() < 1e-9,
            "{series}\n{}",
            metrics.body
        );
    }
}

#[test]
fn a_connection_is_kept_and_requests_may_be_sent_ahead() {
    let server = Case::new().start(&[]);
    let mut stream = server.connect();
    for _ in 0..3 {
        stream.write_all(&post(ROW.as_bytes(), "")).unwrap();
        let mut answer = [0; 4096];
        let length = stream.read(&mut answer).unwrap();
        let text = String::from_utf8_lossy(&answer[..length]).into_owned();
        assert_eq!(Reply::parse(&text).status, 200, "{text}");
    }
    let mut ahead = post(ROW.as_bytes(), "");
    ahead.extend(post(b"{}", ""));
    ahead.extend(post(ROW.as_bytes(), "connection: close\r\n"));
    let text = server.raw(&ahead);
    let statuses: Vec<&str> = text
        .matches("HTTP/1.1 200")
        .chain(text.matches("HTTP/1.1 400"))
        .collect();
    assert_eq!(statuses.len(), 3, "{text}");
}

/// A generator that is good enough to mutate with, and the same in every run.
fn random(state: &mut u64) -> usize {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    usize::try_from(*state >> 33).unwrap()
}

#[test]
fn a_thousand_mutated_bodies_and_not_one_5xx() {
    let server = Case::new().start(&[]);
    let valid = format!(r#"{{"rows": [{ROW}, {{"amount": -1.5e-3, "region": "a\u00e9\n"}}]}}"#);
    let pieces = [
        "{", "}", "[", "]", "\"", ":", ",", "\\", "null", "1e999", "-", "\u{0}", "\\ud800", "rows",
        "é",
    ];
    let mut state = 0x9e37_79b9_7f4a_7c15;
    let mut refused = 0;
    for _ in 0..1000 {
        let mut body = valid.clone().into_bytes();
        for _ in 0..=random(&mut state) % 4 {
            let at = random(&mut state) % (body.len() + 1);
            match random(&mut state) % 4 {
                0 => body.truncate(at),
                1 => {
                    let piece = pieces[random(&mut state) % pieces.len()];
                    body.splice(at..at, piece.bytes());
                }
                2 => {
                    let end = (at + random(&mut state) % 8).min(body.len());
                    body.drain(at..end);
                }
                _ if at < body.len() => body[at] = u8::try_from(random(&mut state) % 256).unwrap(),
                _ => {}
            }
        }
        let reply = server.predict(&body);
        assert!(
            [200, 400].contains(&reply.status),
            "{}: {reply:?}",
            String::from_utf8_lossy(&body)
        );
        if reply.status == 400 {
            refused += 1;
            assert!(reply.json()["error"]["message"].is_string());
        }
    }
    assert!(refused > 700, "{refused}");
    assert_eq!(server.predict(ROW.as_bytes()).status, 200);
}

#[test]
fn what_is_no_http_is_refused_or_dropped() {
    let server = Case::new().start(&[]);
    for bytes in [
        &b"\x16\x03\x01\x02\x00\x01\x00"[..],
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET  / HTTP/1.1\r\n\r\n",
        b"POST /predict HTTP/1.1\r\ncontent-length: -1\r\n\r\n",
        b"POST /predict HTTP/1.1\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n{}",
        b"POST /predict HTTP/1.1\r\ntransfer-encoding: gzip\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    ] {
        let text = server.raw(bytes);
        assert!(
            text.is_empty() || text.starts_with("HTTP/1.1 4"),
            "{bytes:?}: {text}"
        );
    }
    let endless = format!("GET / HTTP/1.1\r\nx: {}", "y".repeat(100_000));
    let text = server.raw(endless.as_bytes());
    assert!(
        text.is_empty() || text.starts_with("HTTP/1.1 431"),
        "{text}"
    );
    assert_eq!(server.get("/health/live").status, 200);
}
