//! Who called what how often: kept by day, counted once, read by those who read journals.

use crate::world::{World, grant, on_every_store, reason, system};
use contract::{Code, Context, Error, Role, identity::v1 as p};

const DAY: &str = "2026-03-02";
const SAVE: &str = "casebook.edc.v1.Edc/SaveForm";

fn used(username: &str, result: &str, count: i64) -> p::ApiUse {
    let (method, result) = (SAVE.to_owned(), result.to_owned());
    p::ApiUse { username: username.to_owned(), key_id: None, method, result, count }
}

async fn record(world: &World, batch: &str, uses: &[p::ApiUse]) -> Result<(), Error> {
    let request = p::RecordApiUseRequest {
        batch_id: batch.to_owned(),
        day: DAY.to_owned(),
        uses: uses.to_vec(),
    };
    world.service.record_api_use(&system(), request).await.map(drop)
}

async fn listed(world: &World, by: &Context, username: Option<&str>) -> Vec<p::ApiUse> {
    let mut request = p::ListApiUseRequest {
        day: DAY.to_owned(),
        username: username.map(str::to_owned),
        page_size: Some(2),
        page_token: None,
    };
    let mut all = Vec::new();
    loop {
        let page = world.service.list_api_use(by, request.clone()).await.unwrap();
        all.extend(page.uses);
        request.page_token = page.next_page_token;
        if request.page_token.is_none() {
            return all;
        }
    }
}

#[test]
fn what_doors_count_is_summed_and_a_batch_sent_twice_counts_once() {
    on_every_store(async |world| {
        let key = p::ApiUse { key_id: Some("cbk_1".to_owned()), ..used("one", "OK", 5) };
        let first = [used("one", "OK", 2), used("", "UNAUTHENTICATED", 1), key.clone()];
        for _ in 0..2 {
            record(&world, "batch-1", &first).await.unwrap();
        }
        let more = [used("one", "OK", 40), used("two", "ABORTED", 1)];
        record(&world, "batch-2", &more).await.unwrap();
        let auditor = world.somebody("auditor", &[grant(Role::Auditor, None, None)]).await;
        let expected =
            [used("", "UNAUTHENTICATED", 1), used("one", "OK", 42), key, used("two", "ABORTED", 1)];
        assert_eq!(listed(&world, &auditor, None).await, expected);
        assert_eq!(listed(&world, &auditor, Some("two")).await, [used("two", "ABORTED", 1)]);
    });
}

#[test]
fn only_doors_record_and_only_readers_of_the_journal_list() {
    on_every_store(async |world| {
        let here = [grant(Role::Auditor, Some("S1"), None)];
        let one = world.somebody("one", &here).await;
        let request = p::RecordApiUseRequest { day: DAY.to_owned(), ..Default::default() };
        let refused = world.service.record_api_use(&one, request).await;
        assert_eq!(reason(refused), "NOT_PERMITTED");
        let request = p::ListApiUseRequest { day: DAY.to_owned(), ..Default::default() };
        let refused = world.service.list_api_use(&one, request).await;
        assert_eq!(reason(refused), "NOT_PERMITTED", "an auditor of one study sees no others");
    });
}

#[test]
fn what_cannot_be_a_count_is_refused() {
    on_every_store(async |world| {
        let wrong = [used("one", "OK", 0), used("one\u{1f}", "OK", 1)];
        for one in wrong {
            let refused = record(&world, "batch-1", &[one]).await.unwrap_err();
            assert_eq!(refused.code(), Code::InvalidArgument);
        }
        assert_eq!(listed(&world, &system(), None).await, []);
    });
}

#[test]
fn a_door_learns_with_which_key_a_program_calls() {
    on_every_store(async |world| {
        let one = world.somebody("one", &[]).await;
        let label = p::CreateApiKeyRequest { label: "nightly".to_owned(), ..Default::default() };
        let made = world.service.create_api_key(&one, label).await.unwrap();
        let request =
            p::AuthenticateTokenRequest { token: Some(made.key.clone()), ..Default::default() };
        let answer = world.service.authenticate_token(&system(), request).await.unwrap();
        assert_eq!(answer.key_id, Some(made.api_key.unwrap().key_id));
        assert_eq!(world.bearer(&made.key).await.unwrap().caller.key, answer.key_id);
        assert_eq!(one.caller.key, None);
    });
}
