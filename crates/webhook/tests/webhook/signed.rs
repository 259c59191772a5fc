use crate::{
    receiver::{Received, Receiver},
    world::{STUDY, World, hooks, local, manager, on_every_store},
};
use contract::webhook::v1::{CreateEndpointRequest, RotateKeyRequest, ShowSecretRequest, Webhook};
use futures::FutureExt as _;
use std::{
    io::Write as _,
    process::{Command, Stdio},
    sync::Arc,
    time::Duration,
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
};
use webhook::{Client, Limits, Worker};

/// The receiver of the manual, so that what is printed there is what works.
fn verifies_in_node(key: &str, received: &Received, now: i64) -> bool {
    let manual = include_str!("../../../../docs/webhooks.md");
    let code = manual.split("```js\n").nth(1).unwrap().split("```").next().unwrap();
    let program = format!(
        "{code}\nlet text = ''\nprocess.stdin.on('data', (part) => (text += part))\n\
         process.stdin.on('end', () => {{\n  const request = JSON.parse(text)\n  \
         verify(request.keys, request.headers, Buffer.from(request.body), request.now)\n}})\n"
    );
    let headers = ["webhook-id", "webhook-timestamp", "webhook-signature"];
    let headers: serde_json::Map<String, serde_json::Value> =
        headers.iter().map(|name| ((*name).to_owned(), received.header(name).into())).collect();
    let request = serde_json::json!({
        "keys": [key],
        "headers": headers,
        "body": String::from_utf8(received.body.to_vec()).unwrap(),
        "now": now,
    });
    run(Command::new("node").args(["--input-type=module", "-e", &program]), &request.to_string())
}

fn run(command: &mut Command, input: &str) -> bool {
    let mut child = command.stdin(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    child.wait().unwrap().success()
}

/// Verifies with the signature library alone, written from the specification.
fn verifies_in_rust(key: &str, received: &Received) -> bool {
    use base64::{Engine as _, engine::general_purpose::STANDARD};
    let key: [u8; 32] =
        STANDARD.decode(key.strip_prefix("whpk_").unwrap()).unwrap().try_into().unwrap();
    let key = ed25519_dalek::VerifyingKey::from_bytes(&key).unwrap();
    let mut signed = received.header("webhook-id").as_bytes().to_vec();
    signed.push(b'.');
    signed.extend_from_slice(received.header("webhook-timestamp").as_bytes());
    signed.push(b'.');
    signed.extend_from_slice(&received.body);
    received.header("webhook-signature").split(' ').any(|part| {
        let Some(signature) = part.strip_prefix("v1a,") else { return false };
        let signature: [u8; 64] = STANDARD.decode(signature).unwrap().try_into().unwrap();
        let signature = ed25519_dalek::Signature::from_bytes(&signature);
        key.verify_strict(&signed, &signature).is_ok()
    })
}

/// Whether a symmetric signature fits, computed from the specification.
fn fits_secret(secret: &str, received: &Received) -> bool {
    use base64::{Engine as _, engine::general_purpose::STANDARD};
    use hmac::{Hmac, KeyInit as _, Mac as _};
    let secret = STANDARD.decode(secret.strip_prefix("whsec_").unwrap()).unwrap();
    let mut hmac = Hmac::<sha2::Sha256>::new_from_slice(&secret).unwrap();
    for part in [received.id(), ".", received.header("webhook-timestamp"), "."] {
        hmac.update(part.as_bytes());
    }
    hmac.update(&received.body);
    let expected = format!("v1,{}", STANDARD.encode(hmac.finalize().into_bytes()));
    received.header("webhook-signature").split(' ').any(|part| part == expected)
}

async fn one(world: &World, receiver: &Receiver) -> Received {
    receiver.forget();
    world.note("A").await;
    world.worker.run_until_idle().await;
    receiver.received().remove(0)
}

#[test]
fn a_receiver_verifies_with_the_public_key_and_during_a_rotation_with_either() {
    on_every_store(async |world| {
        let receiver = Receiver::start().await;
        let endpoint = world.subscribe(&receiver, &[]).await;
        let old = endpoint.public_keys[0].key.clone();
        assert!(verifies_in_rust(&old, &one(&world, &receiver).await));
        let rotate = RotateKeyRequest {
            study_oid: STUDY.into(),
            endpoint_id: endpoint.endpoint_id,
            overlap_hours: Some(2),
            request_id: None,
        };
        let rotated = world.hooks.rotate_key(&manager(), rotate).await.unwrap().endpoint.unwrap();
        let new = rotated.public_keys[0].key.clone();
        assert_eq!((rotated.public_keys.len(), &rotated.public_keys[1].key), (2, &old));
        let both = one(&world, &receiver).await;
        assert!(verifies_in_rust(&old, &both) && verifies_in_rust(&new, &both));
        world.advance_s(2 * 3_600);
        let late = one(&world, &receiver).await;
        assert!(!verifies_in_rust(&old, &late) && verifies_in_rust(&new, &late));
        assert_eq!(world.endpoint().await.public_keys.len(), 1);
    });
}

#[test]
fn a_secret_is_shown_for_receivers_that_share_one_and_the_journal_says_who_saw_it() {
    on_every_store(async |world| {
        let receiver = Receiver::start().await;
        let endpoint_id = world.subscribe(&receiver, &[]).await.endpoint_id;
        let show = |request_id: &str| ShowSecretRequest {
            study_oid: STUDY.into(),
            endpoint_id: endpoint_id.clone(),
            request_id: Some(request_id.into()),
        };
        let first = world.hooks.show_secret(&manager(), show("s-1")).await.unwrap().secrets;
        let again = world.hooks.show_secret(&manager(), show("s-1")).await.unwrap().secrets;
        assert_eq!((first.len(), &first), (1, &again));
        assert!(fits_secret(&first[0].secret, &one(&world, &receiver).await));
        let rotate = RotateKeyRequest {
            study_oid: STUDY.into(),
            endpoint_id: endpoint_id.clone(),
            overlap_hours: Some(2),
            request_id: None,
        };
        world.hooks.rotate_key(&manager(), rotate).await.unwrap();
        let both = world.hooks.show_secret(&manager(), show("s-2")).await.unwrap().secrets;
        assert_eq!((both.len(), &both[1].secret), (2, &first[0].secret));
        assert!(both[0].until.is_none() && both[1].until.is_some());
        let sent = one(&world, &receiver).await;
        assert!(both.iter().all(|secret| fits_secret(&secret.secret, &sent)));
        world.advance_s(2 * 3_600);
        let late = one(&world, &receiver).await;
        assert!(fits_secret(&both[0].secret, &late) && !fits_secret(&both[1].secret, &late));

        let log = journal::LogName::new(STUDY, "webhook", endpoint_id.as_str());
        let entries = world.store.read(&log, 1, 99).await.unwrap();
        let texts = entries.iter().map(|entry| format!("{:?}", entry.view().unwrap()));
        let shown: Vec<String> = texts.filter(|text| text.contains("SecretShown")).collect();
        assert_eq!(shown.len(), 2);
        assert!(shown.iter().all(|entry| entry.contains("wang.fang")));
        let told = entries.iter().map(|entry| entry.view().unwrap().payload);
        let told: Vec<String> =
            told.map(|bytes| String::from_utf8_lossy(bytes).into_owned()).collect();
        assert!(!told.concat().contains("whsec"), "the journal holds no secret");
    });
}

#[test]
fn the_receiver_of_the_manual_accepts_what_is_sent_and_refuses_what_is_forged_or_late() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let world = World::on_sqlite().await;
        let receiver = Receiver::start().await;
        let key = world.subscribe(&receiver, &[]).await.public_keys[0].key.clone();
        let sent = one(&world, &receiver).await;
        let at: i64 = sent.header("webhook-timestamp").parse().unwrap();
        let mut forged = sent.clone();
        forged.body =
            String::from_utf8(sent.body.to_vec()).unwrap().replace("li.na", "ma.li").into();
        assert!(verifies_in_node(&key, &sent, at));
        assert!(verifies_in_node(&key, &sent, at + 299));
        assert!(!verifies_in_node(&key, &sent, at + 301), "replayed later");
        assert!(!verifies_in_node(&key, &sent, at - 301), "from the future");
        assert!(!verifies_in_node(&key, &forged, at));
    });
}

