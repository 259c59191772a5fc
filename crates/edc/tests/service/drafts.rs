//! Drafts: imported, edited, checked, taken back, published.

use std::collections::BTreeMap;

use contract::{
    Error, Role,
    build::v1::{
        BeginDraftRequest, CheckExpressionRequest, CompareVersionsRequest, DefinitionContent,
        DiscardDraftRequest, Draft, DraftChange, Edit, EditDraftRequest, GetDraftRequest,
        ImportDraftRequest, ListDraftsRequest, ListVersionsRequest, Part, PublishDraftRequest,
        UndoEditRequest, check_expression_request::Purpose, draft_change::Kind, edit::Change, part,
    },
    edc::v1::{Check, CodeList, CodeListItem, GetStudyRequest, ItemDef, check, item_def},
};
use kernel::StudyVersion;
use testkit::{languages::assert_told_in_both, study};

use crate::world::{STUDY, World, coordinator, data_manager, designer, in_role, on_every_store};

impl World {
    pub async fn begin(&self) -> i64 {
        let request = BeginDraftRequest { study_oid: STUDY.into(), ..BeginDraftRequest::default() };
        self.build.begin_draft(&designer(), request).await.unwrap().revision
    }

    pub async fn draft(&self) -> Draft {
        let request = GetDraftRequest { study_oid: STUDY.into() };
        self.build.get_draft(&designer(), request).await.unwrap()
    }

    pub async fn edit(&self, seen: i64, changes: Vec<Change>) -> Result<i64, Error> {
        let edits = changes.into_iter().map(|change| Edit { change: Some(change) }).collect();
        let request = EditDraftRequest {
            study_oid: STUDY.into(),
            seen_revision: seen,
            edits,
            request_id: None,
        };
        Ok(self.build.edit_draft(&designer(), request).await?.revision)
    }

    pub async fn publish_draft(&self, seen: i64, site_by_site: bool) -> Result<String, Error> {
        let request = PublishDraftRequest {
            study_oid: STUDY.into(),
            seen_revision: seen,
            reason: "amendment 1".into(),
            site_by_site,
            request_id: None,
        };
        Ok(self.build.publish_draft(&designer(), request).await?.version_hash)
    }

    async fn import(&self, seen: Option<i64>, name: &str, content: &[u8]) -> Result<i64, Error> {
        let file = DefinitionContent { name: name.into(), content: content.to_vec() };
        let request = ImportDraftRequest {
            study_oid: STUDY.into(),
            files: vec![file],
            seen_revision: seen,
            request_id: None,
        };
        Ok(self.build.import_draft(&designer(), request).await?.revision)
    }
}

fn odm(version: &StudyVersion) -> Vec<u8> {
    let header = formats::odm::Header {
        file_oid: "F".into(),
        created: "2026-03-01T00:00:00Z".into(),
        ..formats::odm::Header::default()
    };
    formats::odm::write_metadata_v1(version, &header, Vec::new()).unwrap()
}

pub fn item_of<'d>(draft: &'d Draft, oid: &str) -> &'d ItemDef {
    let items = &draft.study.as_ref().unwrap().items;
    items.iter().find(|item| item.item_oid == oid).unwrap()
}

fn remove(kind: part::Kind, oid: &str) -> Change {
    Change::Remove(Part { kind: kind.into(), oid: oid.into() })
}

#[test]
fn a_draft_begins_as_the_version_in_force_and_shows_how_it_differs() {
    on_every_store(async |world| {
        let revision = world.begin().await;
        let draft = world.draft().await;
        assert_eq!((draft.revision, draft.faults.len()), (revision, 0));
        assert!(draft.base_version_hash.is_some());
        let weight = ItemDef { length: Some(6), ..item_of(&draft, "I.WEIGHT").clone() };
        world.edit(revision, vec![Change::PutItem(weight)]).await.unwrap();
        let request =
            CompareVersionsRequest { study_oid: STUDY.into(), ..CompareVersionsRequest::default() };
        let found = world.build.compare_versions(&data_manager(), request).await.unwrap();
        let words: Vec<String> = found
            .differences
            .iter()
            .map(|one| format!("{} {} {}", one.kind, one.oid, one.what))
            .collect();
        assert_eq!(words, ["ItemDef I.WEIGHT length: 6, was nothing"]);
        let request = BeginDraftRequest { study_oid: STUDY.into(), ..BeginDraftRequest::default() };
        let refused = world.build.begin_draft(&designer(), request).await.unwrap_err();
        assert_eq!(refused.reason(), "DRAFT_EXISTS");
    });
}

