//! Tables: cells wrap, rows break over pages where they must, and the header stands on each page.

use super::{
    flow::Flow,
    fonts::{Colour, Style},
    lines::lines,
    sheet::{BOTTOM, HEADER, LABEL, LEFT, TEXT_WIDTH, TOP, line_height},
};

const PAD_X: f32 = 4.0;
const PAD_Y: f32 = 1.8;
/// The least of a row that is worth beginning at the foot of a page.
const LEAST: f32 = 30.0;

/// A table over the whole width.
#[derive(Debug, Default)]
pub(super) struct Table {
    /// Titles, and widths in parts of the whole.
    columns: Vec<(String, f32)>,
    rows: Vec<Row>,
}

/// A row: cells, each over so many columns.
#[derive(Debug, Default)]
pub(super) struct Row {
    cells: Vec<(usize, Cell)>,
    shade: Option<Colour>,
    /// It stays on the page of the row below it.
    keep: bool,
}

/// Texts below each other.
#[derive(Clone, Debug, Default)]
pub(super) struct Cell(pub Vec<(String, Style)>);

/// A cell whose lines are set.
struct Set {
    x: f32,
    lines: Vec<(String, Style)>,
}

impl Cell {
    pub fn text(text: impl Into<String>, style: Style) -> Self {
        Self(vec![(text.into(), style)])
    }

    /// One more text below.
    pub fn and(mut self, text: impl Into<String>, style: Style) -> Self {
        self.0.push((text.into(), style));
        self
    }
}

impl Row {
    pub fn of(cells: Vec<Cell>) -> Self {
        Self { cells: cells.into_iter().map(|cell| (1, cell)).collect(), ..Self::default() }
    }

    /// A row of one cell over so many columns.
    pub fn across(columns: usize, cell: Cell, shade: Colour) -> Self {
        Self { cells: vec![(columns, cell)], shade: Some(shade), keep: false }
    }

    pub fn kept(mut self) -> Self {
        self.keep = true;
        self
    }
}

impl Table {
    pub fn new<'t>(columns: impl IntoIterator<Item = (&'t str, f32)>) -> Self {
        let columns: Vec<_> =
            columns.into_iter().map(|(title, width)| (title.to_owned(), width)).collect();
        Self { columns, rows: Vec::new() }
    }

    pub fn push(&mut self, row: Row) {
        self.rows.push(row);
    }

    pub fn columns(&self) -> usize {
        self.columns.len()
    }

    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Sets the table where the flow is; one without titles has no header.
    pub fn set(&self, flow: &mut Flow) {
        flow.need((self.header_height() + self.needed(0)).min(LEAST * 4.0));
        self.header(flow);
        for (at, row) in self.rows.iter().enumerate() {
            self.row(flow, self.laid(row), row.shade, self.needed(at));
        }
        flow.y += 4.0;
    }

    /// The height of a row and of what stays on its page.
    fn needed(&self, at: usize) -> f32 {
        let of = |at: usize| self.rows.get(at).map_or(0.0, |row| height(&self.laid(row)));
        let keeps = self.rows.get(at).is_some_and(|row| row.keep);
        of(at) + if keeps { of(at + 1).min(LEAST * 2.0) } else { 0.0 }
    }

    /// Sets a row, on several pages if it is longer than one.
    fn row(&self, flow: &mut Flow, mut laid: Vec<Set>, shade: Option<Colour>, needed: f32) {
        let page = BOTTOM - TOP - self.header_height();
        if needed > flow.room() && (needed <= page || flow.room() < LEAST) {
            self.turn(flow);
        }
        while laid.iter().any(|set| !set.lines.is_empty()) {
            let room = flow.room();
            if height(&laid) <= room {
                let rest = std::mem::take(&mut laid);
                draw(flow, &rest, shade);
                return;
            }
            let part: Vec<Set> = laid.iter_mut().map(|set| set.part(room)).collect();
            if part.iter().all(|set| set.lines.is_empty()) {
                self.turn(flow);
                continue;
            }
            draw(flow, &part, shade);
            self.turn(flow);
        }
    }

    fn turn(&self, flow: &mut Flow) {
        flow.new_sheet();
        self.header(flow);
    }

    fn header(&self, flow: &mut Flow) {
        if self.header_height() > 0.0 {
            draw(flow, &self.laid(&self.header_row()), Some(HEADER));
        }
    }

    fn header_row(&self) -> Row {
        Row::of(self.columns.iter().map(|(title, _)| Cell::text(title, LABEL)).collect())
    }

    fn header_height(&self) -> f32 {
        let has_titles = self.columns.iter().any(|(title, _)| !title.is_empty());
        if has_titles { height(&self.laid(&self.header_row())) } else { 0.0 }
    }

    fn laid(&self, row: &Row) -> Vec<Set> {
        let all: f32 = self.columns.iter().map(|(_, width)| width).sum();
        let points = |parts: f32| parts / all * TEXT_WIDTH;
        let (mut x, mut column) = (LEFT, 0);
        let mut laid = Vec::with_capacity(row.cells.len());
        for (span, cell) in &row.cells {
            let over = self.columns.iter().skip(column).take(*span);
            let width = points(over.map(|(_, width)| width).sum());
            let set = cell.0.iter().flat_map(|(text, style)| {
                let set = lines(text, *style, width - 2.0 * PAD_X);
                set.into_iter().map(move |line| (line, *style))
            });
            laid.push(Set { x: x + PAD_X, lines: set.collect() });
            x += width;
            column += span;
        }
        laid
    }
}

impl Set {
    fn height(&self) -> f32 {
        self.lines.iter().map(|(_, style)| line_height(*style)).sum()
    }

    /// Takes the lines off that fit into so much room.
    fn part(&mut self, room: f32) -> Self {
        let mut left = room - 2.0 * PAD_Y;
        let fits = |(_, style): &&(String, Style)| {
            left -= line_height(*style);
            left >= 0.0
        };
        let count = self.lines.iter().take_while(fits).count();
        let rest = self.lines.split_off(count);
        Self { x: self.x, lines: std::mem::replace(&mut self.lines, rest) }
    }
}

fn height(laid: &[Set]) -> f32 {
    laid.iter().map(Set::height).fold(0.0, f32::max) + 2.0 * PAD_Y
}

fn draw(flow: &mut Flow, laid: &[Set], shade: Option<Colour>) {
    let (top, height) = (flow.y, height(laid));
    let sheet = flow.sheet();
    if let Some(colour) = shade {
        sheet.area((LEFT, top), (TEXT_WIDTH, height), colour);
    }
    for set in laid {
        let mut y = top + PAD_Y;
        for (text, style) in &set.lines {
            sheet.line((set.x, y), text, *style);
            y += line_height(*style);
        }
    }
    sheet.rule((LEFT, top + height), TEXT_WIDTH);
    flow.y = top + height;
}
