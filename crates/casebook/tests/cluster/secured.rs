//! Between processes with TLS, both ends show a certificate of the same authority.

use std::{fs, net::SocketAddr};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use crate::{
    chance::Chance,
    load::Load,
    program::said,
    world::{NEVER, World, await_ready, look_and_repeat, readyz},
    writer::writers,
};

const SAVES: u64 = 10;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn processes_with_certificates_of_one_authority_work_together_and_with_nobody_else() {
    let world = World::new().await;
    let settings = |authority: &str, port: u16| {
        let file = world.folder.path().join(format!("{authority}-{port}.toml"));
        let folder = issue(&world, authority);
        let key = world.folder.path().join("cluster.key").display().to_string();
        let text = format!(
            "[cluster]\nkey = '{key}'\n[cluster.services]\nidentity = ['127.0.0.1:{port}']\n\
             portfolio = ['127.0.0.1:{port}']\nedc = ['127.0.0.1:{port}']\n[cluster.tls]\n\
             authority = '{folder}/authority.pem'\ncertificate = '{folder}/own.pem'\n\
             key = '{folder}/own.key'\n"
        );
        fs::write(&file, text).unwrap();
        file.display().to_string()
    };
    let services = "identity,portfolio,edc";
    let all = world.start_with(services, "127.0.0.1:0", &settings("ours", 1));
    let port = all.address.port();
    let ours = settings("ours", port);
    let gateway = world.start_with("gateway", "127.0.0.1:0", &ours);
    await_ready(gateway.address).await;
    let writing = writers(2, &mut Chance::new("secured"));
    let mut load = Load::start(gateway.address, writing, NEVER);
    load.await_acknowledged(SAVES).await;
    look_and_repeat(gateway.address, load.stop().await).await;

    assert_eq!(plainly(all.address).await, 0, "nothing is said without TLS");
    let stranger = world.start_with("gateway", "127.0.0.1:0", &settings("strangers", port));
    let told = readyz(stranger.address).await;
    assert_eq!(told, (503, "not ready: identity, portfolio, edc\n".to_owned()));

    // Clients have no certificate: a gateway with services needs another door for these.
    let words = ["serve", "--only", "gateway,edc", "--config", &ours];
    let output = world.place("both").run(&words);
    assert!(said(&output).contains("cluster.listen"), "{}", said(&output));
}

/// A folder with an authority and a certificate of it.
fn issue(world: &World, authority: &str) -> String {
    let folder = world.folder.path().join(authority);
    if !folder.exists() {
        fs::create_dir(&folder).unwrap();
        let mut params = CertificateParams::new(Vec::<String>::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec!["casebook".to_owned()]).unwrap();
        let own = params.signed_by(&key, &issuer).unwrap();
        fs::write(folder.join("authority.pem"), issuer.pem()).unwrap();
        fs::write(folder.join("own.pem"), own.pem()).unwrap();
        fs::write(folder.join("own.key"), key.serialize_pem()).unwrap();
    }
    folder.display().to_string()
}

/// How many bytes of HTTP come back to whoever does not speak TLS.
async fn plainly(address: SocketAddr) -> usize {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(b"GET /healthz HTTP/1.1\r\nHost: casebook\r\n\r\n").await.unwrap();
    let mut answer = Vec::new();
    // The connection is ended, with an alert of TLS or without.
    let _ = stream.read_to_end(&mut answer).await;
    answer.windows(4).filter(|bytes| bytes == b"HTTP").count()
}
