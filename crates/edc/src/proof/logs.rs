//! Many logs read in the order of their names, several at a time.

use std::{fmt, sync::Arc};

use futures::{Stream, StreamExt, TryStreamExt, stream};
use journal::{Head, LogName};
use store::Store;

use super::{
    Tally,
    designs::Designs,
    log::{self, LogRead},
    scan::Scanned,
};
use crate::{Failure, book, failure::Result};

/// Names of logs that are read at a time.
const PAGE: u32 = 1_000;
/// Pieces of work under way: two are worked on, two more wait or are ready.
const AT_A_TIME: usize = 4;
/// Logs and entries of one piece of work, at most; a log with more entries is a piece by itself.
const PIECE_LOGS: usize = 64;
const PIECE_ENTRIES: u64 = 4_000;

/// Where logs are read from, and where it is counted.
#[derive(Clone)]
pub(super) struct Reader {
    pub store: Arc<dyn Store>,
    pub tally: Arc<Tally>,
    /// What was seen of all logs at once, where that was done.
    pub scanned: Option<Arc<Scanned>>,
}

impl fmt::Debug for Reader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reader").field("store", &self.store).finish_non_exhaustive()
    }
}

type Piece = Vec<(LogName, Head)>;

/// Reads every log of a study, ascending by name, with its rows if it is a casebook and designs are
/// given.
pub(super) fn read_all(
    reader: Reader,
    study: &str,
    designs: Option<Arc<Designs>>,
) -> impl Stream<Item = Result<LogRead>> + use<> {
    pieces(Arc::clone(&reader.store), study.to_owned())
        .map(move |piece| {
            let (reader, designs) = (reader.clone(), designs.clone());
            let work = piece.map(|piece| tokio::spawn(read_piece(reader, piece, designs)));
            async move { work?.await.map_err(|error| Failure::Broke(error.to_string()))? }
        })
        .buffered(AT_A_TIME)
        .map_ok(|reads| stream::iter(reads.into_iter().map(Ok)))
        .try_flatten()
}

/// The logs of a study with their recorded heads, ascending by name, cut into pieces of work.
pub(super) fn pieces(store: Arc<dyn Store>, study: String) -> impl Stream<Item = Result<Piece>> {
    let names = stream::try_unfold(Some(LogName::new(&study, "", "")), move |after| {
        let (store, study) = (Arc::clone(&store), study.clone());
        async move {
            let Some(after) = after else { return Ok::<_, Failure>(None) };
            let page = store.logs(Some(&study), Some(&after), PAGE).await?;
            let is_last = page.len() < PAGE as usize;
            let next = page.last().filter(|_| !is_last).map(|(log, _)| log.clone());
            Ok(Some((cut(page), next)))
        }
    });
    names.map_ok(|pieces| stream::iter(pieces.into_iter().map(Ok))).try_flatten()
}

fn cut(logs: Piece) -> Vec<Piece> {
    let mut pieces: Vec<Piece> = Vec::new();
    let mut entries = 0;
    for (log, head) in logs {
        entries += head.sequence.min(PIECE_ENTRIES);
        match pieces.last_mut() {
            Some(piece) if piece.len() < PIECE_LOGS && entries <= PIECE_ENTRIES => {
                piece.push((log, head));
            }
            _ => {
                entries = head.sequence.min(PIECE_ENTRIES);
                pieces.push(vec![(log, head)]);
            }
        }
    }
    pieces
}

async fn read_piece(
    reader: Reader,
    piece: Piece,
    designs: Option<Arc<Designs>>,
) -> Result<Vec<LogRead>> {
    let mut reads = Vec::with_capacity(piece.len());
    for (name, recorded) in piece {
        let scanned = reader.scanned.as_ref().and_then(|all| all.whole(&name, recorded));
        if let Some((entries, bytes)) = scanned {
            reader.tally.add(entries, bytes);
            reads.push(LogRead { log: name, fault: None, rows: None });
            continue;
        }
        let designs = designs.as_ref().filter(|_| name.kind == book::LOG_KIND);
        reads.push(log::read(&reader, name, recorded, designs).await?);
    }
    Ok(reads)
}
