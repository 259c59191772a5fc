//! The words of the document that are not those of the study, in its language.

use kernel::{
    MissingReason,
    casebook::{QueryStatus, SubjectStatus},
};

/// Words in one language.
#[derive(Debug)]
pub(super) struct Words {
    pub title: &'static str,
    pub about: &'static str,
    pub study: &'static str,
    pub protocol: &'static str,
    pub site: &'static str,
    pub participant: &'static str,
    pub status: &'static str,
    pub screening_number: &'static str,
    pub enrolment_number: &'static str,
    pub consented: &'static str,
    pub screened: &'static str,
    pub enrolled: &'static str,
    pub arm: &'static str,
    pub cut_off: &'static str,
    pub versions: &'static str,
    pub no_version: &'static str,
    pub layout_version: &'static str,
    pub journal: &'static str,
    pub journal_entries: &'static str,
    pub journal_head: &'static str,
    pub no_journal: &'static str,
    pub contents_of_copy: &'static str,
    pub forms: &'static str,
    pub values: &'static str,
    pub changes: &'static str,
    pub queries: &'static str,
    pub signatures: &'static str,
    pub program: &'static str,
    pub left_out: &'static str,
    pub boxes: &'static str,
    pub contents: &'static str,
    pub page: fn(usize, usize) -> String,
    pub history: &'static str,
    pub on: &'static str,
    pub recorded: &'static str,
    pub by: &'static str,
    pub noted: &'static str,
    pub visit_date: &'static str,
    pub no_date: &'static str,
    pub item: &'static str,
    pub value: &'static str,
    pub review: &'static str,
    pub row: &'static str,
    pub removed: &'static str,
    pub record_removed: &'static str,
    pub no_rows: &'static str,
    pub other_values: &'static str,
    pub missing: &'static str,
    pub derived: &'static str,
    pub verified: &'static str,
    pub verified_of: fn(usize, usize) -> String,
    pub changed_since: &'static str,
    pub complete: &'static str,
    pub in_progress: &'static str,
    pub frozen: &'static str,
    pub locked: &'static str,
    pub not_signed: &'static str,
    pub signature: &'static str,
    pub holds: &'static str,
    pub broken: &'static str,
    pub digest: &'static str,
    pub query: &'static str,
    pub by_check: &'static str,
    pub opened: &'static str,
    pub answered: &'static str,
    pub closed: &'static str,
    pub reopened: &'static str,
    pub cancelled: &'static str,
    pub closed_by_check: &'static str,
    pub trail: &'static str,
    pub trail_of_casebook: &'static str,
    pub before: &'static str,
    pub after: &'static str,
    pub reason: &'static str,
    pub reason_withheld: &'static str,
    pub through: &'static str,
    pub for_whom: &'static str,
    pub version: &'static str,
    pub entry: &'static str,
    pub not_collected: &'static str,
    pub form_status: &'static str,
    pub whole_form: &'static str,
    pub restored: &'static str,
    pub unverified: &'static str,
    pub unfrozen: &'static str,
    pub unlocked: &'static str,
    pub eligibility: &'static str,
    pub eligible: &'static str,
    pub criteria_failed: &'static str,
    pub version_taken: &'static str,
    pub of_visit: &'static str,
    pub of_casebook: &'static str,
    pub yes: &'static str,
    pub no: &'static str,
}

/// The words for a language tag: Chinese where it asks for that, else English.
pub(super) fn words(language: &str) -> &'static Words {
    if language.split('-').next() == Some("zh") {
        &super::words_zh::ZH
    } else {
        &super::words_en::EN
    }
}

impl Words {
    fn is_zh(&self) -> bool {
        self.yes == "是"
    }

    pub fn missing_reason(&self, reason: MissingReason) -> &'static str {
        use MissingReason as M;
        let [en, zh] = match reason {
            M::NotDone => ["not done", "未做"],
            M::NotApplicable => ["not applicable", "不适用"],
            M::Unknown => ["unknown", "不详"],
            M::Refused => ["refused", "拒绝"],
            M::NotAsked => ["not asked", "未询问"],
        };
        if self.is_zh() { zh } else { en }
    }

    pub fn subject_status(&self, status: SubjectStatus) -> &'static str {
        use SubjectStatus as S;
        let [en, zh] = match status {
            S::Screening => ["in screening", "筛选中"],
            S::ScreenFailed => ["screen failed", "筛选失败"],
            S::Enrolled => ["enrolled", "已入组"],
            S::Discontinued => ["discontinued", "已退出"],
            S::Completed => ["completed", "已完成"],
        };
        if self.is_zh() { zh } else { en }
    }

    pub fn query_status(&self, status: QueryStatus) -> &'static str {
        match status {
            QueryStatus::Open => self.opened,
            QueryStatus::Answered => self.answered,
            QueryStatus::Closed => self.closed,
            QueryStatus::Cancelled => self.cancelled,
        }
    }
}
