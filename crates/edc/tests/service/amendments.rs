//! Amendments: previewed, in force site by site, existing casebooks migrated.

use crate::{
    drafts::item_of,
    world::{
        HERE, STUDY, THERE, World, data_manager, designer, held, monitor, on_every_store, value,
    },
};
use contract::{
    Context, Error,
    build::v1::{
        GetImpactRequest, GetImpactResponse, Impact, MigrateCasebooksRequest, Migrated, Part,
        ScheduleVersionRequest, edit::Change, impact::Kind, migrated::Outcome, part,
    },
    edc::v1::{ItemDef, RangeCheck, range_check, severity::Level},
};

const DM: &str = "SE.SCR/F.DM";
const VS: &str = "SE.SCR/F.VS";

impl World {
    /// Publishes an amendment, site by site: heavier people are asked about, and the sum of a
    /// measure is rounded to whole numbers.
    async fn amend(&self) -> String {
        let begun = self.begin().await;
        let draft = self.draft().await;
        let limit = RangeCheck {
            comparator: range_check::Comparator::Le.into(),
            check_values: vec!["90".into()],
            severity: Level::Soft.into(),
            ..RangeCheck::default()
        };
        let weight = ItemDef { range_checks: vec![limit], ..item_of(&draft, "I.WEIGHT").clone() };
        let study = draft.study.unwrap();
        let groups = &study.item_groups;
        let mut vital = groups.iter().find(|one| one.item_group_oid == "IG.VS").unwrap().clone();
        vital.items[3].derivation =
            Some("round_half_up(WEIGHT / ((HEIGHT / 100.0) * (HEIGHT / 100.0)), 0)".into());
        let mut sexes = study.code_lists[0].clone();
        sexes.items.retain(|item| item.coded_value != "M");
        let changes =
            vec![Change::PutItem(weight), Change::PutItemGroup(vital), Change::PutCodeList(sexes)];
        let edited = self.edit(begun, changes).await.unwrap();
        self.publish_draft(edited, true).await.unwrap()
    }

    async fn schedule(&self, sites: &[&str], hash: &str, from: &str) -> Result<(), Error> {
        let request = ScheduleVersionRequest {
            study_oid: STUDY.into(),
            site_oids: sites.iter().map(|site| (*site).to_owned()).collect(),
            version_hash: hash.into(),
            effective_date: from.into(),
            reason: "approved by the ethics committee".into(),
            request_id: None,
        };
        self.build.schedule_version(&designer(), request).await.map(|_| ())
    }

    async fn migrate(&self, hash: &str, dry_run: bool) -> Vec<Migrated> {
        let request = MigrateCasebooksRequest {
            study_oid: STUDY.into(),
            version_hash: hash.into(),
            dry_run,
            reason: "amendment 1".into(),
            ..MigrateCasebooksRequest::default()
        };
        self.build.migrate_casebooks(&data_manager(), request).await.unwrap().subjects
    }

    async fn impact(&self, context: &Context, hash: Option<&str>) -> GetImpactResponse {
        let request = GetImpactRequest {
            study_oid: STUDY.into(),
            version_hash: hash.map(ToOwned::to_owned),
            ..GetImpactRequest::default()
        };
        self.build.get_impact(context, request).await.unwrap()
    }

    /// A man of 95 kg, measured.
    async fn measured(&self, subject: &str) {
        self.screen(subject).await;
        self.save(subject, DM, 0, &[value("IG.DM/I.SEX", "M")]).await.unwrap();
        let values = [value("IG.VS/I.WEIGHT", "95"), value("IG.VS/I.HEIGHT", "180")];
        self.save(subject, VS, 0, &values).await.unwrap();
    }

    async fn version_of(&self, subject: &str) -> String {
        self.record(subject, VS).await.design_version_hash
    }
}

fn at(impacts: &[Impact], kind: Kind, oid: &str) -> Option<(i64, i32)> {
    let found = impacts.iter().find(|one| one.kind() == kind && one.oid == oid)?;
    Some((found.count, found.subject_count))
}

