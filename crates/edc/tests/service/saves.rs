//! Values are typed, kept, derived and cleared.

use contract::{
    Code,
    edc::v1::{
        ItemEntry, SaveFormRequest, StaleRecord, item_change::Cause, item_entry::Entry,
        missing::Reason,
    },
};

use crate::world::{
    STUDY, World, coordinator, detail, entry, held, in_role, item_of, on_every_store, save, value,
    words,
};

const DM: &str = "SE.SCR/F.DM";
const VS: &str = "SE.SCR/F.VS";

#[test]
fn values_are_kept_as_canonical_text() {
    on_every_store(async |world| {
        world.screen("S1").await;
        let kg =
            ItemEntry { unit_oid: Some("U.KG".into()), ..value("IG.VS/I.WEIGHT", " +070.50 ") };
        let error = world.save("S1", VS, 0, std::slice::from_ref(&kg)).await.unwrap_err();
        assert_eq!(error.violations()[0].field, "values[0].value", "one decimal is allowed");
        let kg = ItemEntry { entry: Some(Entry::Value(" +070.5 ".into())), ..kg };
        let saved = world.save("S1", VS, 0, &[kg]).await.unwrap();
        assert_eq!(saved.version, 1);
        let record = world.record("S1", VS).await;
        assert_eq!(held(&record, "IG.VS/I.WEIGHT").as_deref(), Some("70.5"));
        let item = item_of(&record, "IG.VS/I.WEIGHT").unwrap();
        assert_eq!(item.value.as_ref().unwrap().unit_oid.as_deref(), Some("U.KG"));
        assert_eq!(record.version_hash.len(), 64);
    });
}

#[test]
fn every_faulty_value_is_named_with_its_place_in_the_request() {
    on_every_store(async |world| {
        world.screen("S1").await;
        let values = [
            value("IG.DM/I.SEX", "X"),
            value("IG.DM/I.PREGNANT", "true"),
            value("IG.DM/I.BIRTHYR", "1812"),
        ];
        let error = world.save("S1", DM, 0, &values).await.unwrap_err();
        assert_eq!((error.code(), error.reason()), (Code::InvalidArgument, "VALUE_INVALID"));
        let fields: Vec<&str> = error.violations().iter().map(|v| v.field.as_str()).collect();
        assert_eq!(fields, ["values[0].value", "values[2].value"]);
        let told: Vec<(&str, Option<&str>)> = error
            .violations()
            .iter()
            .map(|one| (&*one.reason, one.metadata.get("text").map(String::as_str)))
            .collect();
        let expected = [("NOT_IN_CODE_LIST", Some("X")), ("OUT_OF_RANGE", Some("1812"))];
        assert_eq!(told, expected, "a screen can say it in another language");
        assert_eq!(world.record("S1", DM).await.version, 0, "nothing of it is kept");
    });
}

#[test]
fn an_entry_that_says_nothing_is_refused_at_its_place() {
    on_every_store(async |world| {
        world.screen("S1").await;
        let nothing = ItemEntry { entry: None, ..value("IG.DM/I.SEX", "M") };
        let no_reason = entry("IG.DM/I.SEX", Entry::MissingReason(0));
        let not_cleared = entry("IG.DM/I.SEX", Entry::Clear(false));
        let error = world.save("S1", DM, 0, &[nothing, no_reason, not_cleared]).await.unwrap_err();
        let fields: Vec<&str> = error.violations().iter().map(|v| v.field.as_str()).collect();
        assert_eq!(fields, ["values[0]", "values[1].missingReason", "values[2].clear"]);
        let request = SaveFormRequest { seen_version: None, ..save("S1", DM, 0, &[]) };
        let error = world.send(request).await.unwrap_err();
        assert_eq!(error.violations()[0].field, "seenVersion");
    });
}

#[test]
fn a_save_that_is_repeated_changes_nothing_twice() {
    on_every_store(async |world| {
        world.screen("S1").await;
        let request = save("S1", DM, 0, &[value("IG.DM/I.SEX", "F")]);
        let first = world.send(request.clone()).await.unwrap();
        assert_eq!((first.version, first.changes.len()), (1, 1));
        let again = world.send(request).await.unwrap();
        assert_eq!((again.version, again.changes.len()), (1, 0));
        assert_eq!(world.history("S1", DM, "IG.DM/I.SEX").await.len(), 1);
    });
}

