//! A bar on a terminal for long work; nothing where there is no terminal.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

/// Counts what is done, of a total that may not be known.
pub fn counter(what: &str, unit: &str) -> ProgressBar {
    let bar = ProgressBar::new_spinner();
    let template = format!("{{spinner}} {{msg}} {{human_pos}} {unit} ({{per_sec}}) {{elapsed}}");
    if let Ok(style) = ProgressStyle::with_template(&template) {
        bar.set_style(style);
    }
    bar.set_message(what.to_owned());
    bar.enable_steady_tick(Duration::from_millis(120));
    bar
}
