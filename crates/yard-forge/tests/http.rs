//! The client against servers that misbehave.
#![expect(
    clippy::unwrap_used,
    reason = "a test fails by panicking, in its helpers too"
)]

mod loopback;

use std::io::Write as _;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use loopback::{Reply, Request, Server};
use yard_contract::Sha256;
use yard_forge::{
    Client, Clock, Credential, ForgeError, GenericPackages, Secret, Settings, Upload, Variables,
};

const TOKEN: &str = "glcbt-64_canary";

/// A clock that only waiting moves.
#[derive(Default)]
struct Waits(Mutex<Vec<Duration>>);

impl Clock for Waits {
    fn elapsed(&self) -> Duration {
        self.0.lock().unwrap().iter().sum()
    }

    fn sleep(&self, time: Duration) {
        self.0.lock().unwrap().push(time);
    }
}

fn client_of(url: &str, credential: Option<Credential>) -> Result<Client, ForgeError> {
    Client::new(
        url,
        credential,
        Settings::default(),
        Arc::new(Waits::default()),
        1,
    )
}

fn packages(server: &Server) -> GenericPackages {
    let credential = Credential::Job(Secret::new(TOKEN));
    let client = client_of(&server.url("/api/v4"), Some(credential)).unwrap();
    GenericPackages::new(client, "group/project")
}

fn download(server: &Server, limit: u64) -> Result<(Vec<u8>, Sha256), ForgeError> {
    let mut out = Vec::new();
    let (size, sha256) = packages(server).download("credit", "1.0.0", "a.json", &mut out, limit)?;
    assert_eq!(size, out.len() as u64);
    Ok((out, sha256))
}

/// A server that keeps what it was asked, and what it answers.
fn recorder(answer: impl Fn(&Request) -> Reply + Send + Sync + 'static) -> (Server, Log) {
    let log = Log::default();
    let kept = log.clone();
    let server = Server::start(move |request: Request| {
        let reply = answer(&request);
        kept.0.lock().unwrap().push(request);
        reply
    });
    (server, log)
}

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<Request>>>);

impl Log {
    fn all(&self) -> Vec<Request> {
        self.0.lock().unwrap().clone()
    }

    fn has_token(&self) -> bool {
        self.all()
            .iter()
            .any(|request| request.head.contains(TOKEN))
    }
}

#[test]
fn a_download_is_digested_and_carries_the_token_in_its_header() {
    let (server, log) = recorder(|_| Reply::new(200, b"{}"));
    let (bytes, sha256) = download(&server, 2).unwrap();
    assert_eq!(
        (bytes.as_slice(), sha256),
        (b"{}".as_slice(), Sha256::of(b"{}"))
    );
    let request = &log.all()[0];
    let path = "/api/v4/projects/group%2Fproject/packages/generic/credit/1.0.0/a.json";
    assert_eq!(
        (request.method.as_str(), request.path.as_str()),
        ("GET", path)
    );
    assert_eq!(request.headers["job-token"], TOKEN);
    assert!(request.headers["user-agent"].starts_with("trainyard/"));
}

#[test]
fn every_kind_of_token_stays_at_its_origin_when_a_download_is_redirected() {
    let kinds: [fn(Secret) -> Credential; 3] =
        [Credential::Job, Credential::Access, Credential::Deploy];
    for status in [301, 302, 303, 307, 308] {
        for kind in kinds {
            let (storage, seen) = recorder(|_| Reply::new(200, b"bytes"));
            let to = storage.url("/bucket/a?X-Signature=1");
            let (server, home) = recorder(move |_| Reply::new(status, b"").with("Location", &to));
            let client = client_of(&server.url("/api/v4"), Some(kind(Secret::new(TOKEN)))).unwrap();
            let mut out = Vec::new();
            let packages = GenericPackages::new(client, "1");
            packages
                .download("credit", "1.0.0", "a.json", &mut out, 100)
                .unwrap();
            assert_eq!(out, b"bytes");
            assert!(home.has_token());
            assert_eq!(seen.all().len(), 1);
            assert!(!seen.has_token(), "{status}: {:?}", seen.all());
        }
    }
}