#[test]
fn a_stale_save_is_refused_with_both_values_and_who_was_first() {
    on_every_store(async |world| {
        world.screen("S1").await;
        world.save("S1", DM, 0, &[value("IG.DM/I.BIRTHYR", "1980")]).await.unwrap();
        world.save("S1", DM, 1, &[value("IG.DM/I.SEX", "F")]).await.unwrap();
        let mine = [value("IG.DM/I.SEX", "M"), value("IG.DM/I.BIRTHYR", "1981")];
        let error = world.save("S1", DM, 1, &mine).await.unwrap_err();
        assert_eq!((error.code(), error.reason()), (Code::Aborted, "STALE_RECORD"));
        let stale: StaleRecord = detail(&error);
        assert_eq!((stale.seen_version, stale.current_version), (1, 2));
        let [sex, born] = &stale.conflicts[..] else { panic!("two items are in conflict") };
        assert_eq!(words(sex.submitted_value.as_ref()).as_deref(), Some("M"));
        assert_eq!(words(sex.current_value.as_ref()).as_deref(), Some("F"));
        assert_eq!(sex.changed_by.as_deref(), Some("coordinator"));
        assert_eq!(sex.changed_at.unwrap().seconds, world.clock.now().as_second());
        assert_eq!(words(born.current_value.as_ref()).as_deref(), Some("1980"));
        assert_eq!(born.changed_by, None, "nobody has changed it since it was seen");
        assert_eq!(held(&world.record("S1", DM).await, "IG.DM/I.SEX").as_deref(), Some("F"));
    });
}

#[test]
fn a_complete_value_changes_only_with_a_reason() {
    on_every_store(async |world| {
        world.screen("S1").await;
        let first = [value("IG.DM/I.SEX", "F"), value("IG.DM/I.BIRTHYR", "1980")];
        let done = SaveFormRequest { complete: Some(true), ..save("S1", DM, 0, &first) };
        world.send(done).await.unwrap();
        let change = save("S1", DM, 1, &[value("IG.DM/I.BIRTHYR", "1979")]);
        let error = world.send(change.clone()).await.unwrap_err();
        assert_eq!(error.reason(), "REASON_MISSING");
        assert_eq!(error.metadata()["items"], "I.BIRTHYR");
        // A blank that is filled in later changes nothing that was said before.
        let blank = [value("IG.DM/I.PREGNANT", "false")];
        assert_eq!(world.save("S1", DM, 1, &blank).await.unwrap().version, 2);
        let with = SaveFormRequest { reason: Some("misread".into()), ..change };
        let with = SaveFormRequest { seen_version: Some(2), ..with };
        assert_eq!(world.send(with).await.unwrap().version, 3);
        let history = world.history("S1", DM, "IG.DM/I.BIRTHYR").await;
        assert_eq!(history.last().unwrap().reason.as_deref(), Some("misread"));
    });
}

#[test]
fn a_missing_value_has_its_reason_and_is_not_a_blank() {
    on_every_store(async |world| {
        world.screen("S1").await;
        let refused = entry("IG.DM/I.BIRTHYR", Entry::MissingReason(Reason::Refused.into()));
        world.save("S1", DM, 0, &[refused]).await.unwrap();
        let record = world.record("S1", DM).await;
        assert_eq!(held(&record, "IG.DM/I.BIRTHYR").as_deref(), Some("REFUSED"));
        let blank = value("IG.DM/I.BIRTHYR", "  ");
        let error = world.save("S1", DM, 1, &[blank]).await.unwrap_err();
        assert_eq!(error.reason(), "VALUE_INVALID");
        world.save("S1", DM, 1, &[entry("IG.DM/I.BIRTHYR", Entry::Clear(true))]).await.unwrap();
        assert_eq!(held(&world.record("S1", DM).await, "IG.DM/I.BIRTHYR"), None);
    });
}

#[test]
fn a_derived_value_follows_what_it_is_computed_from() {
    on_every_store(async |world| {
        world.screen("S1").await;
        let both = [value("IG.VS/I.WEIGHT", "70"), value("IG.VS/I.HEIGHT", "175")];
        let saved = world.save("S1", VS, 0, &both).await.unwrap();
        let derived = saved.changes.iter().find(|c| c.cause == i32::from(Cause::Derived)).unwrap();
        assert_eq!(derived.place.as_ref().unwrap().item_oid, "I.BMI");
        assert_eq!(words(derived.new_value.as_ref()).as_deref(), Some("22.9"));
        world.save("S1", VS, 1, &[value("IG.VS/I.WEIGHT", "80")]).await.unwrap();
        let record = world.record("S1", VS).await;
        assert_eq!(held(&record, "IG.VS/I.BMI").as_deref(), Some("26.1"));
        assert!(item_of(&record, "IG.VS/I.BMI").unwrap().derived);
        world.save("S1", VS, 2, &[entry("IG.VS/I.HEIGHT", Entry::Clear(true))]).await.unwrap();
        assert_eq!(held(&world.record("S1", VS).await, "IG.VS/I.BMI"), None);
        let error = world.save("S1", VS, 3, &[value("IG.VS/I.BMI", "20")]).await.unwrap_err();
        assert_eq!(error.reason(), "ITEM_DERIVED");
        assert_eq!(error.violations()[0].field, "values[0].itemOid");
    });
}

