//! The history of an item: who, when, why, under which version, and both values.

use contract::edc::v1::{
    AnswerQueryRequest, FormRecord, HistoryEntry, SaveFormRequest, VerifyItemsRequest,
    history_entry::Kind, item_entry::Entry,
};
use jiff::SignedDuration;

use crate::{
    review::{removal, restoration},
    world::{
        STUDY, World, coordinator, entry, monitor, on_every_store, save, unique, value, words,
    },
};

const VS: &str = "SE.SCR/F.VS";

/// Kind, old and new value of each line.
fn told(history: &[HistoryEntry]) -> Vec<(Kind, String, String)> {
    let shown = |value: &Option<_>| words(value.as_ref()).unwrap_or_default();
    history
        .iter()
        .map(|line| {
            let kind = Kind::try_from(line.kind).unwrap();
            (kind, shown(&line.old_value), shown(&line.new_value))
        })
        .collect()
}

fn line(kind: Kind, old: &str, new: &str) -> (Kind, String, String) {
    (kind, old.to_owned(), new.to_owned())
}

async fn verify(world: &World, seen_version: i32) {
    let request = VerifyItemsRequest {
        study_oid: STUDY.into(),
        subject_key: "S1".into(),
        study_event_oid: "SE.SCR".into(),
        form_oid: "F.VS".into(),
        seen_version: Some(seen_version),
        request_id: Some(unique("verify")),
        ..VerifyItemsRequest::default()
    };
    world.edc.verify_items(&monitor(), request).await.unwrap();
}

#[test]
fn blank_to_value_and_value_to_blank_are_changes_like_any_other() {
    on_every_store(async |world| {
        world.screen("S1").await;
        world.save("S1", VS, 0, &[value("IG.VS/I.WEIGHT", "70")]).await.unwrap();
        // A save of another item leaves no line here.
        world.save("S1", VS, 1, &[value("IG.VS/I.VSDT", "2026-03-02")]).await.unwrap();
        world.save("S1", VS, 2, &[entry("IG.VS/I.WEIGHT", Entry::Clear(true))]).await.unwrap();
        world.save("S1", VS, 3, &[value("IG.VS/I.WEIGHT", "71.0")]).await.unwrap();
        let history = world.history("S1", VS, "IG.VS/I.WEIGHT").await;
        let expected = [
            line(Kind::Entered, "", "70"),
            line(Kind::Entered, "70", ""),
            line(Kind::Entered, "", "71.0"),
        ];
        assert_eq!(told(&history), expected);
    });
}

#[test]
fn every_line_says_who_when_why_and_under_which_version() {
    on_every_store(async |world| {
        world.screen("S1").await;
        world.save("S1", VS, 0, &[value("IG.VS/I.WEIGHT", "70")]).await.unwrap();
        world.clock.advance(SignedDuration::from_hours(1));
        let request = save("S1", VS, 1, &[value("IG.VS/I.WEIGHT", "71")]);
        let mut context = coordinator();
        context.origin = "epro".into();
        context.caller.on_behalf_of = Some("Dr Wang".into());
        let request = SaveFormRequest { reason: Some("misread".into()), ..request };
        world.edc.save_form(&context, request).await.unwrap();
        let history = world.history("S1", VS, "IG.VS/I.WEIGHT").await;
        let [first, second] = &history[..] else { panic!("two lines") };
        assert_eq!((first.user.as_str(), first.role.as_str()), ("coordinator", "coordinator"));
        assert_eq!((first.origin.as_str(), first.reason.as_deref()), ("web", None));
        assert_eq!((second.origin.as_str(), second.reason.as_deref()), ("epro", Some("misread")));
        assert_eq!(second.on_behalf_of.as_deref(), Some("Dr Wang"));
        let seconds = second.recorded_at.unwrap().seconds - first.recorded_at.unwrap().seconds;
        assert_eq!(seconds, 3600);
        assert!(first.sequence < second.sequence);
        let FormRecord { version_hash, .. } = world.record("S1", VS).await;
        assert_eq!(first.version_hash, version_hash);
    });
}

