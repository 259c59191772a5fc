//! What hostile, broken and oddly encoded ODM files do to the readers: nothing.

use std::io::{self, BufReader, Read};

use formats::{FormatError, odm};

const ROOT: &str = r#"<ODM xmlns="http://www.cdisc.org/ns/odm/v1.3" ODMVersion="1.3.2"
FileType="Snapshot" FileOID="F" CreationDateTime="2026-01-01T00:00:00Z">"#;

fn refused(bytes: &[u8]) -> FormatError {
    let clinical = read_clinical(bytes).expect_err("the clinical reader refuses it");
    let metadata =
        odm::read_metadata(bytes, "bad.xml").expect_err("the metadata reader refuses it");
    assert_eq!((clinical.line, &clinical.what), (metadata.line, &metadata.what));
    assert!(!metadata.advice.is_empty() && metadata.file == "bad.xml" && metadata.line > 0);
    metadata
}

fn read_clinical(bytes: &[u8]) -> Result<usize, FormatError> {
    let mut rows = 0;
    for row in odm::ClinicalReader::new(bytes, "bad.xml")? {
        row?;
        rows += 1;
    }
    Ok(rows)
}

/// A study with one item of this name.
fn study(name: &str) -> String {
    format!(
        r#"{ROOT}<Study OID="S"><MetaDataVersion OID="V" Name="V"><ItemDef OID="I" Name="{name}"
        DataType="text"/></MetaDataVersion></Study></ODM>"#
    )
}

fn name_of_item(bytes: &[u8]) -> String {
    let design = odm::read_metadata(bytes, "x.xml").unwrap_or_else(|error| panic!("{error}"));
    design.versions[0].version.items[0].name.clone()
}

#[test]
fn a_document_type_declaration_is_refused_with_and_without_entities() {
    let bomb = r#"<!DOCTYPE ODM [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;"><!ENTITY c "&b;&b;">]>"#;
    let external = r#"<!DOCTYPE ODM [<!ENTITY x SYSTEM "file:///etc/passwd">]>"#;
    for doctype in [bomb, external, r#"<!DOCTYPE ODM SYSTEM "http://example.org/odm.dtd">"#] {
        let error = refused(format!("\n{doctype}{}", study("a")).as_bytes());
        assert!(error.what.contains("document type declaration"), "{error}");
        assert_eq!(error.line, 2);
    }
}

#[test]
fn entities_other_than_the_five_of_xml_are_refused() {
    let error = odm::read_metadata(study("&x;").as_bytes(), "x.xml").unwrap_err();
    assert!(error.what.contains('x') && error.line == 2, "{error}");
    let text = format!("{ROOT}<Study OID=\"S\"><GlobalVariables><StudyName>&nbsp;</StudyName>");
    let error = odm::read_metadata(text.as_bytes(), "x.xml").unwrap_err();
    assert!(error.what.contains("&nbsp;"), "{error}");
    assert_eq!(name_of_item(study("&lt;&amp;&#x4F53;&#37325;").as_bytes()), "<&体重");
}

#[test]
fn nesting_attributes_and_names_have_limits() {
    let deep = format!("{ROOT}{}", "<Study OID=\"S\">".repeat(100));
    assert!(refused(deep.as_bytes()).what.contains("nested"));
    let attributes: Vec<String> = (0..400).map(|n| format!(" a{n}=\"\"")).collect();
    let attributes = attributes.concat();
    let wide = format!("{ROOT}<Study OID=\"S\"{attributes}/></ODM>");
    assert!(refused(wide.as_bytes()).what.contains("256 attributes"));
    let long = format!("{ROOT}<{}/></ODM>", "n".repeat(2000));
    assert!(refused(long.as_bytes()).what.contains("name"));
    let twice = format!("{ROOT}<Study OID=\"S\" OID=\"T\"/></ODM>");
    assert!(refused(twice.as_bytes()).what.contains("not XML"));
}

#[test]
fn a_file_that_is_cut_off_is_refused_wherever_it_is_cut() {
    let whole = study("体重");
    let end = whole.trim_end().len();
    for cut in (0..end).filter(|cut| whole.is_char_boundary(*cut)) {
        let error = odm::read_metadata(&whole.as_bytes()[..cut], "cut.xml").unwrap_err();
        assert!(!error.advice.is_empty() && error.line > 0, "{cut}: {error}");
    }
    assert_eq!(name_of_item(whole.as_bytes()), "体重");
}

#[test]
fn any_single_damaged_byte_gives_a_result_or_a_refusal() {
    let whole = study("体重").into_bytes();
    for at in 0..whole.len() {
        for byte in [0, b'<', b'>', b'"', b'&', b' ', 0xFF] {
            let mut damaged = whole.clone();
            damaged[at] = byte;
            if let Err(error) = odm::read_metadata(damaged.as_slice(), "damaged.xml") {
                assert!(error.line > 0, "{at}: {error}");
            }
            let rows = read_clinical(&damaged);
            assert!(rows.is_err() || rows == Ok(0));
        }
    }
}

