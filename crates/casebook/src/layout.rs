//! Which layout the rows of the views are written in.
//!
//! Rows are read by the program that wrote them. One that keeps them otherwise would find rows that
//! it does not understand, or none where it looks; so what wrote them is recorded beside them, and
//! asked before anything else. The journal does not depend on it.

use std::sync::Arc;

use anyhow::{Context as _, Result, bail};
use store::{Effect, Position, Store, StoreError, View};

/// The layouts of all views.
const LAYOUT: View = View(1);
/// No study has this name, nor any other rows.
const PLACE: &str = "\u{1}views";
const KEY: &str = "layout";
/// How often somebody may write between the last look and the record.
const MAX_ATTEMPTS: u32 = 1_000;

/// What this program writes, in words.
fn own() -> String {
    format!(
        "casebooks {}, users {}, portfolio {}, webhooks {}",
        edc::LAYOUT_OF_VIEWS,
        identity::LAYOUT_OF_VIEWS,
        portfolio::LAYOUT_OF_VIEWS,
        webhook::LAYOUT_OF_VIEWS
    )
}

/// Refuses records whose views were written in another layout, and says what to do. Records without
/// an entry are of this layout from here on.
pub async fn check(store: &Arc<dyn Store>) -> Result<()> {
    match found(store).await? {
        Some(found) if found == own() => Ok(()),
        None if store.last_position().await? == Position::default() => record(store).await,
        found => {
            let found = found.as_deref().unwrap_or("of a program that did not record it");
            bail!(
                "the views are in another layout ({found}) than this program writes ({}). The \
                 journal is not concerned. Stop every other process that uses these records, then \
                 run `casebook rebuild-views`, which fills the views from the journal",
                own()
            )
        }
    }
}

/// Records that all views are in the layout of this program.
pub async fn record(store: &Arc<dyn Store>) -> Result<()> {
    for _ in 0..MAX_ATTEMPTS {
        let seen = store.last_position().await?;
        store.unstage(PLACE).await?;
        let row = Effect::Put { view: LAYOUT, key: KEY.to_owned(), bytes: own().into_bytes() };
        store.stage(PLACE, vec![row]).await?;
        match store.swap(PLACE, &[LAYOUT], seen).await {
            Err(StoreError::PositionMoved { .. }) => continue,
            swapped => swapped?,
        }
        // Another process that starts now may have taken the stage away before the swap.
        if found(store).await? == Some(own()) {
            return Ok(());
        }
    }
    bail!("the layout of the views was not recorded: too much is written now")
}

async fn found(store: &Arc<dyn Store>) -> Result<Option<String>> {
    let row = store.view(LAYOUT, PLACE, KEY).await.context("cannot read the views")?;
    Ok(row.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()))
}