#[test]
fn a_receiver_is_known_by_its_certificate() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let world = World::on_sqlite().await;
        let certified = rcgen::generate_simple_self_signed(["hooks.example".to_owned()]).unwrap();
        let pem = certified.cert.pem();
        let (address, served) = serve_tls(&certified).await;
        let resolve: webhook::Resolve =
            Arc::new(|_| async { Ok(vec!["127.0.0.1".parse().unwrap()]) }.boxed());
        let client = Client::new(local(), resolve, Some(pem.as_bytes())).unwrap();
        let hooks = hooks(&world.store, &world.clock, client.with_timeout(Duration::from_secs(5)));
        for (host, is_served) in [("other.example", false), ("hooks.example", true)] {
            let request = CreateEndpointRequest {
                study_oid: STUDY.into(),
                url: format!("https://{host}:{}/", address.port()),
                ..CreateEndpointRequest::default()
            };
            hooks.create_endpoint(&manager(), request).await.unwrap();
            world.note("A").await;
            Worker::new(Arc::clone(&hooks), Limits::default()).run_until_idle().await;
            assert_eq!(served.load(std::sync::atomic::Ordering::SeqCst) > 0, is_served, "{host}");
        }
    });
}

/// Answers over TLS 204 to whatever comes; counts the answers.
async fn serve_tls(
    certified: &rcgen::CertifiedKey<rcgen::KeyPair>,
) -> (std::net::SocketAddr, Arc<std::sync::atomic::AtomicUsize>) {
    use tokio_rustls::rustls::{ServerConfig, crypto::ring::default_provider, pki_types};
    let key = pki_types::PrivatePkcs8KeyDer::from(certified.signing_key.serialize_der());
    let config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certified.cert.der().clone()], key.into())
        .unwrap();
    let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let served = Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let counted = Arc::clone(&served);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let Ok(mut stream) = acceptor.accept(stream).await else { continue };
            let mut request = vec![0; 65_536];
            if stream.read(&mut request).await.is_ok_and(|read| read > 0) {
                counted.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
                // The other side may have gone already.
                let _ = stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").await;
            }
        }
    });
    (address, served)
}