#[test]
fn derivations_conditions_reviews_and_removals_have_their_lines() {
    on_every_store(async |world| {
        world.screen("S1").await;
        let both = [value("IG.VS/I.WEIGHT", "70"), value("IG.VS/I.HEIGHT", "175")];
        world.save("S1", VS, 0, &both).await.unwrap();
        verify(&world, 1).await;
        world.save("S1", VS, 1, &[value("IG.VS/I.WEIGHT", "80")]).await.unwrap();
        let remove = removal("S1", VS, None, 2, "wrong subject");
        world.edc.remove_record(&coordinator(), remove).await.unwrap();
        let restore = restoration("S1", VS, None, 3, "right subject");
        world.edc.restore_record(&coordinator(), restore).await.unwrap();
        let expected = [
            line(Kind::Derived, "", "22.9"),
            line(Kind::Verified, "", ""),
            line(Kind::Derived, "22.9", "26.1"),
            line(Kind::Unverified, "", ""),
            line(Kind::Removed, "", ""),
            line(Kind::Restored, "", ""),
        ];
        let history = world.history("S1", VS, "IG.VS/I.BMI").await;
        assert_eq!(told(&history), expected);
        assert_eq!(history[4].reason.as_deref(), Some("wrong subject"));
        let woman = [value("IG.DM/I.SEX", "F"), value("IG.DM/I.PREGNANT", "false")];
        world.save("S1", "SE.SCR/F.DM", 0, &woman).await.unwrap();
        world.save("S1", "SE.SCR/F.DM", 1, &[value("IG.DM/I.SEX", "M")]).await.unwrap();
        let expected =
            [line(Kind::Entered, "", "false"), line(Kind::ClearedByCondition, "false", "")];
        let history = world.history("S1", "SE.SCR/F.DM", "IG.DM/I.PREGNANT").await;
        assert_eq!(told(&history), expected);
    });
}

#[test]
fn what_was_asked_about_the_item_stands_between_its_values() {
    on_every_store(async |world| {
        world.screen("S1").await;
        world.save("S1", VS, 0, &[value("IG.VS/I.WEIGHT", "300")]).await.unwrap();
        let answer = AnswerQueryRequest {
            study_oid: STUDY.into(),
            query_id: "S1.Q1".into(),
            text: "a typing error".into(),
            request_id: None,
        };
        world.edc.answer_query(&coordinator(), answer).await.unwrap();
        world.save("S1", VS, 1, &[value("IG.VS/I.WEIGHT", "30.0")]).await.unwrap();
        let history = world.history("S1", VS, "IG.VS/I.WEIGHT").await;
        let kinds: Vec<Kind> = told(&history).into_iter().map(|(kind, _, _)| kind).collect();
        let expected = [Kind::Entered, Kind::Query, Kind::Query, Kind::Entered, Kind::Query];
        assert_eq!(kinds, expected);
        assert_eq!(history[2].note.as_deref(), Some("answered: a typing error"));
        let other = world.history("S1", VS, "IG.VS/I.HEIGHT").await;
        assert_eq!(other, []);
    });
}

#[test]
fn a_history_behind_many_other_entries_is_complete() {
    on_every_store(async |world| {
        world.screen("S1").await;
        world.save("S1", VS, 0, &[value("IG.VS/I.WEIGHT", "70")]).await.unwrap();
        // More entries of another form than are searched at a time.
        for at in 0..250 {
            let dose = value("IG.IP/I.DOSES", &at.to_string());
            world.save("S1", "SE.W2/F.IP", at, &[dose]).await.unwrap();
        }
        verify(&world, 1).await;
        world.save("S1", VS, 1, &[value("IG.VS/I.WEIGHT", "71")]).await.unwrap();
        let history = world.history("S1", VS, "IG.VS/I.WEIGHT").await;
        let kinds: Vec<Kind> = told(&history).into_iter().map(|(kind, _, _)| kind).collect();
        assert_eq!(kinds, [Kind::Entered, Kind::Verified, Kind::Entered, Kind::Unverified]);
    });
}

#[test]
fn a_clock_that_is_set_back_does_not_disorder_the_journal() {
    on_every_store(async |world| {
        world.screen("S1").await;
        world.save("S1", VS, 0, &[value("IG.VS/I.WEIGHT", "70")]).await.unwrap();
        world.clock.advance(SignedDuration::from_hours(-5));
        world.save("S1", VS, 1, &[value("IG.VS/I.WEIGHT", "71")]).await.unwrap();
        world.clock.advance(SignedDuration::from_hours(6));
        world.save("S1", VS, 2, &[value("IG.VS/I.WEIGHT", "72")]).await.unwrap();
        let history = world.history("S1", VS, "IG.VS/I.WEIGHT").await;
        let at: Vec<i64> = history.iter().map(|line| line.recorded_at.unwrap().seconds).collect();
        assert_eq!((at[1] - at[0], at[2] - at[0]), (0, 3600));
    });
}