#[test]
fn utf_16_gb18030_latin_1_and_byte_order_marks_are_read() {
    let text = study("体重");
    let with = |encoding: &str| format!("<?xml version=\"1.0\" encoding=\"{encoding}\"?>{text}");
    let little: Vec<u8> = with("UTF-16").encode_utf16().flat_map(u16::to_le_bytes).collect();
    let big: Vec<u8> = with("UTF-16").encode_utf16().flat_map(u16::to_be_bytes).collect();
    assert_eq!(name_of_item(&[b"\xFF\xFE".as_slice(), &little].concat()), "体重");
    assert_eq!(name_of_item(&[b"\xFE\xFF".as_slice(), &big].concat()), "体重");
    assert_eq!(name_of_item(&little), "体重");
    assert_eq!(name_of_item(&[b"\xEF\xBB\xBF".as_slice(), text.as_bytes()].concat()), "体重");
    for label in ["GB18030", "gbk", "GB2312"] {
        let bytes = encoding_rs::GB18030.encode(&with(label)).0.into_owned();
        assert_eq!(name_of_item(&bytes), "体重", "{label}");
    }
    let latin = study("caf\u{e9}");
    let latin = format!("<?xml version='1.0' encoding='ISO-8859-1'?>{latin}");
    let latin: Vec<u8> = latin.chars().map(|c| c as u8).collect();
    assert_eq!(name_of_item(&latin), "café");
}

#[test]
fn bytes_that_are_not_what_the_file_declares_are_refused_with_advice() {
    let gb = encoding_rs::GB18030.encode(&study("体重")).0.into_owned();
    let error = odm::read_metadata(gb.as_slice(), "gb.xml").unwrap_err();
    assert!(error.what.contains("UTF-8") && error.advice.contains("declare"), "{error}");
    let declared = |label: &str, bytes: &[u8]| {
        let declaration = format!("<?xml version=\"1.0\" encoding=\"{label}\"?>");
        let bytes = [declaration.as_bytes(), bytes].concat();
        odm::read_metadata(bytes.as_slice(), "x.xml").map(|_| ()).unwrap_err().what
    };
    let broken = study("a").replace("Name=\"a\"", "Name=\"\u{1}\"").replace('\u{1}', "\u{7f}");
    let mut broken = broken.into_bytes();
    let at = broken.iter().position(|byte| *byte == 0x7F).unwrap();
    broken[at] = 0xFF;
    assert!(declared("GB18030", &broken).contains("gb18030"));
    assert!(declared("UTF-16", study("a").as_bytes()).contains("UTF-16"));
    assert!(declared("EBCDIC-XYZ", study("a").as_bytes()).contains("not known"));
}

#[test]
fn a_malformed_declaration_and_a_missing_namespace_do_not_matter() {
    let text = study("a");
    let odd = format!("\u{feff}<?xml version=\"1.0\" encoding=\"UTF-8\" ?>\n{text}");
    assert_eq!(name_of_item(odd.as_bytes()), "a");
    let odder = format!("<?xml encoding=UTF-8 version=1.0?>\n{text}");
    assert_eq!(name_of_item(odder.as_bytes()), "a");
    let bare = text.replace(" xmlns=\"http://www.cdisc.org/ns/odm/v1.3\" ODMVersion=\"1.3.2\"", "");
    let design = odm::read_metadata(bare.as_bytes(), "bare.xml").unwrap();
    assert_eq!(design.versions[0].version.items[0].name, "a");
    let texts: Vec<&str> = design.warnings.iter().map(|warning| warning.text.as_str()).collect();
    assert!(texts.iter().any(|text| text.contains("namespace")), "{texts:?}");
    assert!(texts.iter().any(|text| text.contains("ODMVersion")), "{texts:?}");
}

#[test]
fn what_is_not_odm_is_refused_by_its_first_element() {
    assert!(refused(b"<html><body/></html>").what.contains("html"));
    assert!(refused(b"").what.contains("no XML element"));
    assert!(refused(b"PK\x03\x04 not xml at all").what.contains("no XML"));
}

#[test]
fn versions_cannot_multiply_what_they_share_without_end() {
    let unit = "<MeasurementUnit OID='U' Name='U'/>".repeat(20_000);
    let versions = "<MetaDataVersion OID='V' Name='V'/>".repeat(100);
    let text = format!(
        "{ROOT}<Study OID='S'><BasicDefinitions>{unit}</BasicDefinitions>{versions}</Study></ODM>"
    );
    let error = odm::read_metadata(text.as_bytes(), "many.xml").unwrap_err();
    assert!(error.what.contains("1,000,000 definitions"), "{error}");
}

#[test]
fn a_version_that_includes_itself_is_refused() {
    let version = |oid: &str, base: &str| {
        format!(
            "<MetaDataVersion OID='{oid}' Name='V'><Include StudyOID='S' \
             MetaDataVersionOID='{base}'/></MetaDataVersion>"
        )
    };
    let versions = [version("A", "B"), version("B", "C"), version("C", "A")].concat();
    let text = format!("{ROOT}<Study OID='S'>{versions}</Study></ODM>");
    let error = odm::read_metadata(text.as_bytes(), "circle.xml").unwrap_err();
    assert!(error.what.contains("MetaDataVersion A includes itself"), "{error}");
}