#[test]
fn an_imported_definition_keeps_its_faults_with_file_and_line() {
    on_every_store(async |world| {
        let mut version = study::version();
        version.items.retain(|item| item.oid.as_str() != "I.SEX");
        version.item_groups[0].items[1].item = "I.NOWHERE".into();
        let text = odm(&version);
        world.import(None, "crf.xml", &text).await.unwrap();
        let draft = world.draft().await;
        assert_eq!(draft.files[0].size_bytes, i64::try_from(text.len()).unwrap());
        let group: Vec<&str> = draft
            .faults
            .iter()
            .filter(|fault| fault.oid == "IG.DM")
            .map(|fault| fault.message.as_str())
            .collect();
        let wanted = [
            "refers to ItemDef I.SEX, which is not defined",
            "refers to ItemDef I.NOWHERE, which is not defined",
        ];
        assert_eq!(group, wanted, "all faults at once: {:?}", draft.faults);
        for fault in &draft.faults {
            assert_eq!(fault.text["en"], fault.message);
            assert_told_in_both(&fault.text["en"], &fault.text["zh"]);
        }
        let fault = draft.faults.iter().find(|fault| fault.oid == "IG.DM").unwrap();
        assert_eq!(fault.file.as_deref(), Some("crf.xml"));
        let line = usize::try_from(fault.line.unwrap()).unwrap();
        let text = String::from_utf8(text).unwrap();
        assert!(text.lines().nth(line - 1).unwrap().contains("OID=\"IG.DM\""));
        let refused = world.publish_draft(draft.revision, false).await.unwrap_err();
        assert_eq!(refused.reason(), "DRAFT_FAULTY");
        assert_eq!(refused.violations().len(), draft.faults.len());
    });
}

#[test]
fn files_that_cannot_be_read_are_refused_with_their_places() {
    on_every_store(async |world| {
        let broken = b"<ODM xmlns=\"http://www.cdisc.org/ns/odm/v1.3\">\n<Study OID=></ODM>";
        let refused = world.import(None, "crf.xml", broken).await.unwrap_err();
        assert_eq!(refused.reason(), "DEFINITION_UNREADABLE");
        assert_eq!(refused.violations()[0].field, "crf.xml:2");
        let mut other = study::version();
        other.study_oid = "ST.OTHER".into();
        let refused = world.import(None, "crf.xml", &odm(&other)).await.unwrap_err();
        assert_eq!(refused.reason(), "DEFINITION_OF_OTHER_STUDY");
        assert_eq!(refused.metadata()["study"], "ST.OTHER");
        let revision = world.import(None, "crf.xml", &odm(&study::version())).await.unwrap();
        let again = world.import(None, "crf.xml", &odm(&study::version())).await.unwrap_err();
        assert_eq!(again.reason(), "DRAFT_EXISTS");
        world.import(Some(revision), "crf.xml", &odm(&study::version())).await.unwrap();
    });
}

#[test]
fn an_edit_on_an_old_revision_is_refused_and_a_repeated_one_done_once() {
    on_every_store(async |world| {
        let revision = world.begin().await;
        let gone = vec![Edit { change: Some(remove(part::Kind::Check, "CK.BP")) }];
        let request = EditDraftRequest {
            study_oid: STUDY.into(),
            seen_revision: revision,
            edits: gone,
            request_id: Some("once".into()),
        };
        let first = world.build.edit_draft(&designer(), request.clone()).await.unwrap();
        let again = world.build.edit_draft(&designer(), request).await.unwrap();
        assert_eq!(first.revision, again.revision);
        let stale = world.edit(revision, vec![remove(part::Kind::Check, "CK.OLD")]).await;
        let stale = stale.unwrap_err();
        assert_eq!(stale.reason(), "STALE_DRAFT");
        assert_eq!(stale.metadata()["revision"], first.revision.to_string());
    });
}

