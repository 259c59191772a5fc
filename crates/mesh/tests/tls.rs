//! Mutual TLS between services, with certificates that are made for the test.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod support;

use mesh::{
    Channel,
    discovery::Fixed,
    tls::{ClientTls, Own},
};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use support::{
    echo::{Echo, Running, call},
    options,
};
use tonic::Code;

const NAME: &str = "edc.casebook.internal";

struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::new(Vec::<String>::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    fn pem(&self) -> String {
        self.0.pem()
    }

    fn issue(&self, name: &str) -> Own {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        let certificate = params.signed_by(&key, &self.0).unwrap();
        Own { certificates_pem: certificate.pem(), key_pem: key.serialize_pem() }
    }
}

fn server(authority: &Authority) -> Running {
    let tls = authority.issue(NAME).server(&authority.pem());
    Running::start_at("127.0.0.1:0", Echo::prompt("secure"), Some(tls))
}

async fn calling(server: &Running, tls: ClientTls) -> Result<(String, String), tonic::Status> {
    let endpoints = Fixed::of("edc", [server.address.clone()]);
    let channel = Channel::new("edc", &endpoints, options().with_tls(tls)).unwrap();
    call(&channel, "hello").await
}

#[tokio::test]
async fn both_show_a_certificate_of_the_same_authority() {
    let authority = Authority::new();
    let server = server(&authority);
    let own = Some(authority.issue("gateway"));
    let tls = ClientTls { authority_pem: authority.pem(), server_name: NAME.to_owned(), own };
    assert_eq!(calling(&server, tls).await.unwrap().0, "secure");
}

#[tokio::test]
async fn a_caller_or_server_of_another_authority_is_refused() {
    let (authority, stranger) = (Authority::new(), Authority::new());
    let server = server(&authority);
    let name = NAME.to_owned();
    let good = || Some(authority.issue("gateway"));
    for (authority_pem, server_name, own) in [
        (authority.pem(), name.clone(), None),
        (authority.pem(), name.clone(), Some(stranger.issue("gateway"))),
        (stranger.pem(), name, good()),
        (authority.pem(), "epro.casebook.internal".to_owned(), good()),
    ] {
        let tls = ClientTls { authority_pem, server_name, own };
        assert_eq!(calling(&server, tls).await.unwrap_err().code(), Code::Unavailable);
    }
}

#[tokio::test]
async fn a_certificate_that_cannot_be_read_is_refused_at_the_start() {
    let authority_pem = Authority::new().pem();
    let own = Own { certificates_pem: String::new(), key_pem: "no key".to_owned() };
    let tls = ClientTls { authority_pem, server_name: NAME.to_owned(), own: Some(own.clone()) };
    assert!(Channel::new("edc", &Fixed::default(), options().with_tls(tls)).is_err());
    assert_eq!(format!("{own:?}"), "Own { .. }");
}
