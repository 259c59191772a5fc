//! What a caller may see: the studies that a role of his reaches, and those on which he works now.

use std::collections::{BTreeMap, BTreeSet};

use contract::{Act, Authentication, Caller, Context, Error, Sites};
use store::Range;

use crate::{
    Portfolio,
    change::study_unknown,
    event::Assignment,
    failure::Result,
    rows::{BETWEEN, BY_USER, INSTITUTION, StudyRow, Work, decode, user_key},
};

/// Rows of the index that are read at a time.
const WORK_PER_READ: u32 = 500;

impl Portfolio {
    /// The sites of a study that the caller may see. Refuses with `STUDY_UNKNOWN` when he may not see
    /// the study.
    pub(crate) async fn sight(&self, context: &Context, oid: &str) -> Result<Sites> {
        let caller = proven(context)?;
        if oid.contains('\0') {
            return Err(study_unknown(oid).into());
        }
        let by_role = caller.sites(Act::ReadStudy, oid);
        let Sites::Only(mut sites) = by_role else { return Ok(Sites::All) };
        let mut is_seen = !sites.is_empty();
        for one in self.work_on(caller, oid).await? {
            is_seen = true;
            match one.post.site {
                None => return Ok(Sites::All),
                Some(site) => sites.insert(site.as_str().to_owned()),
            };
        }
        if is_seen { Ok(Sites::Only(sites)) } else { Err(study_unknown(oid).into()) }
    }

    /// What the caller does on every study on which he works now.
    pub(crate) async fn own_work(&self, caller: &Caller) -> Result<BTreeMap<String, Work>> {
        let mut all = BTreeMap::new();
        if !counts(caller) {
            return Ok(all);
        }
        let prefix = user_key(&caller.user, "");
        let mut range = Range::all(BY_USER, INSTITUTION, WORK_PER_READ).prefix(prefix.as_str());
        loop {
            let page = self.shelf.store().list(range.clone()).await?;
            let last = page.last().filter(|_| page.len() == WORK_PER_READ as usize);
            let next = last.map(|(key, _)| key.clone());
            for (key, bytes) in page {
                let work = self.in_force(decode(BY_USER, &bytes)?);
                if let (Some((_, oid)), false) = (key.split_once(BETWEEN), work.is_empty()) {
                    all.insert(oid.to_owned(), work);
                }
            }
            match next {
                Some(next) => range = range.after(next),
                None => return Ok(all),
            }
        }
    }

    /// What the caller does on one study now.
    async fn work_on(&self, caller: &Caller, oid: &str) -> Result<Work> {
        if !counts(caller) {
            return Ok(Work::new());
        }
        let key = user_key(&caller.user, oid);
        match self.shelf.store().view(BY_USER, INSTITUTION, &key).await? {
            Some(bytes) => Ok(self.in_force(decode(BY_USER, &bytes)?)),
            None => Ok(Work::new()),
        }
    }

    fn in_force(&self, work: Work) -> Work {
        let now_ms = self.now_ms();
        work.into_iter().filter(|one: &Assignment| one.is_in_force(now_ms)).collect()
    }
}

/// The caller, if he has proven who he is. Refuses with `UNAUTHENTICATED`.
pub(crate) fn proven(context: &Context) -> Result<&Caller, Error> {
    match context.caller.authentication {
        Authentication::Nobody => Err(Error::unauthenticated("log in first")),
        _ => Ok(&context.caller),
    }
}

/// Whether what the caller works on counts: not for a key that is good for other acts only, and not
/// for the program itself, whose name is no user's.
fn counts(caller: &Caller) -> bool {
    let is_good = caller.acts.as_ref().is_none_or(|acts| acts.contains(&Act::ReadStudy));
    is_good && caller.authentication != Authentication::System
}

/// The studies that the grants of the caller name, and that he may see by them.
pub(crate) fn granted(caller: &Caller) -> BTreeSet<String> {
    let named = caller.grants.iter().filter_map(|grant| grant.study.as_deref());
    let seen = named.filter(|study| caller.reaches(Act::ReadStudy, study));
    seen.map(str::to_owned).collect()
}

impl StudyRow {
    /// Whether a text, in lower case, stands in what a list shows of the study.
    pub(crate) fn tells(&self, oid: &str, text: &str) -> bool {
        let facts = &self.facts;
        let said = [&facts.protocol_number, &facts.sponsor, &facts.indication];
        let said = said.into_iter().flatten().map(String::as_str);
        [oid, &facts.name].into_iter().chain(said).any(|one| one.to_lowercase().contains(text))
    }
}
