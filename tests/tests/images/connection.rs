//! A static binary meets what self-managed sites have: a certificate authority of their own, a proxy,
//! and names that the machine itself has to look up.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};

use anyhow::{Context as _, Result};
use e2e::{ImageRegistry, Ran, Yard, certificates, command, static_tool, variable};

/// A proxy that leads every tunnel to one place; answers its URL. It lives as long as the test.
fn proxy(to: &str) -> Result<String> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let url = format!("http://{}", listener.local_addr()?);
    let to = to.to_owned();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let to = to.clone();
            // A client that hangs up ends its tunnel and nothing else.
            std::thread::spawn(move || drop(tunnel(stream, &to)));
        }
    });
    Ok(url)
}

fn tunnel(mut client: TcpStream, to: &str) -> std::io::Result<()> {
    let mut reader = BufReader::new(client.try_clone()?);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if reader.read_line(&mut head)? == 0 {
            return Ok(());
        }
    }
    if !head.starts_with("CONNECT registry.test:") {
        return client.write_all(b"HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n");
    }
    let mut server = TcpStream::connect(to)?;
    client.write_all(b"HTTP/1.1 200 OK\r\n\r\n")?;
    let (mut back, mut out) = (server.try_clone()?, client.try_clone()?);
    let answers = std::thread::spawn(move || std::io::copy(&mut back, &mut out));
    std::io::copy(&mut reader, &mut server)?;
    server.shutdown(std::net::Shutdown::Write)?;
    drop(answers.join());
    Ok(())
}

/// Building a second static binary takes minutes: with the full counts only.
#[test]
fn a_static_tool_knows_an_own_authority_a_proxy_and_names() -> Result<()> {
    if variable("TRAINYARD_SOAK").is_none() {
        return Ok(());
    }
    let yard = Yard::prepared()?;
    certificates(yard.path(), &["localhost", "registry.test"])?;
    let (certificate, key) = (
        yard.path().join("server.pem"),
        yard.path().join("server.key"),
    );
    let Some(registry) = ImageRegistry::start_encrypted(&certificate, &key)? else {
        return Ok(());
    };
    let port = registry.host.rsplit(':').next().context("a port")?;
    let by_name = format!("oci+https://localhost:{port}/models");
    yard.stage(
        "publish-package",
        &["--target", &by_name, "--ca-file", "ca.pem"],
    )?
    .assert_code(0);

    let tool = static_tool("fetch-package")?;
    let fetch = |target: &str, out: &str, proxy: Option<&str>, ca: bool| {
        let mut command = command(&tool);
        command
            .args(["small@1.0.0", "--target", target, "--out", out])
            .current_dir(yard.path());
        if ca {
            command.args(["--ca-file", "ca.pem"]);
        }
        if let Some(proxy) = proxy {
            command.env("HTTPS_PROXY", proxy);
        }
        Ran::of(&mut command)
    };
    // A name that the machine looks up, and an authority that it does not know by itself.
    fetch(&by_name, "named", None, true)?.assert_code(0);
    fetch(&by_name, "untrusted", None, false)?.assert_refused(2, &["certificate"]);
    // A name that only the proxy knows.
    let proxy = proxy(&registry.host)?;
    let beyond = format!("oci://registry.test:{port}/models");
    fetch(&beyond, "proxied", Some(&proxy), true)?.assert_code(0);
    for folder in ["named", "proxied"] {
        assert_eq!(
            yard.read(format!("{folder}/model/model.onnx"))?,
            yard.read("out/model/model.onnx")?
        );
    }
    assert!(!yard.path().join("untrusted").exists());
    Ok(())
}
