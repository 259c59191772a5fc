//! The table of contents, and what stands at the head and foot of each page.

use super::{
    flow::{Flow, Place},
    fonts::{Style, fonts},
    lines::lines,
    sheet::{
        BOTTOM, HEIGHT, INK, LEFT, Mark, RIGHT, SMALL, SOFT, STRONG, Sheet, TEXT, TEXT_WIDTH,
        line_height,
    },
    words::Words,
};

const NUMBER_WIDTH: f32 = 34.0;
const INDENT: f32 = 14.0;

/// The table of contents of a body that begins behind so many pages.
pub(super) fn contents(words: &Words, places: &[Place], front: usize) -> Vec<Sheet> {
    let mut flow = Flow::new();
    flow.heading(1, words.contents, 60.0);
    for place in places.iter().filter(|place| place.level < 3) {
        let style = if place.level == 1 { STRONG } else { TEXT };
        let x = if place.level == 1 { LEFT } else { LEFT + INDENT };
        let set = lines(&place.title, style, RIGHT - NUMBER_WIDTH - x);
        #[expect(clippy::cast_precision_loss, reason = "a title has few lines")]
        let height = set.len() as f32 * line_height(style);
        if place.level == 1 {
            flow.gap(3.0);
        }
        // A visit stays with the first of its forms.
        flow.need(if place.level == 1 { height * 2.0 } else { height });
        let top = flow.y;
        for line in &set {
            let y = flow.y;
            flow.sheet().line((x, y), line, style);
            flow.y += line_height(style);
        }
        let number = (front + place.sheet + 1).to_string();
        let (at, y) = (RIGHT - fonts().width(&number, style), flow.y - line_height(style));
        let sheet = flow.sheet();
        sheet.line((at, y), &number, style);
        let (width, to_y) = (TEXT_WIDTH, place.y);
        sheet.0.push(Mark::Link { x: LEFT, y: top, width, height, sheet: place.sheet, to_y });
    }
    flow.sheets
}

/// What every page says.
pub(super) struct Running {
    pub left: String,
    pub right: String,
    pub foot: String,
}

impl Running {
    /// Sets the head and the foot of a page; its number counts from 0.
    pub fn set(&self, sheet: &mut Sheet, words: &Words, number: usize, pages: usize) {
        let style = Style { size: 7.5, bold: false, colour: SOFT };
        let ink = Style { colour: INK, bold: true, ..style };
        let half = TEXT_WIDTH / 2.0 - 6.0;
        let top = 32.0;
        sheet.line((LEFT, top), &self.left, fitted(&self.left, ink, half));
        let right = fitted(&self.right, style, half);
        sheet.line((RIGHT - fonts().width(&self.right, right), top), &self.right, right);
        sheet.rule((LEFT, top + 14.0), TEXT_WIDTH);
        let foot = HEIGHT - 40.0;
        sheet.rule((LEFT, foot - 4.0), TEXT_WIDTH);
        sheet.line((LEFT, foot), &self.foot, fitted(&self.foot, SMALL, TEXT_WIDTH - 110.0));
        let page = (words.page)(number + 1, pages);
        sheet.line((RIGHT - fonts().width(&page, style), foot), &page, style);
        debug_assert!(BOTTOM < foot - 4.0, "the text ends above the foot");
    }
}

/// The style, smaller where the text would be wider than that.
fn fitted(text: &str, style: Style, width: f32) -> Style {
    let taken = fonts().width(text, style);
    if taken > width { Style { size: style.size * width / taken, ..style } } else { style }
}
