//! What a comparison of rows with their logs has found.

/// Faults that are told; more are counted.
const MOST_TOLD: usize = 100;

/// What was found when logs were replayed and compared with the rows that follow from them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ViewsReport {
    /// Logs that were replayed.
    pub logs: u64,
    /// Rows that were looked at.
    pub rows: u64,
    /// In words, the first hundred.
    pub faults: Vec<String>,
    pub faults_total: u64,
}

impl ViewsReport {
    /// Adds a fault.
    pub fn fault(&mut self, what: String) {
        self.faults_total += 1;
        if self.faults.len() < MOST_TOLD {
            self.faults.push(what);
        }
    }
}