#[test]
fn a_version_that_comes_site_by_site_is_for_those_who_are_screened_from_its_day_on() {
    on_every_store(async |world| {
        world.measured("S1").await;
        let old = world.version_of("S1").await;
        let new = world.amend().await;
        world.screen("S2").await;
        assert_eq!(world.version_of("S2").await, old, "nothing was said of the site");
        world.schedule(&[HERE], &new, "2026-03-04").await.unwrap();
        world.screen("S3").await;
        assert_eq!(world.version_of("S3").await, old, "the day has not come");
        world.clock.set("2026-03-04T02:00:00Z");
        world.screen("S4").await;
        world.screen_at(THERE, "S5").await.unwrap();
        assert_eq!(world.version_of("S4").await, new);
        assert_eq!(world.version_of("S5").await, old, "the other site works as before");
        assert_eq!(world.version_of("S1").await, old, "who is there keeps the version");
        let refused = world.save("S4", DM, 0, &[value("IG.DM/I.SEX", "M")]).await.unwrap_err();
        assert_eq!(refused.reason(), "VALUE_INVALID", "the new version has no men");
        world.save("S5", DM, 0, &[value("IG.DM/I.SEX", "M")]).await.unwrap();
        let history = world.history("S5", DM, "IG.DM/I.SEX").await;
        assert_eq!(history[0].version_hash, old, "an entry names its version");
    });
}

#[test]
fn a_version_is_scheduled_for_known_sites_from_today_on_with_a_reason() {
    on_every_store(async |world| {
        let new = world.amend().await;
        let refused = world.schedule(&["NO"], &new, "2026-03-04").await.unwrap_err();
        assert_eq!(refused.violations()[0].field, "siteOids[0]");
        let refused = world.schedule(&[HERE], &new, "2026-03-01").await.unwrap_err();
        assert_eq!(refused.violations()[0].field, "effectiveDate");
        let old = world.version_of_general().await;
        let refused = world.schedule(&[HERE], &old, "2026-03-04").await.unwrap_err();
        assert_eq!(refused.reason(), "VERSION_NOT_SITE_BY_SITE");
        let refused = world.schedule(&[HERE], "no", "2026-03-04").await.unwrap_err();
        assert_eq!(refused.reason(), "VERSION_UNKNOWN");
    });
}

impl World {
    async fn version_of_general(&self) -> String {
        let request = contract::build::v1::ListVersionsRequest { study_oid: STUDY.into() };
        let listed = self.build.list_versions(&designer(), request).await.unwrap();
        listed.general_version_hash
    }
}

#[test]
fn a_migration_says_what_it_would_do_then_does_it_once() {
    on_every_store(async |world| {
        world.measured("S1").await;
        let old = world.version_of("S1").await;
        let new = world.amend().await;
        let dry = world.migrate(&new, true).await;
        assert_eq!(world.version_of("S1").await, old, "a dry run writes nothing");
        let done = world.migrate(&new, false).await;
        assert_eq!(dry, done, "what was said is what was done");
        let one = &done[0];
        assert_eq!((one.outcome(), one.old_version_hash.as_str()), (Outcome::Migrated, &*old));
        assert_eq!((one.changed_record_count, one.changed_value_count), (1, 1));
        assert_eq!(one.opened_query_count, 1);
        let record = world.record("S1", VS).await;
        assert_eq!(held(&record, "IG.VS/I.BMI").as_deref(), Some("29"));
        assert_eq!((record.design_version_hash, record.queries.len()), (new.clone(), 1));
        let history = world.history("S1", VS, "IG.VS/I.BMI").await;
        let last = history.last().unwrap();
        assert_eq!(
            last.version_hash, new,
            "the entry names the version under which it was decided"
        );
        assert_eq!(last.reason.as_deref(), Some("amendment 1"));
        assert_eq!(history[0].version_hash, old, "and those before it theirs");
        let again = world.migrate(&new, false).await;
        assert_eq!(again[0].outcome(), Outcome::AlreadyThere);
        assert_eq!(world.record("S1", VS).await.version, record.version);
    });
}

