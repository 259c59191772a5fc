//! What is known of a study: the fold of its log.

use std::collections::{BTreeMap, BTreeSet};

use kernel::SiteOid;

use crate::event::{Assignment, PortfolioEvent, Post, SiteFacts, StudyFacts};

/// A study as its log tells. Before the first entry it has no facts: it is not there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Study {
    pub facts: Option<StudyFacts>,
    /// Counts the entries that changed the facts.
    pub version: u32,
    pub created_at_ms: i64,
    pub sites: BTreeMap<SiteOid, Site>,
    /// By user, in the order in which they were made.
    pub staff: BTreeMap<String, Vec<Assignment>>,
    pub recorded_at_ms: i64,
    /// Who asked for what was done, and the ids of those requests.
    requests: BTreeSet<(String, String)>,
}

/// A site of a study as the log tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Site {
    pub facts: SiteFacts,
    /// Counts the entries that changed the facts.
    pub version: u32,
}

/// By whom and when something was recorded.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stamp<'a> {
    pub actor: &'a str,
    pub request_id: &'a str,
    pub recorded_at_ms: i64,
}

impl Study {
    pub fn is_there(&self) -> bool {
        self.facts.is_some()
    }

    /// Whether this actor's request of this id was carried out before.
    pub fn has_done(&self, actor: &str, request_id: &str) -> bool {
        self.requests.contains(&(actor.to_owned(), request_id.to_owned()))
    }

    /// The last assignment to a post whose time is not over.
    pub fn standing(&self, post: &Post, now_ms: i64) -> Option<&Assignment> {
        let all = self.staff.get(&post.user)?;
        all.iter().rev().find(|one| one.post == *post && !one.is_over(now_ms))
    }

    /// The assignment to a post that was changed last.
    pub fn last(&self, post: &Post) -> Option<&Assignment> {
        let all = self.staff.get(&post.user)?;
        all.iter().rev().find(|one| one.post == *post)
    }

    pub fn apply(&mut self, stamp: Stamp<'_>, event: PortfolioEvent) {
        self.recorded_at_ms = stamp.recorded_at_ms;
        self.requests.insert((stamp.actor.to_owned(), stamp.request_id.to_owned()));
        match event {
            PortfolioEvent::StudyCreated(facts) => {
                self.created_at_ms = stamp.recorded_at_ms;
                self.state(facts);
            }
            PortfolioEvent::StudyChanged(facts) => self.state(facts),
            PortfolioEvent::SiteAdded { site, facts }
            | PortfolioEvent::SiteChanged { site, facts } => {
                let version = self.sites.get(&site).map_or(0, |site| site.version) + 1;
                self.sites.insert(site, Site { facts, version });
            }
            PortfolioEvent::StaffAssigned(assignment) => {
                self.assign(assignment, stamp.recorded_at_ms);
            }
            PortfolioEvent::StaffRemoved(post) => self.remove(&post, stamp.recorded_at_ms),
        }
    }

    fn state(&mut self, facts: StudyFacts) {
        self.facts = Some(facts);
        self.version += 1;
    }

    /// Takes the place of the assignment that stands; one whose time is over is kept.
    fn assign(&mut self, assignment: Assignment, at_ms: i64) {
        let all = self.staff.entry(assignment.post.user.clone()).or_default();
        all.retain(|one| one.post != assignment.post || one.is_over(at_ms));
        all.push(assignment);
    }

    /// Ends what has begun, and forgets what has not.
    fn remove(&mut self, post: &Post, at_ms: i64) {
        let Some(all) = self.staff.get_mut(&post.user) else { return };
        all.retain(|one| one.post != *post || one.from_ms < at_ms || one.is_over(at_ms));
        for one in all.iter_mut().filter(|one| one.post == *post && !one.is_over(at_ms)) {
            one.until_ms = Some(at_ms);
        }
        if all.is_empty() {
            self.staff.remove(&post.user);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Function;

    fn post() -> Post {
        Post { user: "li.na".into(), function: Function::Monitor, site: None }
    }

    fn assigned(from_ms: i64, until_ms: Option<i64>) -> PortfolioEvent {
        PortfolioEvent::StaffAssigned(Assignment { post: post(), from_ms, until_ms })
    }

    fn after(events: &[(i64, PortfolioEvent)]) -> Study {
        let mut study = Study::default();
        for (recorded_at_ms, event) in events {
            let stamp = Stamp { actor: "a", request_id: "r", recorded_at_ms: *recorded_at_ms };
            study.apply(stamp, event.clone());
        }
        study
    }

    fn times(study: &Study) -> Vec<(i64, Option<i64>)> {
        study.staff.values().flatten().map(|one| (one.from_ms, one.until_ms)).collect()
    }

    #[test]
    fn assigning_again_changes_the_dates_of_what_stands() {
        let study = after(&[(5, assigned(10, None)), (15, assigned(12, Some(40)))]);
        assert_eq!(times(&study), [(12, Some(40))]);
    }

    #[test]
    fn a_time_that_is_over_is_kept_beside_a_new_one() {
        let study = after(&[(5, assigned(10, Some(20))), (30, assigned(40, None))]);
        assert_eq!(times(&study), [(10, Some(20)), (40, None)]);
    }

    #[test]
    fn removing_ends_what_has_begun_and_forgets_what_has_not() {
        let removed = PortfolioEvent::StaffRemoved(post());
        let study = after(&[(5, assigned(10, None)), (15, removed.clone())]);
        assert_eq!(times(&study), [(10, Some(15))]);
        let study = after(&[(5, assigned(10, None)), (7, removed)]);
        assert_eq!(times(&study), []);
        assert!(study.staff.is_empty());
    }
}
