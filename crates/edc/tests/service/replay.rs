//! The log is the data: whoever replays it gets the same views, and the past is its beginning.

use std::sync::Arc;

use contract::edc::v1::{ItemEntry, item_entry::Entry};
use futures::TryStreamExt;
use jiff::SignedDuration;
use proptest::prelude::*;
use store::{Range, Store, View};

use crate::{
    review::{removal, restoration},
    world::{STUDY, World, coordinator, data_manager, entry, value},
};

const FORMS: [&str; 3] = ["SE.SCR/F.DM", "SE.SCR/F.VS", "SE.W2/F.VS"];

/// Something that somebody does to a form.
#[derive(Clone, Debug)]
enum Step {
    Save { form: usize, values: Vec<ItemEntry> },
    Remove { form: usize, row: Option<usize> },
    Restore { form: usize, row: Option<usize> },
}

fn any_value() -> impl Strategy<Value = (usize, ItemEntry)> {
    let demography = prop_oneof![
        prop::sample::select(vec!["M", "F"]).prop_map(|sex| value("IG.DM/I.SEX", sex)),
        any::<bool>().prop_map(|yes| value("IG.DM/I.PREGNANT", &yes.to_string())),
        Just(entry("IG.DM/I.SEX", Entry::Clear(true))),
    ];
    let pressure = |item: &'static str| {
        (1..4i32, 60..180i32)
            .prop_map(move |(row, mmhg)| value(&format!("IG.BP[{row}]/{item}"), &mmhg.to_string()))
    };
    let vital = prop_oneof![
        (20..300i32).prop_map(|kg| value("IG.VS/I.WEIGHT", &kg.to_string())),
        (100..200i32).prop_map(|cm| value("IG.VS/I.HEIGHT", &cm.to_string())),
        Just(entry("IG.VS/I.HEIGHT", Entry::MissingReason(1))),
        Just(entry("IG.VS/I.WEIGHT", Entry::Clear(true))),
        Just(value("IG.VS/I.VSDT", "2026-03-02")),
        pressure("I.SYSBP"),
        pressure("I.DIABP"),
    ];
    prop_oneof![demography.prop_map(|value| (0, value)), (1..3usize, vital),]
}

fn any_step() -> impl Strategy<Value = Step> {
    let part = || (0..3usize, prop::option::of(1..4usize));
    prop_oneof![
        6 => prop::collection::vec(any_value(), 1..5).prop_map(|values| {
            let form = values[0].0;
            let values = values.into_iter().filter(|(of, _)| *of == form);
            Step::Save { form, values: values.map(|(_, value)| value).collect() }
        }),
        1 => part().prop_map(|(form, row)| Step::Remove { form, row }),
        2 => part().prop_map(|(form, row)| Step::Restore { form, row }),
    ]
}

/// Does what can be done; a refusal is also an answer.
async fn take(world: &World, step: &Step) {
    let subject = "S1";
    let (Step::Save { form, .. } | Step::Remove { form, .. } | Step::Restore { form, .. }) = step;
    let form = FORMS[*form];
    let seen = world.record(subject, form).await.version;
    let repeat = |row: &Option<usize>| row.map(|row| row.to_string());
    let refused = match step {
        Step::Save { values, .. } => world.save(subject, form, seen, values).await.err(),
        Step::Remove { row, .. } => {
            let row = repeat(row);
            let row = row.as_deref().map(|row| ("IG.BP", row));
            let request = removal(subject, form, row, seen, "a mistake");
            world.edc.remove_record(&coordinator(), request).await.err()
        }
        Step::Restore { row, .. } => {
            let row = repeat(row);
            let row = row.as_deref().map(|row| ("IG.BP", row));
            let request = restoration(subject, form, row, seen, "no mistake");
            world.edc.restore_record(&coordinator(), request).await.err()
        }
    };
    assert!(refused.is_none_or(|error| error.reason() != "INCIDENT"));
}

/// Every row of every view.
async fn rows(store: &Arc<dyn Store>) -> Vec<(View, String, Vec<u8>)> {
    let mut all = Vec::new();
    for view in (10..14).map(View) {
        let rows = store.list(Range::all(view, STUDY, 10_000)).await.unwrap();
        all.extend(rows.into_iter().map(|(key, bytes)| (view, key, bytes)));
    }
    all
}

async fn export(world: &World, as_of: Option<jiff::Timestamp>) -> String {
    use contract::edc::v1::{ExportStudyRequest, export_study_request::Format};
    let request = ExportStudyRequest {
        study_oid: STUDY.into(),
        format: Format::Ndjson.into(),
        as_of: as_of.map(Into::into),
        ..ExportStudyRequest::default()
    };
    let pieces = world.edc.export_study(&data_manager(), request).await.unwrap();
    let pieces: Vec<_> = pieces.try_collect().await.unwrap();
    let bytes = pieces.into_iter().flat_map(|piece| piece.data).collect();
    String::from_utf8(bytes).unwrap()
}

async fn holds(steps: &[Step]) {
    let world = World::on_sqlite().await;
    world.screen("S1").await;
    let half = steps.len() / 2;
    for step in &steps[..half] {
        take(&world, step).await;
    }
    let then = world.clock.now();
    let told_then = export(&world, None).await;
    world.clock.advance(SignedDuration::from_secs(1));
    for step in &steps[half..] {
        take(&world, step).await;
    }
    let before = rows(&world.store).await;
    world.verifies().await;
    edc::proof::rebuild_views(&world.store, None, Arc::new(|_, _| {})).await.unwrap();
    assert_eq!(rows(&world.store).await, before, "a replay gives the same views");
    let told_now = export(&world, Some(then)).await;
    assert_eq!(lines(&told_now), lines(&told_then), "the past stays as it was");
}

/// Lines in an order of their own: both ways of reading may come in another one.
fn lines(text: &str) -> Vec<&str> {
    let mut lines: Vec<&str> = text.lines().collect();
    lines.sort_unstable();
    lines
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn a_replay_of_the_log_gives_the_same_views_and_the_past_is_its_beginning(
        steps in prop::collection::vec(any_step(), 1..30),
    ) {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(holds(&steps));
    }
}