#[test]
fn a_locked_record_is_left_as_it_is_and_named() {
    on_every_store(async |world| {
        world.measured("S1").await;
        let record = world.record("S1", VS).await;
        let request = contract::edc::v1::FreezeRecordRequest {
            study_oid: STUDY.into(),
            subject_key: "S1".into(),
            study_event_oid: "SE.SCR".into(),
            study_event_repeat_key: "1".into(),
            form_oid: "F.VS".into(),
            form_repeat_key: "1".into(),
            seen_version: Some(record.version),
            request_id: None,
        };
        world.edc.freeze_record(&monitor(), request).await.unwrap();
        let new = world.amend().await;
        let done = world.migrate(&new, false).await;
        assert_eq!(done[0].outcome(), Outcome::Migrated);
        let left: Vec<_> =
            done[0].left_records.iter().map(|one| (&*one.form_oid, &*one.refusal)).collect();
        assert_eq!(left, [("F.VS", "FORM_FROZEN")]);
        let impact = world.impact(&data_manager(), Some(&new)).await;
        assert_eq!(impact.closed_record_count, 0, "the subject is there already");
        assert_eq!(held(&world.record("S1", VS).await, "IG.VS/I.BMI").as_deref(), Some("29.3"));
    });
}

#[test]
fn the_impact_of_a_draft_is_counted_before_it_is_published() {
    on_every_store(async |world| {
        world.measured("S1").await;
        world.measured("S2").await;
        world.screen_at(THERE, "S3").await.unwrap();
        let begun = world.begin().await;
        let draft = world.draft().await;
        let study = draft.study.unwrap();
        let mut sexes = study.code_lists[0].clone();
        sexes.items.retain(|item| item.coded_value != "M");
        let groups = &study.item_groups;
        let mut vital = groups.iter().find(|one| one.item_group_oid == "IG.VS").unwrap().clone();
        vital.items.retain(|item| item.item_oid != "I.HEIGHT" && item.item_oid != "I.BMI");
        let gone = |oid: &str| {
            Change::Remove(Part { kind: part::Kind::Check.into(), oid: oid.to_owned() })
        };
        let changes =
            vec![Change::PutCodeList(sexes), Change::PutItemGroup(vital), gone("CK.BOTH")];
        world.edit(begun, changes).await.unwrap();
        let impact = world.impact(&designer(), None).await;
        assert_eq!((impact.subject_count, impact.record_count), (3, 4));
        let sites: Vec<(&str, i32)> =
            impact.subjects.iter().map(|one| (&*one.site_oid, one.count)).collect();
        assert_eq!(sites, [(HERE, 2), (THERE, 1)]);
        assert_eq!(at(&impact.impacts, Kind::NotInCodeList, "I.SEX"), Some((2, 2)));
        assert_eq!(at(&impact.impacts, Kind::ItemGone, "I.HEIGHT"), Some((2, 2)));
        let codes = impact.impacts.iter().find(|one| one.kind() == Kind::NotInCodeList).unwrap();
        assert_eq!(codes.coded_values, ["M"]);
        assert_eq!(impact.touched_subject_count, 2);
    });
}

#[test]
fn the_impact_of_a_published_version_counts_what_its_rules_would_do() {
    on_every_store(async |world| {
        world.measured("S1").await;
        let new = world.amend().await;
        let impact = world.impact(&data_manager(), Some(&new)).await;
        assert_eq!(at(&impact.impacts, Kind::Derived, "I.BMI"), Some((1, 1)));
        let opened = impact.impacts.iter().filter(|one| one.kind() == Kind::QueryOpened);
        assert_eq!(opened.map(|one| one.count).sum::<i64>(), 1);
        assert_eq!((impact.changed_record_count, impact.ended_signature_count), (1, 0));
        world.migrate(&new, false).await;
        let after = world.impact(&data_manager(), Some(&new)).await;
        assert_eq!(at(&after.impacts, Kind::Derived, "I.BMI"), None);
        assert_eq!(after.subjects[0].version_hash, new);
    });
}
