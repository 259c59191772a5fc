//! Lists the sites of a study.

use contract::{
    Act, Context, Scope, Sites,
    edc::v1::{ListSitesRequest, ListSitesResponse},
    page,
};

use crate::{Edc, failure::Result, numbers::given_numbers, study::Study, wire};

/// Lists the sites that the caller may see, by OID.
pub(crate) async fn list(
    edc: &Edc,
    context: &Context,
    request: &ListSitesRequest,
) -> Result<ListSitesResponse> {
    let study = edc.study_for(context, &request.study_oid.as_str().into(), Act::ReadStudy).await?;
    let oid = study.oid.as_str();
    context.caller.permit(Act::ReadStudy, Scope::study_wide(oid))?;
    let size = page::size(request.page_size)?;
    let after = page::after(request.page_token.as_ref())?.map(kernel::SiteOid::from);
    let visible = context.caller.sites(Act::ReadStudy, oid);
    let behind = study.state.sites.values().filter(|site| {
        let oid = &site.added.site;
        visible.contains(oid.as_str()) && after.as_ref().is_none_or(|after| oid > after)
    });
    let mut found: Vec<_> = behind.take(size + 1).collect();
    let more = found.len() > size;
    found.truncate(size);
    let mut sites = Vec::with_capacity(found.len());
    for site in &found {
        let numbers = given_numbers(&*edc.store, &study.oid, &site.added.site).await?;
        sites.push(wire::study::site(site, numbers));
    }
    let last = found.last().filter(|_| more);
    let next_page_token = last.map(|site| page::token(site.added.site.as_str()));
    Ok(ListSitesResponse { sites, next_page_token })
}

/// How many sites a study has, and how many subjects were screened at those of `visible`.
pub(crate) async fn counts(edc: &Edc, study: &Study, visible: &Sites) -> Result<(usize, u32)> {
    let mut screened = 0;
    for site in study.state.sites.keys().filter(|site| visible.contains(site.as_str())) {
        screened += given_numbers(&*edc.store, &study.oid, site).await?.screened;
    }
    Ok((study.state.sites.len(), screened))
}
