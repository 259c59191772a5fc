//! What a caller may see: values that reveal the arm reach no blinded caller.

use std::collections::{HashMap, HashSet};

use contract::{Act, Context, Scope};
use kernel::{CheckOid, ItemOid, SiteOid, casebook::Query};

use crate::study::Study;

/// The items and checks that a caller must not see; nothing for one who may see unblinded data.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sight {
    items: HashSet<ItemOid>,
    checks: HashSet<CheckOid>,
    unblinded: bool,
}

impl Sight {
    /// What `caller` may see of the subjects of one site.
    pub fn of(context: &Context, study: &Study, site: &SiteOid) -> Self {
        // What reveals the arm under one version in use reveals it under all.
        let versions = || study.in_use().map(|version| version.design.version());
        let blinded_checks =
            || versions().flat_map(|one| one.checks.iter().filter(|check| check.blinded));
        let blinded_items = || versions().flat_map(|one| one.blinding.items.iter());
        if blinded_items().next().is_none() && blinded_checks().next().is_none() {
            return Self::default();
        }
        let scope = Scope::at_site(study.oid.as_str(), site.as_str());
        if let Ok(permit) = context.caller.permit(Act::ReadUnblinded, scope) {
            let user = permit.user();
            tracing::info!(user, study.oid = %study.oid, site.oid = %site, "read unblinded data");
            return Self { unblinded: true, ..Self::default() };
        }
        Self {
            items: blinded_items().cloned().collect(),
            checks: blinded_checks().map(|check| check.oid.clone()).collect(),
            unblinded: false,
        }
    }

    /// Whether values that others must not see are seen: the read is to be noted.
    pub fn is_unblinded(&self) -> bool {
        self.unblinded
    }

    /// Whether nothing is hidden at all.
    pub fn is_complete(&self) -> bool {
        self.items.is_empty() && self.checks.is_empty()
    }

    /// How many of the pending queries the caller may know of; so many of all are blinded.
    pub fn pending(&self, all: u32, blinded: u32) -> u32 {
        if self.is_complete() { all } else { all.saturating_sub(blinded) }
    }

    pub fn shows(&self, item: &ItemOid) -> bool {
        !self.items.contains(item)
    }

    pub fn shows_check(&self, check: &CheckOid) -> bool {
        !self.checks.contains(check)
    }

    /// Whether neither the query's item nor its check reveals the arm.
    pub fn shows_query(&self, query: &Query) -> bool {
        query.opened.item.as_ref().is_none_or(|item| self.shows(&item.item))
            && query.opened.check.as_ref().is_none_or(|check| self.shows_check(check))
    }
}

/// What a caller may see at each site, looked up once.
#[derive(Debug)]
pub(crate) struct Sights<'a> {
    context: &'a Context,
    study: &'a Study,
    sites: HashMap<String, Sight>,
}

impl<'a> Sights<'a> {
    pub fn new(context: &'a Context, study: &'a Study) -> Self {
        Self { context, study, sites: HashMap::new() }
    }

    pub fn at(&mut self, site: &str) -> &Sight {
        let Self { context, study, sites } = self;
        sites.entry(site.to_owned()).or_insert_with(|| Sight::of(context, study, &site.into()))
    }
}
