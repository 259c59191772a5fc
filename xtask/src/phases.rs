use anyhow::{Context, Result};
use std::time::{Duration, Instant};

/// What was done, and how long each part took.
#[derive(Default)]
pub struct Phases(Vec<(&'static str, Duration)>);

impl Phases {
    /// Runs one part, says what begins, and remembers how long it took.
    pub fn time<T>(&mut self, name: &'static str, part: impl FnOnce() -> Result<T>) -> Result<T> {
        println!("== {name}");
        let begun = Instant::now();
        let answer = part().with_context(|| format!("{name} failed"))?;
        self.0.push((name, begun.elapsed()));
        Ok(answer)
    }

    /// One line: each part with its seconds, then all together.
    pub fn summary(&self) -> String {
        let all: Duration = self.0.iter().map(|(_, took)| *took).sum();
        let parts = self.0.iter().map(|(name, took)| format!("{name} {} s", took.as_secs()));
        let parts: Vec<String> = parts.collect();
        format!("{}; together {} s", parts.join(", "), all.as_secs())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_part_names_itself_and_is_not_counted() {
        let mut phases = Phases::default();
        let answer: Result<()> = phases.time("format", || anyhow::bail!("not formatted"));
        assert_eq!(answer.unwrap_err().to_string(), "format failed");
        assert_eq!(phases.summary(), "; together 0 s");
    }
}
