//! Lists of studies: pages, filters, order, and what they cost.

use contract::{
    Context, Role,
    portfolio::v1::{
        ListMyStudiesRequest, ListStudiesRequest, list_studies_request::Order, study::Status,
    },
};
use jiff::SignedDuration;
use tokio::task::JoinSet;

use crate::{
    counted::Counted,
    world::{
        World, assign, create, grant, manager, nobody, on_every_store, runtime, somebody, update,
    },
};

/// All pages of a list.
async fn paged(world: &World, context: &Context, request: ListStudiesRequest) -> Vec<Vec<String>> {
    let mut pages = Vec::new();
    let mut request = request;
    loop {
        let answer = world.portfolio.list_studies(context, request.clone()).await.unwrap();
        pages.push(answer.studies.into_iter().map(|study| study.study_oid).collect());
        request.page_token = answer.next_page_token;
        if request.page_token.is_none() {
            return pages;
        }
    }
}

/// Studies A to G, made a minute apart in another order than that of their OIDs. `li.na` works on all
/// but one.
async fn prepare(world: &World) {
    for oid in ["C", "A", "G", "B", "F", "E", "D"] {
        world.clock.advance(SignedDuration::from_mins(1));
        world.create(oid).await;
        if oid != "F" {
            world.assign(assign(oid, "li.na")).await.unwrap();
        }
    }
}

#[test]
fn pages_follow_each_other_in_both_orders_for_everybody() {
    on_every_store(async |world| {
        prepare(&world).await;
        let mut request = ListStudiesRequest { page_size: Some(3), ..Default::default() };
        let all = paged(&world, &manager(), request.clone()).await.concat();
        assert_eq!(all, ["A", "B", "C", "D", "E", "F", "G"]);
        let own = paged(&world, &nobody("li.na"), request.clone()).await;
        assert_eq!(own, [vec!["A", "B", "C"], vec!["D", "E", "G"]]);
        request.order = Some(Order::NewestFirst.into());
        let all = paged(&world, &manager(), request.clone()).await.concat();
        assert_eq!(all, ["D", "E", "F", "B", "G", "A", "C"]);
        let own = paged(&world, &nobody("li.na"), request).await.concat();
        assert_eq!(own, ["D", "E", "B", "G", "A", "C"]);
    });
}

#[test]
fn a_token_of_another_order_is_refused() {
    on_every_store(async |world| {
        prepare(&world).await;
        let mut request = ListStudiesRequest { page_size: Some(1), ..Default::default() };
        let first = world.portfolio.list_studies(&manager(), request.clone()).await.unwrap();
        request.page_token = first.next_page_token;
        request.order = Some(Order::NewestFirst.into());
        let refusal = world.portfolio.list_studies(&manager(), request.clone()).await.unwrap_err();
        assert_eq!(refusal.violations()[0].field, "pageToken");
        request.order = Some(77);
        let refusal = world.portfolio.list_studies(&manager(), request).await.unwrap_err();
        assert_eq!(refusal.violations()[0].field, "order");
    });
}

#[test]
fn lists_are_cut_down_by_status_and_text() {
    on_every_store(async |world| {
        prepare(&world).await;
        let mut change = update("B", 1);
        change.status = Some(Status::Open.into());
        change.indication = Some("Alzheimer's Disease".into());
        world.update(change).await.unwrap();
        for context in [manager(), nobody("li.na")] {
            let request = ListStudiesRequest {
                status: Some(Status::Open.into()),
                ..ListStudiesRequest::default()
            };
            assert_eq!(world.listed_as(&context, request).await, ["B"]);
            let request =
                ListStudiesRequest { text: Some("aLZHEIMER".into()), ..Default::default() };
            assert_eq!(world.listed_as(&context, request).await, ["B"]);
            let request = ListStudiesRequest { text: Some("study g".into()), ..Default::default() };
            assert_eq!(world.listed_as(&context, request).await, ["G"]);
        }
    });
}

#[test]
fn own_studies_tell_as_what_one_works_there() {
    on_every_store(async |world| {
        world.create("A").await;
        world.create("B").await;
        world.assign(assign("A", "li.na")).await.unwrap();
        let grants = vec![grant(Role::Monitor, Some("B"), None), grant(Role::Auditor, None, None)];
        let context = somebody("li.na", grants);
        let request = ListMyStudiesRequest { page_size: Some(1), page_token: None };
        let first = world.portfolio.list_my_studies(&context, request).await.unwrap();
        assert_eq!(first.studies[0].assignments.len(), 1);
        assert!(first.studies[0].roles.is_empty());
        let request =
            ListMyStudiesRequest { page_size: Some(1), page_token: first.next_page_token };
        let second = world.portfolio.list_my_studies(&context, request).await.unwrap();
        assert_eq!(second.studies[0].study.as_ref().unwrap().study_oid, "B");
        assert_eq!(second.studies[0].roles, ["monitor"]);
        assert_eq!(second.next_page_token, None);
    });
}

#[test]
fn among_ten_thousand_studies_only_ones_own_five_are_read() {
    runtime().block_on(async {
        let world = World::on_sqlite();
        let mut making = JoinSet::new();
        for number in 0..10_000 {
            let portfolio = world.portfolio.clone();
            making.spawn(async move {
                let oid = format!("S{number:05}");
                portfolio.create_study(&manager(), create(&oid)).await.unwrap();
                if number % 2_000 == 7 {
                    portfolio.assign_staff(&manager(), assign(&oid, "li.na")).await.unwrap();
                }
                // Others work on all of them.
                if number % 10 == 0 {
                    let other = format!("user{number}");
                    portfolio.assign_staff(&manager(), assign(&oid, &other)).await.unwrap();
                }
            });
            if making.len() >= 500 {
                making.join_next().await.unwrap().unwrap();
            }
        }
        while let Some(made) = making.join_next().await {
            made.unwrap();
        }
        let counted = Counted::new(world.store.clone());
        let portfolio = world.over(counted.clone());
        let own = ["S00007", "S02007", "S04007", "S06007", "S08007"];
        for order in [Order::ByStudyOid, Order::NewestFirst] {
            let request = ListStudiesRequest { order: Some(order.into()), ..Default::default() };
            let listed = portfolio.list_studies(&nobody("li.na"), request).await.unwrap();
            let mut oids: Vec<String> =
                listed.studies.into_iter().map(|study| study.study_oid).collect();
            oids.sort_unstable();
            assert_eq!(oids, own);
            assert_eq!(counted.taken(), (6, 10), "the index, and a row for each study");
        }
        let mine = portfolio
            .list_my_studies(&nobody("li.na"), ListMyStudiesRequest::default())
            .await
            .unwrap();
        assert_eq!((mine.studies.len(), counted.taken()), (5, (6, 10)));
        let request = ListStudiesRequest { text: Some("S09999".into()), ..Default::default() };
        let none = portfolio.list_studies(&nobody("li.na"), request).await.unwrap();
        assert_eq!((none.studies.len(), counted.taken()), (0, (6, 10)), "a filter widens nothing");
        let page = ListStudiesRequest { page_size: Some(50), ..Default::default() };
        let all = portfolio.list_studies(&manager(), page).await.unwrap();
        let (calls, rows) = counted.taken();
        assert!(all.studies.len() == 50 && calls == 1 && rows <= 200, "{calls} calls, {rows} rows");
    });
}