#[test]
fn what_a_condition_excludes_is_cleared_and_cannot_be_entered() {
    on_every_store(async |world| {
        world.screen("S1").await;
        let woman = [value("IG.DM/I.SEX", "F"), value("IG.DM/I.PREGNANT", "true")];
        world.save("S1", DM, 0, &woman).await.unwrap();
        let saved = world.save("S1", DM, 1, &[value("IG.DM/I.SEX", "M")]).await.unwrap();
        let cleared = i32::from(Cause::ClearedByCondition);
        let cleared = saved.changes.iter().find(|change| change.cause == cleared).unwrap();
        assert_eq!(cleared.place.as_ref().unwrap().item_oid, "I.PREGNANT");
        assert_eq!(words(cleared.old_value.as_ref()).as_deref(), Some("true"));
        assert_eq!(cleared.new_value, None);
        let error =
            world.save("S1", DM, 2, &[value("IG.DM/I.PREGNANT", "true")]).await.unwrap_err();
        assert_eq!(error.reason(), "ITEM_NOT_COLLECTED");
    });
}

#[test]
fn rows_are_kept_apart_up_to_their_limit() {
    on_every_store(async |world| {
        world.screen("S1").await;
        let rows = ["1", "2", "10"].map(|row| value(&format!("IG.BP[{row}]/I.SYSBP"), "120"));
        world.save("S1", VS, 0, &rows).await.unwrap();
        let record = world.record("S1", VS).await;
        let keys: Vec<&str> =
            record.item_groups.iter().map(|row| row.item_group_repeat_key.as_str()).collect();
        assert_eq!(keys, ["1", "2", "10"], "in the order of their numbers");
        let error = world.save("S1", VS, 1, &[value("IG.BP[4]/I.SYSBP", "120")]).await.unwrap_err();
        assert_eq!(error.reason(), "TOO_MANY_ROWS");
        let error = world.save("S1", VS, 1, &[value("IG.VS[2]/I.WEIGHT", "70")]).await.unwrap_err();
        assert_eq!(error.reason(), "NOT_REPEATING");
    });
}

#[test]
fn a_place_that_the_study_does_not_have_is_refused() {
    on_every_store(async |world| {
        world.screen("S1").await;
        let sex = [value("IG.DM/I.SEX", "F")];
        let refused = async |form: &str, values: &[ItemEntry]| {
            let error = world.save("S1", form, 0, values).await.unwrap_err();
            error.reason().to_owned()
        };
        assert_eq!(refused("SE.NO/F.DM", &sex).await, "EVENT_UNKNOWN");
        assert_eq!(refused("SE.W2/F.DM", &sex).await, "FORM_NOT_IN_EVENT");
        assert_eq!(refused(DM, &[value("IG.NO/I.SEX", "F")]).await, "GROUP_NOT_IN_FORM");
        assert_eq!(refused(DM, &[value("IG.DM/I.NO", "F")]).await, "ITEM_NOT_IN_GROUP");
        let twice = [value("IG.DM/I.SEX", "F"), value("IG.DM/I.SEX", "M")];
        assert_eq!(refused(DM, &twice).await, "ITEM_TWICE");
        let error = world.save("S9", DM, 0, &sex).await.unwrap_err();
        assert_eq!((error.code(), error.reason()), (Code::NotFound, "SUBJECT_UNKNOWN"));
        let other = SaveFormRequest { study_oid: "ST.NO".into(), ..save("S1", DM, 0, &sex) };
        let error = world.send(other.clone()).await.unwrap_err();
        assert_eq!(error.reason(), "NOT_PERMITTED", "who may not know is not told");
        let mut everywhere = coordinator();
        everywhere.caller.grants[0].study = None;
        let error = world.edc.save_form(&everywhere, other).await.unwrap_err();
        assert_eq!((error.code(), error.reason()), (Code::NotFound, "STUDY_UNKNOWN"));
    });
}

#[test]
fn a_check_that_refuses_lets_nothing_in() {
    on_every_store(async |world| {
        world.screen("S1").await;
        let old = [value("IG.AE/I.AETERM", "头痛"), value("IG.AE/I.AESTDT", "2019")];
        let error = world.save("S1", "SE.AE/F.AE", 0, &old).await.unwrap_err();
        assert_eq!(
            (error.reason(), error.metadata()["check"].as_str()),
            ("CHECK_FAILED", "CK.OLD")
        );
        assert_eq!(world.record("S1", "SE.AE/F.AE").await.version, 0);
        // Within a year that may be before or after the limit nothing is claimed.
        let open = [value("IG.AE/I.AETERM", "头痛"), value("IG.AE/I.AESTDT", "2020")];
        world.save("S1", "SE.AE/F.AE", 0, &open).await.unwrap();
    });
}

#[test]
fn who_may_only_read_saves_nothing() {
    on_every_store(async |world: World| {
        world.screen("S1").await;
        let request = save("S1", DM, 0, &[value("IG.DM/I.SEX", "F")]);
        let statistician = in_role(contract::Role::Statistician, None);
        let error = world.edc.save_form(&statistician, request).await.unwrap_err();
        assert_eq!(error.code(), Code::PermissionDenied);
        assert_eq!(error.metadata()["study"], STUDY);
        let record = world.record_as(&coordinator(), "S1", DM).await.unwrap();
        assert_eq!(record.version, 0);
    });
}