/// How much the generated files hold.
const GENERATED_BYTES: u64 = 300 * 1024 * 1024;

/// A beginning and then the same bytes again and again, counted.
struct Endless {
    start: io::Cursor<Vec<u8>>,
    again: Vec<u8>,
    at: usize,
    given: u64,
    end: io::Cursor<Vec<u8>>,
}

impl Endless {
    fn new(start: &str, again: &str, end: &str) -> Self {
        let start = io::Cursor::new(start.as_bytes().to_vec());
        let again = again.repeat(65_536 / again.len()).into_bytes();
        Self { start, again, at: 0, given: 0, end: io::Cursor::new(end.as_bytes().to_vec()) }
    }
}

impl Read for Endless {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.start.read(into)?;
        if read > 0 {
            return Ok(read);
        }
        if self.given >= GENERATED_BYTES && self.at == 0 {
            return self.end.read(into);
        }
        let count = into.len().min(self.again.len() - self.at);
        into[..count].copy_from_slice(&self.again[self.at..self.at + count]);
        self.at = (self.at + count) % self.again.len();
        self.given += count as u64;
        Ok(count)
    }
}

/// How far a reader reads into what never ends before it refuses.
fn bytes_until_refused(start: &str, again: &str) -> u64 {
    let mut endless = Endless::new(&format!("{ROOT}{start}"), again, "");
    let mut reader = odm::ClinicalReader::new(BufReader::new(&mut endless), "huge.xml")
        .expect("the root is sound");
    assert!(reader.any(|row| row.is_err()));
    drop(reader);
    let clinical = endless.given;
    let mut endless = Endless::new(&format!("{ROOT}{start}"), again, "");
    assert!(odm::read_metadata(BufReader::new(&mut endless), "huge.xml").is_err());
    clinical.max(endless.given)
}

#[test]
fn an_endless_attribute_text_blank_or_comment_is_refused_early() {
    let subject = r#"<ClinicalData StudyOID="S" MetaDataVersionOID="V"><SubjectData SubjectKey=""#;
    let limit = odm::MAX_TOKEN_BYTES as u64 + 1024 * 1024;
    assert!(bytes_until_refused(subject, "x") <= limit);
    assert!(bytes_until_refused("<!-- ", "x") <= limit);
    assert!(bytes_until_refused("<Study", " ") <= limit);
    assert!(bytes_until_refused("", " ") <= limit);
    assert!(bytes_until_refused("<Study OID=\"S\"><GlobalVariables><StudyName>", "x") <= limit);
    assert!(bytes_until_refused("<Study OID=\"S\" ", "y='1' ") <= limit);
}

#[test]
fn an_endless_definition_is_refused() {
    let start = format!(
        "{ROOT}<Study OID=\"S\"><MetaDataVersion OID=\"V\" Name=\"V\"><CodeList OID=\"C\" Name=\"C\">"
    );
    let mut endless = Endless::new(&start, "<CodeListItem CodedValue='1'/>", "");
    let error = odm::read_metadata(BufReader::new(&mut endless), "huge.xml").unwrap_err();
    assert!(error.what.contains("32 MiB"), "{error}");
    assert!(endless.given < 64 * 1024 * 1024);
}

#[test]
fn hundreds_of_megabytes_of_clinical_data_stream_with_flat_memory() {
    let start = format!(
        "{ROOT}<ClinicalData StudyOID='S' MetaDataVersionOID='V'><SubjectData SubjectKey='1'>\
         <StudyEventData StudyEventOID='SE'><FormData FormOID='F'><ItemGroupData ItemGroupOID='G'>"
    );
    let item = format!("<ItemData ItemOID='I' Value='{}'/>", "v".repeat(100));
    let again = format!("{item}<!--{}-->\n", "-c".repeat(4000));
    let end = "</ItemGroupData></FormData></StudyEventData></SubjectData></ClinicalData></ODM>";
    let mut endless = Endless::new(&start, &again, end);
    let before = peak_memory_kib();
    let reader = odm::ClinicalReader::new(BufReader::new(&mut endless), "huge.xml").unwrap();
    let items = reader.map(|row| row.expect("it is read")).filter(|row| row.item.is_some());
    let expected = (65_536 / again.len()) as u64;
    let count = items.count() as u64;
    assert!(count * again.len() as u64 >= GENERATED_BYTES, "{count}");
    assert_eq!(count % expected, 0);
    let grown = peak_memory_kib().saturating_sub(before);
    assert!(grown < 64 * 1024, "{grown} KiB more at the peak");
}

/// The most memory that this process has had; 0 where the system does not say.
fn peak_memory_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    peak.and_then(|text| text.trim().strip_suffix(" kB")?.trim().parse().ok()).unwrap_or_default()
}
