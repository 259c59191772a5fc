//! Lists the sites of a study.

use contract::{
    Context, page,
    portfolio::v1::{ListSitesRequest, ListSitesResponse},
};
use kernel::SiteOid;

use crate::{Portfolio, change::study_unknown, failure::Result, field::Fields, wire};

/// Lists the sites that the caller may see, by OID. Refuses with `STUDY_UNKNOWN`.
pub(crate) async fn list(
    portfolio: &Portfolio,
    context: &Context,
    request: &ListSitesRequest,
) -> Result<ListSitesResponse> {
    let oid = request.study_oid.as_str();
    let visible = portfolio.sight(context, oid).await?;
    let mut fields = Fields::default();
    let status = wire::site_status(&mut fields, request.status);
    fields.done()?;
    let size = page::size(request.page_size)?;
    let after = page::after(request.page_token.as_ref())?.map(SiteOid::from);
    let known = portfolio.shelf.find(oid).await?;
    if !known.study.is_there() {
        return Err(study_unknown(oid).into());
    }
    let found = known.study.sites.iter().filter(|(site, stands)| {
        visible.contains(site.as_str())
            && status.is_none_or(|status| status == stands.facts.status)
            && after.as_ref().is_none_or(|after| *site > after)
    });
    let mut found: Vec<_> = found.take(size + 1).collect();
    let more = found.len() > size;
    found.truncate(size);
    let last = found.last().filter(|_| more);
    Ok(ListSitesResponse {
        next_page_token: last.map(|(site, _)| page::token(site.as_str())),
        sites: found.into_iter().filter_map(|(oid, _)| wire::of_site(oid, &known.study)).collect(),
    })
}