#[test]
fn an_edit_is_taken_back_by_a_further_one_unless_it_was_overtaken() {
    on_every_store(async |world| {
        let begun = world.begin().await;
        let before = world.draft().await.study;
        let edited = world.edit(begun, vec![remove(part::Kind::Item, "I.SEX")]).await.unwrap();
        assert!(!world.draft().await.faults.is_empty(), "the group still refers to the item");
        let undo = |seen, revision| UndoEditRequest {
            study_oid: STUDY.into(),
            seen_revision: seen,
            revision,
            request_id: None,
        };
        let undone = world.build.undo_edit(&designer(), undo(edited, edited)).await.unwrap();
        let draft = world.draft().await;
        assert_eq!((draft.study, draft.faults.len()), (before, 0));
        let done: Vec<Kind> = draft.changes.iter().map(DraftChange::kind).collect();
        assert_eq!(done, [Kind::Undone, Kind::Edited, Kind::Begun]);
        assert_eq!(draft.changes[1].words, ["ItemDef I.SEX is gone"]);
        // The same edit cannot be taken back twice: the item is there again.
        let seen = undone.revision;
        let twice = world.build.undo_edit(&designer(), undo(seen, edited)).await.unwrap_err();
        assert_eq!(twice.reason(), "EDIT_OVERTAKEN");
        let unknown = world.build.undo_edit(&designer(), undo(seen, begun)).await.unwrap_err();
        assert_eq!(unknown.reason(), "EDIT_UNKNOWN");
    });
}

#[test]
fn an_item_its_condition_and_its_derivation_are_edited_by_their_expressions() {
    on_every_store(async |world| {
        let begun = world.begin().await;
        let draft = world.draft().await;
        let study = draft.study.unwrap();
        let mut group =
            study.item_groups.iter().find(|one| one.item_group_oid == "IG.VS").unwrap().clone();
        group.items[1].collection_exception = Some("VSDT < date(\"2020-01-01\")".into());
        group.items[3].derivation = Some("round_half_up(WEIGHT, 0)".into());
        group.items.swap(0, 1);
        let new = ItemDef {
            item_oid: "I.NEW".into(),
            name: "NEW".into(),
            question: BTreeMap::from([("zh".to_owned(), "新".to_owned())]),
            data_type: item_def::DataType::Integer.into(),
            sdtm_variables: vec!["VSORRES".into()],
            ..ItemDef::default()
        };
        world
            .edit(begun, vec![Change::PutItem(new.clone()), Change::PutItemGroup(group.clone())])
            .await
            .unwrap();
        let draft = world.draft().await;
        assert_eq!(draft.faults, []);
        assert_eq!(*item_of(&draft, "I.NEW"), new);
        let study = draft.study.unwrap();
        let found = study.item_groups.iter().find(|one| one.item_group_oid == "IG.VS").unwrap();
        assert_eq!(*found, group, "what was put is what is shown");
    });
}

#[test]
fn an_edit_that_cannot_be_made_names_its_field() {
    on_every_store(async |world| {
        let begun = world.begin().await;
        let nameless = Change::PutCodeList(CodeList::default());
        let refused = world.edit(begun, vec![nameless]).await.unwrap_err();
        assert_eq!(refused.violations()[0].field, "edits[0].putCodeList.codeListOid");
        let unknown = remove(part::Kind::Form, "F.NO");
        let refused = world.edit(begun, vec![unknown]).await.unwrap_err();
        assert_eq!(refused.violations()[0].description, "there is no FormDef F.NO");
        assert_eq!(world.draft().await.revision, begun, "nothing of a refused edit is kept");
    });
}

#[test]
fn an_expression_is_checked_while_it_is_typed_with_the_place_of_what_is_wrong() {
    on_every_store(async |world| {
        world.begin().await;
        let ask = |expression: &str, examples| CheckExpressionRequest {
            study_oid: STUDY.into(),
            purpose: Purpose::Check.into(),
            form_oid: "F.VS".into(),
            item_group_oid: Some("IG.BP".into()),
            expression: expression.into(),
            examples,
        };
        let wrong = ask("SYSBP > DIABPP", Vec::new());
        let found = world.build.check_expression(&designer(), wrong).await.unwrap();
        assert_eq!((found.faults[0].line, found.faults[0].column), (1, 9));
        assert!(found.faults[0].message["en"].contains("DIABP"));
        assert!(found.faults[0].message.contains_key("zh"));
        let example = |sysbp: &str, expect: &str| check::Example {
            given: BTreeMap::from([
                ("SYSBP".to_owned(), sysbp.to_owned()),
                ("DIABP".to_owned(), "80".to_owned()),
            ]),
            expect: expect.into(),
        };
        let right = ask("SYSBP > DIABP", vec![example("120", "true"), example("70", "true")]);
        let found = world.build.check_expression(&designer(), right).await.unwrap();
        assert_eq!(found.reads, ["SYSBP", "DIABP"]);
        let passed: Vec<bool> = found.examples.iter().map(|one| one.passed).collect();
        assert_eq!(passed, [true, false]);
        assert_eq!(found.examples[1].actual, "false");
    });
}

