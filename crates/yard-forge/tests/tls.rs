//! Encryption is real: a server is believed only with a certificate for its name, from an authority
//! that we trust, within its time.
#![expect(
    clippy::unwrap_used,
    reason = "a test fails by panicking, in its helpers too"
)]

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::Path;
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, date_time_ymd};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::version::{TLS12, TLS13};
use rustls::{ServerConfig, ServerConnection, StreamOwned, SupportedProtocolVersion};
use yard_forge::{Client, ForgeError, GenericPackages, Monotonic, Settings};

/// A certificate authority of our own.
struct Authority {
    pem: String,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    fn new(name: &str) -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let pem = params.self_signed(&key).unwrap().pem();
        Self {
            pem,
            issuer: Issuer::new(params, key),
        }
    }

    /// A certificate for a name, good until a year, and what a server needs to use it.
    fn server(
        &self,
        name: &str,
        until: i32,
        version: &'static SupportedProtocolVersion,
    ) -> ServerConfig {
        let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        params.not_before = date_time_ymd(2020, 1, 1);
        params.not_after = date_time_ymd(until, 1, 1);
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_protocol_versions(&[version])
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], key)
            .unwrap()
    }
}

/// Answers every connection until the tests end; gives the port.
fn serve(config: ServerConfig) -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    let config = Arc::new(config);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            // A client that does not believe us hangs up.
            let _ = answer(stream.unwrap(), Arc::clone(&config));
        }
    });
    port
}

fn answer(stream: TcpStream, config: Arc<ServerConfig>) -> std::io::Result<()> {
    let connection = ServerConnection::new(config).unwrap();
    let mut stream = StreamOwned::new(connection, stream);
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte)?;
        head.push(byte[0]);
    }
    stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\n[]")?;
    stream.conn.send_close_notify();
    stream.flush()
}

fn ask(port: u16, ca_file: Option<&Path>) -> Result<(), ForgeError> {
    let settings = Settings {
        ca_file: ca_file.map(Path::to_owned),
        ..Settings::default()
    };
    let url = format!("https://localhost:{port}/api/v4");
    let client = Client::new(&url, None, settings, Arc::new(Monotonic::start()), 1)?;
    GenericPackages::new(client, "1")
        .files("credit", "1.0.0")
        .map(drop)
}

fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(": ")
}

#[test]
fn a_server_is_believed_only_with_a_right_certificate() {
    let (ours, theirs) = (Authority::new("ours"), Authority::new("theirs"));
    let folder = tempfile::tempdir().unwrap();
    let ca = folder.path().join("ca.pem");
    std::fs::File::create(&ca)
        .unwrap()
        .write_all(ours.pem.as_bytes())
        .unwrap();
    let cases = [
        (
            ours.server("localhost", 4000, &TLS13),
            Some(ca.as_path()),
            None,
        ),
        (
            ours.server("localhost", 4000, &TLS12),
            Some(ca.as_path()),
            None,
        ),
        (
            ours.server("localhost", 4000, &TLS13),
            None,
            Some("UnknownIssuer"),
        ),
        (
            theirs.server("localhost", 4000, &TLS13),
            Some(ca.as_path()),
            Some("UnknownIssuer"),
        ),
        (
            ours.server("gitlab.example", 4000, &TLS13),
            Some(ca.as_path()),
            Some("not valid for name"),
        ),
        (
            ours.server("localhost", 2021, &TLS13),
            Some(ca.as_path()),
            Some("expired"),
        ),
    ];
    for (config, ca_file, refusal) in cases {
        let port = serve(config);
        match (ask(port, ca_file), refusal) {
            (Ok(()), None) => {}
            (Err(error), Some(reason)) => {
                assert!(matches!(error, ForgeError::Untrusted { .. }), "{error:?}");
                assert!(!error.is_transient() && error.hint().is_some());
                let text = chain(&error);
                assert!(text.contains(reason), "expected `{reason}` in `{text}`");
            }
            (result, expected) => panic!("{result:?}, and not {expected:?}"),
        }
    }
}
