//! Lists the studies on which the caller works.

use std::collections::{BTreeMap, BTreeSet};

use contract::{
    Caller, Context, page,
    portfolio::v1::{ListMyStudiesRequest, ListMyStudiesResponse, MyStudy},
};

use crate::{
    Portfolio,
    failure::Result,
    rows::Work,
    sight::{granted, proven},
    wire,
};

/// Lists, by OID, the studies to which the caller is assigned and those for which he has a role of
/// their own.
pub(crate) async fn list(
    portfolio: &Portfolio,
    context: &Context,
    request: &ListMyStudiesRequest,
) -> Result<ListMyStudiesResponse> {
    let caller = proven(context)?;
    let size = page::size(request.page_size)?;
    let after = page::after(request.page_token.as_ref())?.unwrap_or_default();
    let mut own: BTreeMap<String, Work> =
        granted(caller).into_iter().map(|oid| (oid, Work::new())).collect();
    own.extend(portfolio.own_work(caller).await?);
    let mut answer = ListMyStudiesResponse::default();
    let mut last = String::new();
    for (oid, work) in own.into_iter().filter(|(oid, _)| *oid > after) {
        if answer.studies.len() == size {
            answer.next_page_token = Some(page::token(&last));
            break;
        }
        let Some(row) = portfolio.own_row(&oid, !work.is_empty()).await? else { continue };
        answer.studies.push(MyStudy {
            study: Some(wire::of_row(&oid, &row)),
            assignments: work.iter().map(wire::of_assignment).collect(),
            roles: roles(caller, &oid),
        });
        last = oid;
    }
    Ok(answer)
}

fn roles(caller: &Caller, oid: &str) -> Vec<String> {
    let here = caller.grants.iter().filter(|grant| grant.study.as_deref() == Some(oid));
    let names: BTreeSet<&str> = here.map(|grant| grant.role.name()).collect();
    names.into_iter().map(str::to_owned).collect()
}