#[test]
fn an_example_that_gives_another_result_keeps_a_draft_from_being_published() {
    on_every_store(async |world| {
        let begun = world.begin().await;
        let study = world.draft().await.study.unwrap();
        let mut check: Check =
            study.checks.iter().find(|one| one.check_oid == "CK.BP").unwrap().clone();
        check.examples = vec![check::Example {
            given: BTreeMap::from([("SYSBP".to_owned(), "70".to_owned())]),
            expect: "true".into(),
        }];
        let edited = world.edit(begun, vec![Change::PutCheck(check)]).await.unwrap();
        let draft = world.draft().await;
        assert_eq!(draft.faults[0].oid, "CK.BP");
        assert!(draft.faults[0].message.contains("not evaluated"), "{:?}", draft.faults);
        assert_eq!(world.publish_draft(edited, false).await.unwrap_err().reason(), "DRAFT_FAULTY");
    });
}

#[test]
fn a_published_draft_is_in_force_and_ended() {
    on_every_store(async |world| {
        let begun = world.begin().await;
        let sex = CodeList {
            code_list_oid: "CL.SEX".into(),
            name: "Sex".into(),
            items: ["M", "F", "U"].map(code).to_vec(),
        };
        let edited = world.edit(begun, vec![Change::PutCodeList(sex)]).await.unwrap();
        let hash = world.publish_draft(edited, false).await.unwrap();
        let get = GetStudyRequest { study_oid: STUDY.into(), version_hash: None };
        let study = world.edc.get_study(&coordinator(), get).await.unwrap();
        assert_eq!(study.version_hash, hash);
        assert_eq!(study.code_lists[0].items.len(), 3);
        assert_eq!(study.code_lists[0].items[0].decode["en"], "Male", "what was there stays");
        let request = GetDraftRequest { study_oid: STUDY.into() };
        let gone = world.build.get_draft(&designer(), request).await.unwrap_err();
        assert_eq!(gone.reason(), "DRAFT_UNKNOWN");
        let request = ListVersionsRequest { study_oid: STUDY.into() };
        let listed = world.build.list_versions(&coordinator(), request).await.unwrap();
        assert_eq!(listed.general_version_hash, hash);
        let latest = listed.versions.last().unwrap();
        assert_eq!(latest.published_by, "study_designer");
        assert_eq!(latest.reason.as_deref(), Some("amendment 1"));
    });
}

fn code(code: &str) -> CodeListItem {
    let decode = match code {
        "M" => BTreeMap::from([("en".to_owned(), "Male".to_owned())]),
        other => BTreeMap::from([("en".to_owned(), other.to_owned())]),
    };
    CodeListItem { coded_value: code.into(), decode }
}

#[test]
fn a_discarded_draft_is_gone_and_drafts_are_listed_for_designers_only() {
    on_every_store(async |world| {
        let begun = world.begin().await;
        let list = || ListDraftsRequest::default();
        let drafts = world.build.list_drafts(&designer(), list()).await.unwrap().drafts;
        assert_eq!((drafts[0].study_oid.as_str(), drafts[0].published_before), (STUDY, true));
        let others = world.build.list_drafts(&in_role(Role::Coordinator, None), list()).await;
        assert!(others.unwrap().drafts.is_empty());
        let request = DiscardDraftRequest {
            study_oid: STUDY.into(),
            seen_revision: begun,
            reason: "not needed".into(),
            request_id: None,
        };
        world.build.discard_draft(&designer(), request).await.unwrap();
        assert!(world.build.list_drafts(&designer(), list()).await.unwrap().drafts.is_empty());
        world.begin().await;
    });
}
