//! A name that only a name server knows, and protocols that are too old.

use std::net::{Ipv4Addr, TcpListener, TcpStream, UdpSocket};
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use e2e::{
    ImageRegistry, Ran, Yard, certificates, command, search_path, static_tool, tools, variable,
    with_own_mounts,
};

const NAME: &str = "registry.models.test";
/// Says to this program, started again, that it is within namespaces of its own.
const WITHIN: &str = "TRAINYARD_TEST_WITHIN";

/// Answers questions for one name with this machine, and for every other with "no such name".
fn name_server(socket: &UdpSocket) -> std::io::Result<()> {
    let mut wanted = Vec::new();
    for label in NAME.split('.') {
        wanted.push(u8::try_from(label.len()).unwrap_or_default());
        wanted.extend(label.bytes());
    }
    wanted.push(0);
    let mut packet = [0; 512];
    loop {
        let (length, from) = socket.recv_from(&mut packet)?;
        let Some(question) = packet.get(12..length) else {
            continue;
        };
        let Some(end) = question.iter().position(|byte| *byte == 0) else {
            continue;
        };
        let (Some(name), Some(kind)) = (question.get(..=end), question.get(end + 1..end + 5))
        else {
            continue;
        };
        let known = name.eq_ignore_ascii_case(&wanted);
        let address = known && kind == [0, 1, 0, 1];
        let mut answer = packet[..2].to_vec();
        // An authoritative answer; the name itself is unknown, or it has no such record.
        answer.extend([0x85, if known { 0x80 } else { 0x83 }]);
        answer.extend([0, 1, 0, u8::from(address), 0, 0, 0, 0]);
        answer.extend(name);
        answer.extend(kind);
        if address {
            answer.extend([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 127, 0, 0, 1]);
        }
        socket.send_to(&answer, from)?;
    }
}

/// A tool asks whom the machine's configuration names. With the full counts it is one that is linked
/// statically, and looks names up by the code that is linked into it; building that takes minutes.
#[test]
fn a_tool_asks_the_name_server() -> Result<()> {
    if variable(WITHIN).is_some() {
        return within();
    }
    if search_path("ip").is_none() {
        eprintln!("SKIPPED: there is no `ip` to start a loopback device with");
        return Ok(());
    }
    // Outside, where there is a registry of crates.
    let tool = match variable("TRAINYARD_SOAK") {
        Some(_) => static_tool("fetch-package")?,
        None => tools()?.join("fetch-package"),
    };
    let Some(mut again) = with_own_mounts(std::env::current_exe()?)? else {
        return Ok(());
    };
    again
        .args(["--exact", "names::a_tool_asks_the_name_server"])
        .arg("--nocapture")
        .env(WITHIN, tool);
    for name in ["CI", "TRAINYARD_BIN"] {
        if let Some(value) = variable(name) {
            again.env(name, value);
        }
    }
    Ran::of(&mut again)?.assert_code(0);
    Ok(())
}

/// The test itself, where the loopback device, port 53 and `/etc/resolv.conf` are ours.
fn within() -> Result<()> {
    let tool = PathBuf::from(variable(WITHIN).context("a tool")?);
    let yard = Yard::prepared()?;
    yard.write(
        "resolv.conf",
        "nameserver 127.0.0.1\noptions timeout:2 attempts:2\n",
    )?;
    let mut prepare = command("sh");
    prepare
        .args([
            "-c",
            "ip link set lo up && mount --bind resolv.conf /etc/resolv.conf",
        ])
        .current_dir(yard.path());
    Ran::of(&mut prepare)?.assert_code(0);
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 53))?;
    std::thread::spawn(move || name_server(&socket));

    certificates(yard.path(), &[NAME])?;
    let (certificate, key) = (
        yard.path().join("server.pem"),
        yard.path().join("server.key"),
    );
    let Some(registry) = ImageRegistry::start_encrypted(&certificate, &key)? else {
        return Ok(());
    };
    let port = registry.host.rsplit(':').next().context("a port")?;
    let target = format!("oci+https://{NAME}:{port}/models");
    let ca = ["--target", &target, "--ca-file", "ca.pem"];
    yard.stage("publish-package", &ca)?.assert_code(0);
    let fetch = |target: &str, out: &str| {
        let mut command = command(&tool);
        command
            .args(["small@1.0.0", "--target", target, "--out", out])
            .args(["--ca-file", "ca.pem"])
            .current_dir(yard.path());
        Ran::of(&mut command)
    };
    fetch(&target, "named")?.assert_code(0);
    assert_eq!(
        yard.read("named/model/model.onnx")?,
        yard.read("out/model/model.onnx")?
    );
    // A name that nobody knows, and one that the certificate does not.
    let unknown = format!("oci+https://other.models.test:{port}/models");
    fetch(&unknown, "unknown")?.assert_code(3);
    let wrong = format!("oci+https://127.0.0.1:{port}/models");
    fetch(&wrong, "wrong")?.assert_refused(2, &["certificate"]);
    Ok(())
}

/// A server that is stopped in the end.
struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// `openssl s_server`, which still speaks what nobody should speak; answers its port.
fn old_server(folder: &Path, version: &str) -> Result<(Server, u16)> {
    for _ in 0..5 {
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?
            .local_addr()?
            .port();
        let mut server = command("openssl");
        server
            .args([
                "s_server",
                "-www",
                "-quiet",
                "-cert",
                "server.pem",
                "-key",
                "server.key",
            ])
            .args([version, "-cipher", "ALL:@SECLEVEL=0", "-accept"])
            .arg(port.to_string())
            .current_dir(folder)
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let mut server = Server(server.spawn()?);
        for _ in 0..200 {
            if TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok() {
                return Ok((server, port));
            }
            if server.0.try_wait()?.is_some() {
                break;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }
    bail!("openssl s_server does not come up")
}

#[test]
fn a_server_that_speaks_tls_1_1_at_best_is_not_spoken_to() -> Result<()> {
    if search_path("openssl").is_none() {
        if variable("CI").is_some() {
            bail!("openssl is needed, and CI is set");
        }
        eprintln!("SKIPPED: there is no openssl to speak an old protocol");
        return Ok(());
    }
    let yard = Yard::prepared()?;
    certificates(yard.path(), &["localhost"])?;
    let (_server, port) = old_server(yard.path(), "-tls1_1")?;
    // The server is there, and speaks it with whoever wants it.
    let mut willing = command("openssl");
    willing
        .args([
            "s_client",
            "-tls1_1",
            "-cipher",
            "ALL:@SECLEVEL=0",
            "-CAfile",
            "ca.pem",
        ])
        .args(["-verify_return_error", "-connect"])
        .arg(format!("localhost:{port}"))
        .current_dir(yard.path());
    let ran = Ran::of(&mut willing)?;
    assert!(ran.stdout.contains("TLSv1.1"), "{ran:?}");

    let url = format!("https://localhost:{port}/small-1.0.0.tar.gz");
    let verify = ["verify", &url, "--unsigned", "--ca-file", "ca.pem"];
    let ran = yard.run("publish-package", &verify)?;
    ran.assert_refused(3, &[&url]);
    assert!(ran.stderr.to_lowercase().contains("protocol"), "{ran:?}");
    Ok(())
}