#[test]
fn the_way_back_home_is_not_authenticated() {
    let (storage, _) = recorder(|request| {
        let home = request.query["home"]
            .replace("%3A", ":")
            .replace("%2F", "/");
        Reply::new(302, b"").with("Location", &format!("http://{home}/api/v4/user"))
    });
    let to = storage.url("/");
    let (server, log) = recorder(move |request| {
        let host = request.headers["host"].clone();
        if request.path.ends_with("/user") {
            return Reply::new(200, b"private");
        }
        Reply::new(302, b"").with("Location", &format!("{to}?home={host}"))
    });
    download(&server, 100).unwrap();
    let requests = log.all();
    assert_eq!(requests.len(), 2);
    assert!(requests[0].head.contains(TOKEN) && !requests[1].head.contains(TOKEN));
}

#[test]
fn a_redirect_within_the_origin_keeps_the_token_and_circles_end() {
    let (server, log) = recorder(|request| match request.path.as_str() {
        "/api/v4/elsewhere" => Reply::new(200, b"bytes"),
        _ => Reply::new(302, b"").with("Location", "/api/v4/elsewhere"),
    });
    download(&server, 100).unwrap();
    assert!(log.all().iter().all(|request| request.head.contains(TOKEN)));

    let (server, log) = recorder(|_| Reply::new(302, b"").with("Location", "/again"));
    let error = download(&server, 100).unwrap_err();
    assert!(error.to_string().contains("too many redirects"), "{error}");
    assert_eq!(log.all().len(), 6, "one request and five redirects");
}

#[test]
fn redirects_that_lead_nowhere_good_are_refused() {
    for (to, why) in [
        ("file:///etc/passwd", "not a plain https or http URL"),
        ("ftp://127.0.0.1/x", "not a plain https or http URL"),
        ("http://me:pw@127.0.0.1/x", "not a plain https or http URL"),
        ("http://[::1", "it is not a URL"),
        ("", "too many redirects"),
    ] {
        let (server, _) = recorder(move |_| Reply::new(302, b"").with("Location", to));
        let error = download(&server, 100).unwrap_err();
        assert!(error.to_string().contains(why), "{to}: {error}");
        assert!(!error.is_transient());
        assert!(!error.to_string().contains("pw@"), "{error}");
    }
}

#[test]
fn an_upload_leaves_its_origin_under_no_circumstances() {
    for status in [301, 302, 303, 307, 308] {
        let (elsewhere, seen) = recorder(|_| Reply::new(201, b""));
        let to = elsewhere.url("/steal");
        let (server, _) = recorder(move |_| Reply::new(status, b"").with("Location", &to));
        let upload = Upload::bytes(b"model");
        let error = packages(&server)
            .upload("credit", "1.0.0", "a", &upload, true)
            .unwrap_err();
        assert!(matches!(error, ForgeError::Redirect { .. }), "{error}");
        assert!(seen.all().is_empty());
    }
    // Within the origin the body is sent again where the status says so, and only there.
    for (status, arrives) in [(307, true), (308, true), (302, false), (303, false)] {
        let (server, log) = recorder(move |request| match request.path.as_str() {
            "/there" => Reply::new(201, b"{}"),
            _ => Reply::new(status, b"").with("Location", "/there"),
        });
        let upload = Upload::bytes(b"model");
        let result = packages(&server).upload("credit", "1.0.0", "a", &upload, true);
        assert_eq!(result.is_ok(), arrives, "{status}");
        if arrives {
            assert_eq!(log.all()[1].body, b"model");
        }
    }
}

#[test]
fn without_encryption_only_this_machine_is_spoken_to() {
    for (url, why) in [
        ("http://gitlab.example/api/v4", "not encrypted"),
        ("http://169.254.169.254/api/v4", "not encrypted"),
        ("http://localhost.evil.test/", "not encrypted"),
        ("https://me:pw@gitlab.example/", "a user or a password"),
        ("ftp://gitlab.example/", "neither https nor http"),
        ("gitlab.example", "not a URL"),
        ("https://gitlab.example/?a=b", "no query"),
    ] {
        let error = client_of(url, None).unwrap_err().to_string();
        assert!(error.contains(why), "{url}: {error}");
        assert!(!error.contains("pw"), "{error}");
    }
    for url in [
        "https://gitlab.example/api/v4",
        "http://127.0.0.1:1/",
        "http://localhost:1/",
    ] {
        client_of(url, None).unwrap();
    }
}

