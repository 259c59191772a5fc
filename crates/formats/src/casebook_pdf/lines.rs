//! Breaks a text into lines by the rules of Unicode (UAX #14), which know where Chinese may break.

use unicode_linebreak::{BreakOpportunity, linebreaks};

use super::fonts::{Style, fonts};

/// The lines of a text at a width in points; at least one, which may be empty. What is longer than a
/// line breaks between any two characters, so that nothing is cut.
pub(super) fn lines(text: &str, style: Style, width: f32) -> Vec<String> {
    let mut lines = vec![String::new()];
    let mut used = 0.0;
    let mut start = 0;
    for (end, kind) in linebreaks(text) {
        let piece = &text[start..end];
        start = end;
        let shown = piece.trim_end();
        let shown_width = fonts().width(shown, style);
        if used > 0.0 && used + shown_width > width {
            lines.push(String::new());
            used = 0.0;
        }
        if shown_width > width {
            used = broken(&mut lines, piece, style, width);
        } else {
            push(&mut lines, piece.trim_end_matches(['\n', '\r']));
            used += fonts().width(piece.trim_end_matches(['\n', '\r']), style);
        }
        if kind == BreakOpportunity::Mandatory && end < text.len() {
            lines.push(String::new());
            used = 0.0;
        }
    }
    for line in &mut lines {
        line.truncate(line.trim_end().len());
    }
    lines
}

/// Sets a piece that is wider than a line; says how much of the last line is used.
fn broken(lines: &mut Vec<String>, piece: &str, style: Style, width: f32) -> f32 {
    let mut used = 0.0;
    for c in piece.trim_end_matches(['\n', '\r']).chars() {
        let advance = fonts().glyph(c, style.bold).advance * style.size;
        if used > 0.0 && used + advance > width {
            lines.push(String::new());
            used = 0.0;
        }
        if let Some(line) = lines.last_mut() {
            line.push(c);
        }
        used += advance;
    }
    used
}

fn push(lines: &mut [String], piece: &str) {
    if let Some(line) = lines.last_mut() {
        line.push_str(piece);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const STYLE: Style = Style { size: 9.0, bold: false, colour: [0; 3] };

    #[test]
    fn words_stay_whole_and_lines_end_where_the_text_says() {
        let set = lines("Headache, since the morning\nof the visit", STYLE, 80.0);
        assert_eq!(set, ["Headache, since", "the morning", "of the visit"]);
    }

    #[test]
    fn chinese_breaks_between_characters_but_not_before_a_full_stop() {
        let set = lines("受试者于给药后出现轻度头痛。", STYLE, 9.0 * 13.2);
        assert_eq!(set, ["受试者于给药后出现轻度头", "痛。"]);
    }

    proptest! {
        #[test]
        fn nothing_is_lost_and_nothing_is_too_wide(text in "[ a-z中文，。]{0,200}", width in 20f32..200.0) {
            let set = lines(&text, STYLE, width);
            let plain = |text: &str| text.chars().filter(|c| !c.is_whitespace()).collect::<String>();
            prop_assert_eq!(plain(&set.concat()), plain(&text));
            for line in &set {
                prop_assert!(fonts().width(line, STYLE) <= width + 0.01, "{}", line);
            }
        }
    }
}
