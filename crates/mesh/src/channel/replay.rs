//! A request that may have to be sent more than once.

use super::endpoint::Endpoint;
use bytes::Bytes;
use futures::StreamExt;
use http::{HeaderValue, Request, Uri, header, request::Parts};
use http_body::Frame;
use http_body_util::{BodyExt, BodyStream, Full, StreamBody};
use tonic::{Status, body::Body};

/// Longer messages are sent once.
const MAX_KEPT_BYTES: usize = 256 * 1024;
const USER_AGENT: HeaderValue =
    HeaderValue::from_static(concat!("casebook-mesh/", env!("CARGO_PKG_VERSION")));

pub(super) struct Replay {
    parts: Parts,
    content: Content,
}

enum Content {
    /// Kept, so that it can be sent again.
    Kept(Bytes),
    /// Not sent yet.
    Once(Body),
    Gone,
}

impl Replay {
    /// Keeps the message of a call that is safe to repeat, if it is not too long.
    pub async fn new(request: Request<Body>, safe_to_repeat: bool) -> Result<Self, Status> {
        let (parts, body) = request.into_parts();
        let content = if safe_to_repeat { keep(body).await? } else { Content::Once(body) };
        Ok(Self { parts, content })
    }

    pub fn headers_mut(&mut self) -> &mut http::HeaderMap {
        &mut self.parts.headers
    }

    pub fn path(&self) -> &str {
        self.parts.uri.path()
    }

    pub fn is_kept(&self) -> bool {
        matches!(self.content, Content::Kept(_))
    }

    /// The request for one endpoint; none if it was sent and not kept.
    pub fn request(&mut self, endpoint: &Endpoint) -> Option<Request<Body>> {
        let body = match &mut self.content {
            Content::Kept(bytes) => Body::new(Full::new(bytes.clone())),
            once => match std::mem::replace(once, Content::Gone) {
                Content::Once(body) => body,
                _ => return None,
            },
        };
        let mut request = Request::new(body);
        *request.uri_mut() = self.uri(endpoint)?;
        *request.method_mut() = self.parts.method.clone();
        *request.version_mut() = http::Version::HTTP_2;
        request.headers_mut().clone_from(&self.parts.headers);
        request.headers_mut().insert(header::USER_AGENT, USER_AGENT);
        Some(request)
    }

    /// Takes a request back that did not leave.
    pub fn put_back(&mut self, request: Request<Body>) {
        if matches!(self.content, Content::Gone) {
            self.content = Content::Once(request.into_body());
        }
    }

    fn uri(&self, endpoint: &Endpoint) -> Option<Uri> {
        let mut uri = self.parts.uri.clone().into_parts();
        uri.scheme = Some(endpoint.scheme());
        uri.authority = Some(endpoint.authority.clone());
        Uri::from_parts(uri).ok()
    }
}

async fn keep(mut body: Body) -> Result<Content, Status> {
    let (mut frames, mut size) = (Vec::new(), 0);
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame?.into_data() else { continue };
        size += data.len();
        frames.push(data);
        if size > MAX_KEPT_BYTES {
            let begun = futures::stream::iter(frames).map(|data| Ok(Frame::data(data)));
            return Ok(Content::Once(Body::new(StreamBody::new(
                begun.chain(BodyStream::new(body)),
            ))));
        }
    }
    // Usually there is one, which costs no copy.
    let whole = if frames.len() == 1 { frames.remove(0) } else { frames.concat().into() };
    Ok(Content::Kept(whole))
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn content(size: usize) -> (bool, usize) {
        let frames = [vec![1; size / 2], vec![2; size - size / 2]];
        let frames = frames.map(|data| Ok::<_, Status>(Frame::data(Bytes::from(data))));
        let body = Body::new(StreamBody::new(futures::stream::iter(frames)));
        match keep(body).await.unwrap() {
            Content::Kept(bytes) => (true, bytes.len()),
            Content::Once(body) => (false, body.collect().await.unwrap().to_bytes().len()),
            Content::Gone => (false, 0),
        }
    }

    #[tokio::test]
    async fn a_long_message_is_sent_once_and_whole() {
        assert_eq!(content(MAX_KEPT_BYTES).await, (true, MAX_KEPT_BYTES));
        assert_eq!(content(MAX_KEPT_BYTES + 1).await, (false, MAX_KEPT_BYTES + 1));
    }
}
