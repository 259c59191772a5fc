//! Text that flows down pages: headings, paragraphs, and room for what is set as a whole.

use super::{
    fonts::Style,
    lines::lines,
    sheet::{BLUE, BOTTOM, INK, LEFT, Sheet, TEXT_WIDTH, TOP, line_height},
};

/// A heading, for the table of contents and the bookmarks.
#[derive(Clone, Debug)]
pub(super) struct Place {
    /// 1 for a visit, 2 for a form, 3 within a form.
    pub level: u8,
    pub title: String,
    /// The page of this flow, from 0, and how far down it is.
    pub sheet: usize,
    pub y: f32,
}

/// Pages that are filled from top to bottom.
#[derive(Debug)]
pub(super) struct Flow {
    pub sheets: Vec<Sheet>,
    pub places: Vec<Place>,
    /// Where the next thing goes on the last page.
    pub y: f32,
}

impl Flow {
    pub fn new() -> Self {
        Self { sheets: vec![Sheet::default()], places: Vec::new(), y: TOP }
    }

    pub fn sheet(&mut self) -> &mut Sheet {
        if self.sheets.is_empty() {
            self.sheets.push(Sheet::default());
        }
        let last = self.sheets.len() - 1;
        &mut self.sheets[last]
    }

    /// What is left of the page.
    pub fn room(&self) -> f32 {
        BOTTOM - self.y
    }

    pub fn new_sheet(&mut self) {
        self.sheets.push(Sheet::default());
        self.y = TOP;
    }

    /// Goes to a new page unless so much is left, or the page is empty.
    pub fn need(&mut self, height: f32) {
        if self.room() < height && self.y > TOP {
            self.new_sheet();
        }
    }

    pub fn gap(&mut self, height: f32) {
        if self.y > TOP {
            self.y += height;
        }
    }

    /// Sets a heading that keeps `with` points of what follows on its page.
    pub fn heading(&mut self, level: u8, title: &str, with: f32) {
        let style = match level {
            1 => Style { size: 15.0, bold: true, colour: BLUE },
            2 => Style { size: 11.5, bold: true, colour: INK },
            _ => Style { size: 9.0, bold: true, colour: BLUE },
        };
        let set = lines(title, style, TEXT_WIDTH);
        #[expect(clippy::cast_precision_loss, reason = "a heading has few lines")]
        let height = set.len() as f32 * line_height(style);
        self.gap([14.0, 14.0, 8.0][usize::from(level.clamp(1, 3)) - 1]);
        self.need(height + with);
        let (sheet, y) = (self.sheets.len() - 1, self.y);
        self.places.push(Place { level, title: title.to_owned(), sheet, y });
        self.set(&set, style, LEFT);
        if level < 3 {
            let y = self.y + 1.0;
            self.sheet().rule((LEFT, y), TEXT_WIDTH);
            self.y += 2.0;
        }
        self.y += 3.0;
    }

    /// Sets a paragraph over the whole width.
    pub fn paragraph(&mut self, text: &str, style: Style) {
        let set = lines(text, style, TEXT_WIDTH);
        self.set(&set, style, LEFT);
    }

    fn set(&mut self, set: &[String], style: Style, x: f32) {
        for line in set {
            self.need(line_height(style));
            let y = self.y;
            self.sheet().line((x, y), line, style);
            self.y += line_height(style);
        }
    }
}
