//! How a provider is asked. The program knows how to speak HTTP; redirects are not followed.

use async_trait::async_trait;

/// Sends a request and waits for the whole answer.
#[async_trait]
pub trait Http: Send + Sync + 'static {
    /// Bounded in time and size, without following redirects.
    async fn send(
        &self,
        request: http::Request<Vec<u8>>,
    ) -> Result<http::Response<Vec<u8>>, HttpError>;
}

/// There was no answer.
#[derive(Debug, thiserror::Error)]
#[error("no answer over http")]
pub struct HttpError(#[source] pub Box<dyn std::error::Error + Send + Sync>);

/// Asks nobody: for a program without OpenID providers.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoHttp;

#[async_trait]
impl Http for NoHttp {
    async fn send(&self, _: http::Request<Vec<u8>>) -> Result<http::Response<Vec<u8>>, HttpError> {
        Err(HttpError("no way to ask over http is set up".into()))
    }
}
