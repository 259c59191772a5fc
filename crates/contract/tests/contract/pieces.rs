//! What an export answers in tests: pieces, and a break where one is asked for.

use contract::{Code, Error, edc::v1::export_study_request::Format, google::api::HttpBody};
use futures::{StreamExt as _, stream, stream::BoxStream};

pub type Told<T> = Result<T, Error>;
pub type Pieces = BoxStream<'static, Told<HttpBody>>;

/// JSON breaks at once, NDJSON after a piece, and any other format not at all.
pub fn pieces(format: Format) -> Pieces {
    let piece = |text: &str| HttpBody {
        content_type: "text/csv".to_owned(),
        data: text.as_bytes().to_vec(),
    };
    let broken = || Error::new(Code::Internal, "BROKEN", "the disk is gone");
    // The break comes later than the piece before it, as it would from a disk.
    let breaks = stream::once(async move {
        tokio::task::yield_now().await;
        Err(broken())
    });
    match format {
        Format::Json => breaks.boxed(),
        Format::Ndjson => stream::iter([Ok(piece("one\n"))]).chain(breaks).boxed(),
        _ => stream::iter([Ok(piece("one\n")), Ok(piece("two\n"))]).boxed(),
    }
}
