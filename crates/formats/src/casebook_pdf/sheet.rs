//! Pages as they are laid out, before they become PDF. All measures are points from the top left.

use std::collections::BTreeMap;

use super::fonts::{Colour, Style, fonts};

/// A4, and what is left free around the text.
pub(super) const WIDTH: f32 = 595.28;
pub(super) const HEIGHT: f32 = 841.89;
pub(super) const LEFT: f32 = 48.0;
pub(super) const RIGHT: f32 = WIDTH - 48.0;
pub(super) const TOP: f32 = 66.0;
pub(super) const BOTTOM: f32 = HEIGHT - 56.0;
pub(super) const TEXT_WIDTH: f32 = RIGHT - LEFT;
/// Of a line, in parts of the font size.
pub(super) const LEADING: f32 = 1.36;
/// Where the letters of a line stand, below its top.
const ASCENT: f32 = 1.02;

pub(super) const INK: Colour = [26, 32, 38];
pub(super) const SOFT: Colour = [96, 106, 116];
pub(super) const BLUE: Colour = [22, 78, 118];
pub(super) const RED: Colour = [160, 32, 32];
pub(super) const LINE: Colour = [206, 213, 219];
pub(super) const HEADER: Colour = [236, 240, 243];
pub(super) const QUERY: Colour = [253, 246, 228];
pub(super) const ENTRY: Colour = [243, 246, 248];

pub(super) const TEXT: Style = Style { size: 8.0, bold: false, colour: INK };
pub(super) const STRONG: Style = Style { bold: true, ..TEXT };
pub(super) const GREY: Style = Style { colour: SOFT, ..TEXT };
pub(super) const ALARM: Style = Style { bold: true, colour: RED, ..TEXT };
/// In the audit trail.
pub(super) const FINE: Style = Style { size: 7.2, ..TEXT };
pub(super) const SMALL: Style = Style { size: 6.8, bold: false, colour: SOFT };
pub(super) const LABEL: Style = Style { size: 7.2, bold: true, colour: SOFT };

/// What is drawn on a page.
#[derive(Clone, Debug)]
pub(super) enum Mark {
    /// A text on one line; `y` is its base line.
    Text {
        x: f32,
        y: f32,
        text: String,
        style: Style,
    },
    Area {
        x: f32,
        y: f32,
        width: f32,
        height: f32,
        colour: Colour,
    },
    /// A place that leads to a page of the body, counted from 0.
    Link {
        x: f32,
        y: f32,
        width: f32,
        height: f32,
        sheet: usize,
        to_y: f32,
    },
}

/// One page.
#[derive(Clone, Debug, Default)]
pub(super) struct Sheet(pub Vec<Mark>);

/// Characters that no font has, and how often each was shown as a box.
pub(super) type Boxes = BTreeMap<char, u64>;

impl Sheet {
    /// Sets one line of text below `top`.
    pub fn line(&mut self, (x, top): (f32, f32), text: &str, style: Style) {
        let y = top + style.size * ASCENT;
        self.0.push(Mark::Text { x, y, text: text.to_owned(), style });
    }

    pub fn area(&mut self, (x, y): (f32, f32), (width, height): (f32, f32), colour: Colour) {
        self.0.push(Mark::Area { x, y, width, height, colour });
    }

    /// A thin line across.
    pub fn rule(&mut self, (x, y): (f32, f32), width: f32) {
        self.area((x, y), (width, 0.5), LINE);
    }

    /// Counts the characters that are shown as a box.
    pub fn count_boxes(&self, boxes: &mut Boxes) {
        for mark in &self.0 {
            let Mark::Text { text, style, .. } = mark else { continue };
            for c in text.chars().filter(|c| fonts().glyph(*c, style.bold).is_box) {
                *boxes.entry(c).or_default() += 1;
            }
        }
    }
}

/// The height of one line.
pub(super) fn line_height(style: Style) -> f32 {
    style.size * LEADING
}
