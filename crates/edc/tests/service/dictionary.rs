//! Dictionaries are loaded once, found by word and code, and kept in memory.

use std::{
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use contract::{
    Caller, Context, Error,
    edc::v1::{
        Edc as _, GetTermRequest, GetTermResponse, ListDictionariesRequest, SearchTermsRequest,
        SearchTermsResponse,
    },
};
use edc::{Dictionaries, DictionaryTerm, LoadDictionary, LoadFailure, Loaded};
use mesh::{Clock, SplitMix};
use store::{Batch, Draft, LogName};

use crate::world::{STUDY, World, coordinator, on_every_store};

/// Rows such as those of the Anatomical Therapeutic Chemical classification, in made-up words.
const ROWS: [(&str, &str, Option<&str>); 7] = [
    ("N", "Nervous matters", None),
    ("N02", "Soothers", Some("N")),
    ("N02B", "Other soothers, and coolers", Some("N02")),
    ("N02B1", "Paramol, plain", Some("N02B")),
    ("N02B2", "Paramol with paracool (combined)", Some("N02B")),
    ("N02B3", "复方对乙酰甲片", Some("N02B")),
    ("N02B4", "Caféine", Some("N02B")),
];

fn load(version: &str) -> LoadDictionary {
    let term = |(code, text, parent): &(&str, &str, Option<&str>)| DictionaryTerm {
        code: (*code).to_owned(),
        text: (*text).to_owned(),
        parent_code: parent.map(str::to_owned),
    };
    LoadDictionary {
        dictionary: "DRUGS".to_owned(),
        version: version.to_owned(),
        source_sha256: "ab".repeat(32),
        terms: ROWS.iter().map(term).collect(),
    }
}

fn system() -> Context {
    Context::new(Caller::system("casebook"), "system", "load")
}

impl World {
    async fn load_drugs(&self, version: &str) {
        let loaded = self.service.load_dictionary(&system(), &load(version)).await.unwrap();
        assert_eq!(loaded, Loaded::Now);
        self.clock.advance(jiff::SignedDuration::from_secs(1));
    }

    async fn sought(&self, request: SearchTermsRequest) -> Result<SearchTermsResponse, Error> {
        let request =
            SearchTermsRequest { study_oid: STUDY.into(), dictionary: "DRUGS".into(), ..request };
        self.edc.search_terms(&coordinator(), request).await
    }

    async fn codes(&self, text: &str) -> Vec<String> {
        let request = SearchTermsRequest { text: text.into(), ..SearchTermsRequest::default() };
        let found = self.sought(request).await.unwrap();
        assert_eq!(found.next_page_token, None);
        found.terms.into_iter().map(|term| term.code).collect()
    }

    async fn term(&self, version: Option<&str>, code: &str) -> Result<GetTermResponse, Error> {
        let request = GetTermRequest {
            study_oid: STUDY.into(),
            dictionary: "DRUGS".into(),
            version: version.map(str::to_owned),
            code: code.into(),
        };
        self.edc.get_term(&coordinator(), request).await
    }
}

#[test]
fn a_term_is_found_by_its_code_with_everything_to_which_it_belongs() {
    on_every_store(async |world| {
        world.load_drugs("1").await;
        let found = world.term(None, "N02B1").await.unwrap();
        assert_eq!((found.version.as_str(), &*found.term.unwrap().text), ("1", "Paramol, plain"));
        let above: Vec<String> = found.ancestors.into_iter().map(|term| term.code).collect();
        assert_eq!(above, ["N02B", "N02", "N"]);
        for unknown in ["N9", "n02b1", "N02B1 ", "\u{1f}", &"N".repeat(500)] {
            let refused = world.term(None, unknown).await.unwrap_err();
            assert_eq!(refused.reason(), "TERM_UNKNOWN", "{unknown}");
        }
    });
}

#[test]
fn terms_are_found_by_the_beginnings_of_all_their_words_in_any_script() {
    on_every_store(async |world| {
        world.load_drugs("1").await;
        assert_eq!(world.codes("paramol").await, ["N02B1", "N02B2"]);
        assert_eq!(world.codes("PARA").await, ["N02B2", "N02B1"], "each once, at its first word");
        assert_eq!(world.codes("comb PARAM").await, ["N02B2"]);
        assert_eq!(world.codes("n02b").await, ["N02B", "N02B1", "N02B2", "N02B3", "N02B4"]);
        assert_eq!(world.codes("乙酰").await, ["N02B3"]);
        assert_eq!(world.codes("caféi").await, ["N02B4"]);
        assert_eq!(world.codes("ramol").await, [""; 0]);
        let nothing = SearchTermsRequest { text: "?!".into(), ..SearchTermsRequest::default() };
        assert_eq!(world.sought(nothing).await.unwrap_err().violations()[0].field, "text");
    });
}

#[test]
fn a_search_goes_on_where_its_last_page_ended() {
    on_every_store(async |world| {
        world.load_drugs("1").await;
        let mut request = SearchTermsRequest {
            text: "n".into(),
            page_size: Some(2),
            ..SearchTermsRequest::default()
        };
        let mut codes = Vec::new();
        loop {
            let page = world.sought(request.clone()).await.unwrap();
            assert!(page.terms.len() <= 2);
            codes.extend(page.terms.into_iter().map(|term| term.code));
            request.page_token = page.next_page_token;
            if request.page_token.is_none() {
                break;
            }
        }
        codes.sort();
        assert_eq!(codes, ROWS.map(|(code, ..)| code));
    });
}

/// A clock that the test moves.
#[derive(Debug)]
struct Moved(Mutex<Instant>);

impl Clock for Moved {
    fn now(&self) -> Instant {
        *self.0.lock().unwrap()
    }
}

#[test]
fn an_answer_is_kept_for_a_minute_and_that_there_is_none_for_a_quarter_of_one() {
    on_every_store(async |world| {
        let clock = Arc::new(Moved(Mutex::new(Instant::now())));
        let wait = |seconds| *clock.0.lock().unwrap() += Duration::from_secs(seconds);
        let kept = Dictionaries::new(clock.clone(), Arc::new(SplitMix::seeded(1)));
        let service = edc::Edc::new(Arc::clone(&world.store), world.clock.as_fn());
        let service = service.with_dictionaries(kept);
        let version = async || {
            let request = GetTermRequest {
                study_oid: STUDY.into(),
                dictionary: "DRUGS".into(),
                version: None,
                code: "N".into(),
            };
            let found = service.get_term(&coordinator(), request).await;
            found.map(|found| found.version).map_err(|error| error.reason().to_owned())
        };
        assert_eq!(version().await, Err("DICTIONARY_UNKNOWN".to_owned()));
        world.load_drugs("1").await;
        wait(13);
        assert_eq!(version().await, Err("DICTIONARY_UNKNOWN".to_owned()), "it is not asked for");
        wait(3);
        assert_eq!(version().await, Ok("1".to_owned()));
        world.load_drugs("2").await;
        wait(56);
        assert_eq!(version().await, Ok("1".to_owned()));
        wait(8);
        assert_eq!(version().await, Ok("2".to_owned()));
    });
}

#[test]
fn a_version_never_changes_and_the_newest_is_the_usual_one() {
    on_every_store(async |world| {
        world.load_drugs("2026.1").await;
        world.load_drugs("2025.9").await;
        assert_eq!(world.term(None, "N").await.unwrap().version, "2025.9", "it was loaded last");
        assert_eq!(world.term(Some("2026.1"), "N").await.unwrap().version, "2026.1");
        let again = world.service.load_dictionary(&system(), &load("2026.1")).await.unwrap();
        assert_eq!(again, Loaded::Before);
        let other = LoadDictionary { source_sha256: "cd".repeat(32), ..load("2026.1") };
        let refused = world.service.load_dictionary(&system(), &other).await.unwrap_err();
        assert!(matches!(refused, LoadFailure::OtherSource));
        let request = ListDictionariesRequest { study_oid: STUDY.into() };
        let listed = world.edc.list_dictionaries(&coordinator(), request).await.unwrap();
        let seen: Vec<_> = listed
            .dictionaries
            .iter()
            .map(|one| (one.dictionary.as_str(), one.version.as_str(), one.term_count))
            .collect();
        assert_eq!(seen, [("DRUGS", "2025.9", 7), ("DRUGS", "2026.1", 7)]);
    });
}

#[test]
fn every_term_that_cannot_be_loaded_is_named_and_then_none_is() {
    on_every_store(async |world| {
        let mut wrong = load("1");
        wrong.terms[1].parent_code = Some("X".to_owned());
        wrong.terms[2].code = "N".to_owned();
        wrong.terms[3].text = " ".to_owned();
        let refused = world.service.load_dictionary(&system(), &wrong).await.unwrap_err();
        let LoadFailure::Terms(faults) = refused else { panic!("{refused}") };
        assert!(faults[0].starts_with("term 3 (N): the code is there twice"), "{faults:?}");
        assert!(faults[1].starts_with("term 4 (N02B1): a text"), "{faults:?}");
        assert!(faults[2].contains("(X) is not there"), "{faults:?}");
        let name = LoadDictionary { dictionary: "a/b".to_owned(), ..load("1") };
        let refused = world.service.load_dictionary(&system(), &name).await.unwrap_err();
        assert!(matches!(refused, LoadFailure::Name));
        let refused = world.service.load_dictionary(&coordinator(), &load("1")).await.unwrap_err();
        let LoadFailure::Failed(edc::Failure::Denied(denied)) = refused else { panic!() };
        assert_eq!(denied.reason(), "NOT_PERMITTED");
        assert!(world.store.head(&log()).await.unwrap().is_none(), "nothing was written");
    });
}

#[test]
fn a_load_that_was_interrupted_is_not_seen_and_goes_on_where_it_was() {
    on_every_store(async |world| {
        let payload =
            r#"{"Begun":{"source_sha256":"SHA","terms":7}}"#.replace("SHA", &"ab".repeat(32));
        let begun = Draft {
            kind: "DictionaryBegun".to_owned(),
            payload: payload.into_bytes(),
            ..Draft::default()
        };
        let batch = Batch::seal(log(), journal::Head::default(), &[begun], Vec::new());
        world.store.append(batch).await.unwrap();
        assert!(world.service.dictionaries().await.unwrap().is_empty());
        world.load_drugs("1").await;
        assert_eq!(world.store.head(&log()).await.unwrap().unwrap().sequence, 3);
        assert_eq!(world.codes("paramol").await.len(), 2);
    });
}

#[test]
fn rows_of_dictionaries_follow_from_their_logs() {
    on_every_store(async |world| {
        world.load_drugs("1").await;
        world.load_drugs("2").await;
        let report = world.service.verify_dictionaries().await.unwrap();
        assert_eq!((report.logs, report.faults_total), (2, 0), "{:?}", report.faults);
        assert!(report.rows > 2 * ROWS.len() as u64);
        assert_eq!(world.service.rebuild_dictionaries().await.unwrap(), 2);
        assert_eq!(world.service.verify_dictionaries().await.unwrap(), report);
    });
}

#[tokio::test]
async fn rows_that_were_changed_removed_or_added_are_found_and_put_right() {
    let world = World::on_sqlite().await;
    world.load_drugs("1").await;
    let changed = "UPDATE view_row SET bytes = CAST(replace(CAST(bytes AS TEXT), 'plain', 'strong')
        AS BLOB) WHERE view = 15 AND key LIKE '%N02B1'";
    let removed = "DELETE FROM view_row WHERE view = 16 AND key LIKE '%paramol%N02B1'";
    let added = "INSERT INTO view_row SELECT study, view, replace(key, 'N02B4', 'N02B5'), bytes
        FROM view_row WHERE view = 15 AND key LIKE '%N02B4'";
    for (statement, rows) in [(changed, 1), (removed, 1), (added, 1)] {
        assert_eq!(world.tamper(statement), rows, "{statement}");
    }
    let report = world.service.verify_dictionaries().await.unwrap();
    assert_eq!(
        report.faults,
        [
            "dictionary DRUGS 1, rows of terms N02B1: is not what the log tells",
            "dictionary DRUGS 1, rows of words paramol / N02B1: is missing",
            "dictionaries: 1 rows of terms are surplus",
        ]
    );
    world.service.rebuild_dictionaries().await.unwrap();
    assert_eq!(world.service.verify_dictionaries().await.unwrap().faults_total, 0);
}

fn log() -> LogName {
    LogName::new("", "dictionary", "DRUGS/1")
}
