//! Pages become a PDF/A-2u document (ISO 19005-2) with bookmarks. The same pages give the same
//! bytes: the only time in it is the cut-off, and its identifiers follow from its content.

use jiff::{Timestamp, tz::TimeZone};
use krilla::{
    Document, SerializeSettings,
    annotation::{LinkAnnotation, Target},
    color::rgb,
    configure::{Archival, ConfigurationBuilder},
    destination::XyzDestination,
    geom::{PathBuilder, Point, Rect},
    metadata::{DateTime, Metadata},
    num::NormalizedF32,
    outline::{Outline, OutlineNode},
    page::PageSettings,
    paint::{Fill, FillRule, Stroke},
    surface::Surface,
    text::{GlyphId, KrillaGlyph},
};

use super::{
    flow::Place,
    fonts::{Colour, FaceId, Glyph, Style, fonts},
    sheet::{HEIGHT, Mark, Sheet, WIDTH},
};

/// What a document says of itself, and its pages.
pub(super) struct Pages<'a> {
    pub title: String,
    pub language: &'a str,
    pub creator: String,
    /// The instant of the cut-off.
    pub stamp: &'a str,
    /// Tells this document from all others of the same kind.
    pub identity: String,
    pub sheets: &'a [Sheet],
    /// How many pages stand before the body.
    pub front: usize,
    pub places: &'a [Place],
}

/// The bytes of the document, or why it cannot be made.
pub(super) fn document(pages: &Pages<'_>) -> Result<Vec<u8>, String> {
    let configuration = ConfigurationBuilder::new().with_archival_validator(Archival::A2_U);
    let configuration = configuration.finish().map_err(|error| format!("{error:?}"))?;
    let settings = SerializeSettings { configuration, ..SerializeSettings::default() };
    let mut document = Document::new_with(settings);
    let size = PageSettings::from_wh(WIDTH, HEIGHT).ok_or("A4 is no page")?;
    for sheet in pages.sheets {
        let mut page = document.start_page_with(size.clone());
        for mark in &sheet.0 {
            let Mark::Link { x, y, width, height, sheet, to_y } = mark else { continue };
            let to = destination(pages.front + sheet, *to_y);
            if let Some(rect) = Rect::from_xywh(*x, *y, *width, *height) {
                let target = Target::Destination(to.into());
                page.add_annotation(LinkAnnotation::new(rect, target).into());
            }
        }
        let mut surface = page.surface();
        sheet.0.iter().for_each(|mark| draw(&mut surface, mark));
        surface.finish();
        page.finish();
    }
    document.set_outline(outline(pages));
    document.set_metadata(metadata(pages));
    document.finish().map_err(|error| format!("{error}: {error:?}"))
}

fn destination(page: usize, y: f32) -> XyzDestination {
    XyzDestination::new(page, Point::from_xy(0.0, (y - 8.0).max(0.0)))
}

fn metadata(pages: &Pages<'_>) -> Metadata {
    let metadata = Metadata::new()
        .title(pages.title.clone())
        .language(pages.language.to_owned())
        .creator(pages.creator.clone())
        .producer(pages.creator.clone())
        .document_id(pages.identity.clone());
    match pages.stamp.parse::<Timestamp>() {
        Ok(at) => metadata.creation_date(date_time(at)),
        Err(_) => metadata,
    }
}

fn date_time(at: Timestamp) -> DateTime {
    let at = at.to_zoned(TimeZone::UTC);
    let small = |number: i8| u8::try_from(number).unwrap_or_default();
    DateTime::new(u16::try_from(at.year()).unwrap_or_default())
        .month(small(at.month()))
        .day(small(at.day()))
        .hour(small(at.hour()))
        .minute(small(at.minute()))
        .second(small(at.second()))
        .utc_offset_hour(0)
        .utc_offset_minute(0)
}

/// The places as a tree: each below the last one of a lower level.
fn outline(pages: &Pages<'_>) -> Outline {
    let mut outline = Outline::new();
    let mut open: Vec<(u8, OutlineNode)> = Vec::new();
    let mut close = |open: &mut Vec<(u8, OutlineNode)>, level: u8| {
        while open.last().is_some_and(|(last, _)| *last >= level) {
            let Some((_, node)) = open.pop() else { return };
            match open.last_mut() {
                Some((_, parent)) => parent.push_child(node),
                None => outline.push_child(node),
            }
        }
    };
    for place in pages.places {
        close(&mut open, place.level);
        let to = destination(pages.front + place.sheet, place.y);
        open.push((place.level, OutlineNode::new(place.title.clone(), to)));
    }
    close(&mut open, 0);
    outline
}

fn draw(surface: &mut Surface<'_>, mark: &Mark) {
    match mark {
        Mark::Text { x, y, text, style } => write(surface, (*x, *y), text, *style),
        Mark::Area { x, y, width, height, colour } => {
            let Some(rect) = Rect::from_xywh(*x, *y, *width, *height) else { return };
            let mut path = PathBuilder::new();
            path.push_rect(rect);
            surface.set_stroke(None);
            surface.set_fill(Some(fill(*colour)));
            if let Some(path) = path.finish() {
                surface.draw_path(&path);
            }
        }
        Mark::Link { .. } => {}
    }
}

fn fill([red, green, blue]: Colour) -> Fill {
    let paint = rgb::Color::new(red, green, blue).into();
    Fill { paint, opacity: NormalizedF32::ONE, rule: FillRule::default() }
}

/// Writes a line, each run of characters with the font that has them.
fn write(surface: &mut Surface<'_>, (mut x, y): (f32, f32), text: &str, style: Style) {
    let drawn: Vec<(char, Glyph)> =
        text.chars().map(|c| (c, fonts().glyph(c, style.bold))).collect();
    for run in drawn.chunk_by(|left, right| left.1.face == right.1.face) {
        let face = run[0].1.face;
        let Some(font) = fonts().font(face) else { continue };
        let (mut told, mut glyphs, mut width) = (String::new(), Vec::new(), 0.0);
        for (c, glyph) in run {
            let start = told.len();
            told.push(tell(*c));
            let (id, range) = (GlyphId::new(glyph.id), start..told.len());
            glyphs.push(KrillaGlyph::new(id, glyph.advance, 0.0, 0.0, 0.0, range, None));
            width += glyph.advance * style.size;
        }
        surface.set_fill(Some(fill(style.colour)));
        surface.set_stroke(heavier(face, style));
        surface.draw_glyphs(Point::from_xy(x, y), &glyphs, font, &told, style.size, false);
        x += width;
    }
    surface.set_stroke(None);
}

/// Only the Latin font has a bold one; the others are drawn with an outline.
fn heavier(face: FaceId, style: Style) -> Option<Stroke> {
    let is_made = style.bold && !matches!(face, FaceId::Bold | FaceId::Regular);
    is_made.then(|| Stroke {
        paint: fill(style.colour).paint,
        width: style.size * 0.035,
        ..Stroke::default()
    })
}

/// The character as programs read it from the document. What Unicode gives no meaning is the box that
/// is shown.
fn tell(c: char) -> char {
    let code = u32::from(c);
    let is_private = matches!(code, 0xE000..=0xF8FF | 0xF_0000..=0x10_FFFF);
    let is_none = c.is_control() || code == 0xFEFF || code & 0xFFFE == 0xFFFE;
    match c {
        '\t' => ' ',
        _ if is_private || is_none => '□',
        _ => c,
    }
}
