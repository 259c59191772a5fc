//! Medians and markdown tables.

use std::fmt::Write as _;

/// The middle value; the mean of the two in the middle when there are two.
pub fn median(values: impl IntoIterator<Item = f64>) -> f64 {
    let mut sorted: Vec<f64> = values.into_iter().collect();
    sorted.sort_by(f64::total_cmp);
    match sorted.len() {
        0 => f64::NAN,
        count if count.is_multiple_of(2) => f64::midpoint(sorted[count / 2 - 1], sorted[count / 2]),
        count => sorted[count / 2],
    }
}

/// A markdown table that grows row by row and is printed at the end.
#[derive(Debug)]
pub struct Table(String);

impl Table {
    pub fn new(title: &str, columns: &[&str]) -> Self {
        let rule = columns.iter().map(|_| "---").collect::<Vec<_>>().join(" | ");
        Self(format!("\n### {title}\n\n| {} |\n| {rule} |\n", columns.join(" | ")))
    }

    pub fn row(&mut self, cells: &[String]) {
        // Writing to a string cannot fail.
        let _ = writeln!(self.0, "| {} |", cells.join(" | "));
    }

    pub fn print(&self) {
        println!("{}", self.0);
    }
}

/// A number with a comma between thousands, without decimals.
pub fn count(value: f64) -> String {
    let digits = format!("{value:.0}");
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A goal and whether it is met.
pub fn against(met: bool, goal: &str) -> String {
    format!("{goal}: {}", if met { "met" } else { "**missed**" })
}
