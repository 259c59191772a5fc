//! Mutual TLS between services: who answers shows a certificate of a common authority, and so does
//! who calls. The cryptography is rustls with ring.

use std::{fmt, sync::Arc};
use tokio_rustls::{
    TlsAcceptor, TlsConnector,
    rustls::{
        ClientConfig, RootCertStore, ServerConfig,
        crypto::ring::default_provider,
        pki_types::{
            self, CertificateDer, InvalidDnsNameError, PrivateKeyDer, ServerName, pem::PemObject,
        },
        server::{VerifierBuilderError, WebPkiClientVerifier},
    },
};
use tonic::transport::{Certificate, Identity, ServerTlsConfig};

/// A certificate chain with its private key, both in PEM.
#[derive(Clone)]
pub struct Own {
    pub certificates_pem: String,
    pub key_pem: String,
}

impl fmt::Debug for Own {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Own { .. }")
    }
}

/// How a channel secures its connections.
#[derive(Clone, Debug)]
pub struct ClientTls {
    /// Certificates of the authority that signed the server's, in PEM.
    pub authority_pem: String,
    /// The name that the server's certificate must have.
    pub server_name: String,
    /// What is shown to the server; nothing when it does not ask.
    pub own: Option<Own>,
}

/// What is wrong with a configuration of TLS.
#[derive(Debug, thiserror::Error)]
pub enum TlsFault {
    #[error("a certificate or key is not readable PEM")]
    Pem(#[from] pki_types::pem::Error),
    #[error("a certificate or key cannot be used")]
    Unusable(#[from] tokio_rustls::rustls::Error),
    #[error("the authority of callers cannot be used")]
    Authority(#[from] VerifierBuilderError),
    #[error("the server's name is not a name or address")]
    Name(#[from] InvalidDnsNameError),
}

impl ClientTls {
    pub(crate) fn connector(&self) -> Result<(TlsConnector, ServerName<'static>), TlsFault> {
        let authorities = authorities(&self.authority_pem)?;
        let config = ClientConfig::builder_with_provider(Arc::new(default_provider()))
            .with_safe_default_protocol_versions()?
            .with_root_certificates(authorities);
        let mut config = match &self.own {
            Some(own) => config.with_client_auth_cert(own.certificates()?, own.key()?)?,
            None => config.with_no_client_auth(),
        };
        config.alpn_protocols = vec![b"h2".to_vec()];
        let name = ServerName::try_from(self.server_name.clone())?;
        Ok((TlsConnector::from(Arc::new(config)), name))
    }
}

impl Own {
    fn certificates(&self) -> Result<Vec<CertificateDer<'static>>, TlsFault> {
        let all = CertificateDer::pem_slice_iter(self.certificates_pem.as_bytes());
        Ok(all.collect::<Result<_, _>>()?)
    }

    fn key(&self) -> Result<PrivateKeyDer<'static>, TlsFault> {
        Ok(PrivateKeyDer::from_pem_slice(self.key_pem.as_bytes())?)
    }

    /// For a server on sockets that shows this certificate and answers only callers with one that the
    /// authority, in PEM, has signed. It speaks HTTP/2 only.
    pub fn acceptor(&self, callers_authority_pem: &str) -> Result<TlsAcceptor, TlsFault> {
        let provider = Arc::new(default_provider());
        let authorities = Arc::new(authorities(callers_authority_pem)?);
        let callers =
            WebPkiClientVerifier::builder_with_provider(authorities, Arc::clone(&provider));
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_client_cert_verifier(callers.build()?)
            .with_single_cert(self.certificates()?, self.key()?)?;
        config.alpn_protocols = vec![b"h2".to_vec()];
        Ok(TlsAcceptor::from(Arc::new(config)))
    }

    /// For a tonic server that shows this certificate and answers only callers with one that the
    /// authority, in PEM, has signed.
    pub fn server(&self, callers_authority_pem: &str) -> ServerTlsConfig {
        ServerTlsConfig::new()
            .identity(Identity::from_pem(&self.certificates_pem, &self.key_pem))
            .client_ca_root(Certificate::from_pem(callers_authority_pem))
    }
}

fn authorities(pem: &str) -> Result<RootCertStore, TlsFault> {
    let mut authorities = RootCertStore::empty();
    for authority in CertificateDer::pem_slice_iter(pem.as_bytes()) {
        authorities.add(authority?)?;
    }
    Ok(authorities)
}