#[test]
fn refusals_say_which_variable_and_which_scope() {
    let status = |status: u16, message: &'static [u8]| {
        let (server, _) = recorder(move |_| Reply::new(status, message));
        download(&server, 100).unwrap_err()
    };
    let error = status(401, br#"{"message":"401 Unauthorized"}"#);
    assert!(matches!(
        error,
        ForgeError::Unauthorised { status: 401, .. }
    ));
    assert!(
        error
            .to_string()
            .ends_with("(status 401): 401 Unauthorized"),
        "{error}"
    );
    assert!(
        error
            .hint()
            .unwrap()
            .contains("`CI_JOB_TOKEN` is valid only while its job runs")
    );
    let error = status(403, br#"{"error":"insufficient_scope"}"#);
    assert!(error.hint().unwrap().contains("allow-list"), "{error}");
    let error = status(404, b"");
    assert!(matches!(error, ForgeError::NotFound { .. }), "{error}");
    let error = status(400, br#"{"message":"Duplicate package is not allowed"}"#);
    assert!(
        error
            .to_string()
            .ends_with("status 400: Duplicate package is not allowed"),
        "{error}"
    );
    let error = status(422, b"<html><script>");
    assert!(
        error.to_string().ends_with("status 422: a page for people"),
        "{error}"
    );
    // What a server repeats of our request is not repeated by us, nor can it forge a log line.
    let error = status(400, b"bad token glcbt-64_canary\n::error::x");
    assert!(
        error.to_string().ends_with("bad token ***\\n::error::x"),
        "{error}"
    );

    let (server, _) = recorder(|_| Reply::new(401, b""));
    let client = client_of(&server.url("/api/v4"), None).unwrap();
    let error = GenericPackages::new(client, "1")
        .files("a", "1")
        .unwrap_err();
    assert!(error.hint().unwrap().contains("`GITLAB_TOKEN`"), "{error}");
}

#[test]
fn what_may_pass_is_transient_and_keeps_the_servers_wish() {
    for status in [408, 429, 500, 502, 503, 504] {
        let (server, _) = recorder(move |_| Reply::new(status, b""));
        let error = download(&server, 100).unwrap_err();
        assert!(
            matches!(
                error,
                ForgeError::Transient {
                    retry_after: None,
                    ..
                }
            ),
            "{error}"
        );
    }
    for (name, value, seconds) in [
        ("Retry-After", "120", 120),
        ("retry-after", "Sun, 06 Nov 1994 08:50:37 GMT", 60),
    ] {
        for status in [429, 503, 403] {
            let (server, _) = recorder(move |_| {
                let date = "Sun, 06 Nov 1994 08:49:37 GMT";
                Reply::new(status, b"").with(name, value).with("Date", date)
            });
            let error = download(&server, 100).unwrap_err();
            let ForgeError::Transient {
                retry_after: Some(wish),
                ..
            } = error
            else {
                panic!("{status}: {error}")
            };
            assert_eq!(wish.as_secs(), seconds);
        }
    }
    let (server, _) = recorder(|_| Reply {
        silent: true,
        ..Reply::default()
    });
    assert!(download(&server, 100).unwrap_err().is_transient());
    let gone = server.url("/api/v4");
    drop(server);
    let client = client_of(&gone, None).unwrap();
    let error = GenericPackages::new(client, "1")
        .files("a", "1")
        .unwrap_err();
    assert!(
        error.is_transient() && error.to_string().contains("no connection"),
        "{error}"
    );
}

#[test]
fn a_broken_or_endless_answer_is_noticed() {
    let (server, _) = recorder(|_| Reply {
        cut: Some(3),
        ..Reply::new(200, b"12345")
    });
    let error = download(&server, 100).unwrap_err();
    assert!(
        error.to_string().contains("broke off after 3 bytes"),
        "{error}"
    );
    assert!(error.is_transient());
    let (server, _) = recorder(|_| Reply::new(200, b"12345"));
    let error = download(&server, 4).unwrap_err();
    assert!(
        matches!(error, ForgeError::TooLarge { limit: 4, .. }),
        "{error}"
    );
    let (server, _) = recorder(|_| Reply::new(200, b"<html>"));
    let error = packages(&server).files("a", "1").unwrap_err();
    assert!(matches!(error, ForgeError::Answer { .. }), "{error}");
}

#[test]
fn a_file_is_uploaded_with_its_length_and_watched() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.onnx");
    let bytes = vec![7; 300_000];
    std::fs::File::create(&path)
        .unwrap()
        .write_all(&bytes)
        .unwrap();
    let upload = Upload::file(&path).unwrap();
    assert_eq!((upload.size, upload.sha256), (300_000, Sha256::of(&bytes)));

    let (server, log) = recorder(|_| Reply::new(201, br#"{"message":"201 Created"}"#));
    let record = packages(&server)
        .upload("credit", "1.0.0", "model.onnx", &upload, true)
        .unwrap();
    assert_eq!(record, None);
    let request = &log.all()[0];
    assert_eq!(
        (request.method.as_str(), request.body == bytes),
        ("PUT", true)
    );
    assert_eq!(request.query["select"], "package_file");

    // A file that changes after it was digested does not pass for what it was.
    std::fs::File::create(&path)
        .unwrap()
        .write_all(&vec![8; 300_000])
        .unwrap();
    let error = packages(&server)
        .upload("credit", "1.0.0", "model.onnx", &upload, true)
        .unwrap_err();
    assert!(matches!(error, ForgeError::Changed(_)), "{error}");
}

#[test]
fn no_debug_text_shows_a_secret() {
    let variables = Variables::from_iter([
        ("CI_JOB_TOKEN", TOKEN),
        ("HTTPS_PROXY", "http://user:canary@proxy.example:3128"),
    ]);
    let settings = Settings::from_variables(&variables);
    let credential = Credential::Job(Secret::new(TOKEN));
    let waits = Arc::new(Waits::default());
    let client = Client::new(
        "https://g.example",
        Some(credential),
        settings.clone(),
        waits,
        1,
    )
    .unwrap();
    let text = format!("{variables:?} {settings:?} {client:?}");
    assert!(!text.contains("canary"), "{text}");
    let broken = Settings {
        https_proxy: Some("http://user:canary@".to_owned()),
        ..settings
    };
    let waits = Arc::new(Waits::default());
    let error = Client::new("https://g.example", None, broken, waits, 1)
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("HTTPS_PROXY") && !error.contains("canary"),
        "{error}"
    );
    let awkward = Credential::Job(Secret::new("line\nbreak"));
    let error = client_of("https://g.example", Some(awkward))
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("`CI_JOB_TOKEN`") && !error.contains("break"),
        "{error}"
    );
}

/// How a server marks a page: its number, whether it is the last, the answer so far.
type Style = fn(usize, bool, Reply) -> Reply;

#[test]
fn listings_are_read_to_their_end_however_the_server_says_where_it_is() {
    let entry = |id: usize| format!(r#"{{"id":{id},"package_id":1,"file_name":"f{id}","size":1}}"#);
    let page = move |request: &Request, size: usize| {
        let page: usize = request.query["page"].parse().unwrap();
        let entries: Vec<String> = (1..=250)
            .skip((page - 1) * size)
            .take(size)
            .map(entry)
            .collect();
        (
            page,
            Reply::new(200, format!("[{}]", entries.join(",")).as_bytes()),
        )
    };
    let styles: [(usize, Style); 3] = [
        // Fewer entries on a page than asked for, and a header with the next number.
        (20, |page, last, reply| {
            let next = if last {
                String::new()
            } else {
                (page + 1).to_string()
            };
            reply.with("X-Next-Page", &next)
        }),
        (20, |_, last, reply| {
            let rel = if last { "first" } else { "next" };
            reply.with("Link", &format!("<http://127.0.0.1/x>; rel=\"{rel}\""))
        }),
        // A proxy has dropped both.
        (100, |_, _, reply| reply),
    ];
    for (size, style) in styles {
        let (server, _) = recorder(move |request| {
            if !request.path.ends_with("/package_files") {
                let body = br#"[{"id":1,"name":"credit","version":"1.0.0"}]"#;
                return Reply::new(200, body).with("X-Next-Page", "");
            }
            let (number, reply) = page(request, size);
            style(number, number * size >= 250, reply)
        });
        let files = packages(&server).files("credit", "1.0.0").unwrap();
        let ids: Vec<u64> = files.iter().map(|file| file.id).collect();
        assert_eq!(ids, (1..=250).collect::<Vec<u64>>());
    }
}
