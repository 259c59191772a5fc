//! A contract that was released does not break: what it said still holds, or the break is declared.
//!
//! What was released is kept as lines of text, one for each thing that a client may rely on. A line
//! that does not hold any more is a break. Adding lines breaks nobody, but for a field that is
//! suddenly required in what clients send.

mod facts;

use std::{collections::BTreeSet, fs, path::Path};

use anyhow::{Context, Result};
use facts::Facts;
use serde::Deserialize;

use crate::tree::root;

const PROTO: &str = "proto";
const RELEASED: &str = "proto/released.txt";
const DECLARED: &str = "proto/breaking.toml";
const NO_BREAKS: &str = "# Breaks of the released contract that are intended, each with its reason:\n\
                         #\n# [[break]]\n# line = \"the line of released.txt, or of the finding\"\n\
                         # reason = \"why clients must change, and how\"\n";

/// The breaks that are intended.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Declared {
    #[serde(default, rename = "break")]
    breaks: Vec<Break>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Break {
    line: String,
    reason: String,
}

/// Breaks that are not declared, and declarations that declare nothing.
pub fn findings() -> Result<Vec<String>> {
    let released = read(RELEASED)?;
    let released: Facts = released.lines().map(str::to_owned).collect();
    let declared: Declared = toml::from_str(&read(DECLARED)?).context(DECLARED)?;
    let present = facts::of(&root().join(PROTO))?;
    Ok(judge(&released, &present, &declared))
}

/// Makes the present contract the released one. Declared breaks are part of it from then on.
pub fn release() -> Result<()> {
    let present = facts::of(&root().join(PROTO))?;
    let lines: Vec<String> = present.into_iter().collect();
    fs::write(root().join(RELEASED), lines.join("\n") + "\n")?;
    fs::write(root().join(DECLARED), NO_BREAKS)?;
    Ok(())
}

fn read(path: &str) -> Result<String> {
    fs::read_to_string(root().join(Path::new(path))).with_context(|| format!("read {path}"))
}

fn judge(released: &Facts, present: &Facts, declared: &Declared) -> Vec<String> {
    let sent = facts::sent(released);
    let mut breaks = gone(released, present, &sent);
    breaks.extend(newly_required(released, present, &sent));
    let known: BTreeSet<&str> = declared.breaks.iter().map(|one| one.line.as_str()).collect();
    let undeclared = breaks.iter().filter(|(line, _)| !known.contains(line.as_str()));
    let mut findings: Vec<String> = undeclared.map(|(_, finding)| finding.clone()).collect();
    for Break { line, reason } in &declared.breaks {
        if reason.trim().is_empty() {
            findings.push(format!("{DECLARED}: why is this broken? {line}"));
        }
        if !breaks.iter().any(|(broken, _)| broken == line) {
            findings.push(format!("{DECLARED}: this is not broken: {line}"));
        }
    }
    findings
}

/// The lines that do not hold any more, each with what is there instead. That a field which nobody
/// had to send is required now takes nothing from who reads it.
fn gone(released: &Facts, present: &Facts, sent: &BTreeSet<String>) -> Vec<(String, String)> {
    let lost = released.difference(present);
    let only_read =
        |line: &&String| !facts::is_sent(line, sent) && present.contains(&facts::as_required(line));
    lost.filter(|line| !only_read(line))
        .map(|line| {
            let subject = facts::subject(line);
            let instead =
                present.difference(released).find(|other| facts::subject(other) == subject);
            let finding = match instead {
                Some(instead) => format!("released: {line}\n     now: {instead}"),
                None => format!("released: {line}\n     now: gone"),
            };
            (line.clone(), finding)
        })
        .collect()
}

/// Fields that must be given now, in messages that were released without them.
fn newly_required(
    released: &Facts,
    present: &Facts,
    sent: &BTreeSet<String>,
) -> Vec<(String, String)> {
    let added = present.difference(released).filter(|line| facts::is_required(line));
    let breaking = added.filter(|line| facts::is_sent(line, sent)).filter(|line| {
        let message = facts::message_of(line);
        // One that was there and was optional is found as a line that changed.
        let known = released.iter().any(|other| facts::subject(other) == facts::subject(line));
        released.contains(&message) && !known
    });
    breaking.map(|line| (line.clone(), format!("now required, and new: {line}"))).collect()
}

#[cfg(test)]
mod tests;
