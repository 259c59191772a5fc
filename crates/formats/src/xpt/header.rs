//! The headers of a transport file (SAS TS-140): library, member, variables, start of the rows.

use std::io::Read;

use super::{
    Dataset, Layout, Stamp, ValueFormat, Variable, VariableKind,
    blocks::{BLOCK_BYTES, Block, Blocks},
};
use crate::{FormatError, table::TextEncoding};

pub(super) const LIBRARY: &[u8] = b"HEADER RECORD*******LIBRARY HEADER RECORD!!!!!!!";
const LIBRARY_V8: &[u8] = b"HEADER RECORD*******LIBV8   HEADER RECORD!!!!!!!";
pub(super) const DESCRIPTOR: &[u8] = b"HEADER RECORD*******DSCRPTR HEADER RECORD!!!!!!!";
pub(super) const VARIABLES: &[u8] = b"HEADER RECORD*******NAMESTR HEADER RECORD!!!!!!!";
pub(super) const ROWS: &[u8] = b"HEADER RECORD*******OBS     HEADER RECORD!!!!!!!";

/// The record that starts a dataset; where rows stand it ends the dataset before it.
pub(super) const MEMBER: &[u8] = b"HEADER RECORD*******MEMBER  HEADER RECORD!!!!!!!";

/// The longest row that is read, far above what a v5 file can need.
const MAX_ROW_BYTES: usize = 4 << 20;

const TRUNCATED: &str = "the file ends inside its headers";

/// Reads the two library records and the record that starts the first dataset.
pub(super) fn library<R: Read>(blocks: &mut Blocks<R>) -> Result<(Stamp, Block), FormatError> {
    let first = blocks.next()?.unwrap_or([0; BLOCK_BYTES]);
    if first.starts_with(LIBRARY_V8) {
        return Err(blocks.fault(
            "this is a SAS transport file of version 8",
            "export it again as version 5, which authorities accept",
        ));
    }
    if !first.starts_with(LIBRARY) {
        return Err(blocks.fault(
            "this is not a SAS transport file of version 5",
            "give a file made with the XPORT engine, or name the right format",
        ));
    }
    let (names, modified) = (need(blocks)?, need(blocks)?);
    Ok((stamp(&names, &modified), need(blocks)?))
}

/// The version, system and times of the two records behind a header record.
fn stamp(names: &Block, modified: &Block) -> Stamp {
    Stamp {
        version: as_written(&names[24..32]),
        system: as_written(&names[32..40]),
        created: as_written(&names[64..80]),
        modified: as_written(&modified[..16]),
    }
}

/// Each byte as the character of its number, without the blanks at the end.
fn as_written(bytes: &[u8]) -> String {
    let text: String = bytes.iter().copied().map(char::from).collect();
    text.trim_end_matches(' ').to_owned()
}

/// Reads the description of a dataset, whose first record is given, up to its first row.
pub(super) fn dataset<R: Read>(
    blocks: &mut Blocks<R>,
    member: &Block,
    encoding: TextEncoding,
) -> Result<(Dataset, Layout), FormatError> {
    expect(blocks, member, MEMBER, "MEMBER")?;
    let variable_bytes = match &member[74..78] {
        b"0136" => 136,
        _ => 140,
    };
    let descriptor = need(blocks)?;
    expect(blocks, &descriptor, DESCRIPTOR, "DSCRPTR")?;
    let (names, labels) = (need(blocks)?, need(blocks)?);
    let header = need(blocks)?;
    expect(blocks, &header, VARIABLES, "NAMESTR")?;
    let count = digits(&header[54..58]).ok_or_else(|| {
        blocks.fault("the number of variables is not a number", "check how the file was made")
    })?;
    let described = variable_records(blocks, count * variable_bytes)?;
    let mut variables = Vec::with_capacity(count);
    let mut positions = Vec::with_capacity(count);
    for record in described.chunks_exact(variable_bytes).take(count) {
        variables.push(variable(blocks, record, encoding)?);
        let position = [record[84], record[85], record[86], record[87]];
        positions.push(usize::try_from(u32::from_be_bytes(position)).unwrap_or(usize::MAX));
    }
    let row_bytes = row_bytes(blocks, &variables, &positions)?;
    let dataset = Dataset {
        name: text(blocks, &names[8..16], encoding)?,
        label: text(blocks, &labels[32..72], encoding)?,
        kind: text(blocks, &labels[72..80], encoding)?,
        stamp: stamp(&names, &labels),
        variables,
    };
    Ok((dataset, Layout { row_bytes, positions }))
}

/// The bytes of all variable records; whatever padding a writer put after them is left aside.
fn variable_records<R: Read>(
    blocks: &mut Blocks<R>,
    wanted: usize,
) -> Result<Vec<u8>, FormatError> {
    let mut bytes = Vec::with_capacity(wanted + BLOCK_BYTES);
    loop {
        let block = need(blocks)?;
        if block.starts_with(ROWS) {
            break;
        }
        if bytes.len() >= wanted + 2 * BLOCK_BYTES {
            return Err(blocks.fault(
                "the variables are not followed by the start of the rows",
                "check how the file was made",
            ));
        }
        bytes.extend_from_slice(&block);
    }
    if bytes.len() < wanted {
        return Err(blocks.fault(
            "fewer variables are described than the header announces",
            "check how the file was made",
        ));
    }
    Ok(bytes)
}

fn variable<R: Read>(
    blocks: &Blocks<R>,
    record: &[u8],
    encoding: TextEncoding,
) -> Result<Variable, FormatError> {
    let kind = match small(record, 0) {
        1 => VariableKind::Number,
        2 => VariableKind::Text,
        other => {
            let what = format!("a variable has the unknown type {other}");
            return Err(blocks.fault(&what, "check how the file was made"));
        }
    };
    let variable = Variable {
        name: text(blocks, &record[8..16], encoding)?,
        label: text(blocks, &record[16..56], encoding)?,
        format: ValueFormat {
            name: text(blocks, &record[56..64], encoding)?,
            width: small(record, 64),
            decimals: small(record, 66),
            justification: small(record, 68),
        },
        informat: ValueFormat {
            name: text(blocks, &record[72..80], encoding)?,
            width: small(record, 80),
            decimals: small(record, 82),
            justification: 0,
        },
        kind,
        length: usize::from(small(record, 4)),
    };
    let sizes = if kind == VariableKind::Number { 2..=8 } else { 1..=32_767 };
    if variable.name.is_empty() || !sizes.contains(&variable.length) {
        let what =
            format!("the variable '{}' has a length of {} bytes", variable.name, variable.length);
        return Err(blocks.fault(&what, "numbers have 2 to 8 bytes; check how the file was made"));
    }
    Ok(variable)
}

/// The length of a row; the variables must fill it without a gap.
fn row_bytes<R: Read>(
    blocks: &Blocks<R>,
    variables: &[Variable],
    positions: &[usize],
) -> Result<usize, FormatError> {
    let mut in_order: Vec<(&Variable, usize)> =
        variables.iter().zip(positions.iter().copied()).collect();
    in_order.sort_by_key(|(_, position)| *position);
    let mut end = 0;
    for (variable, position) in in_order {
        if position != end {
            let what = format!(
                "the variable '{}' is said to start at byte {}, but byte {end} is next",
                variable.name, position
            );
            return Err(blocks.fault(&what, "check how the file was made"));
        }
        end += variable.length;
    }
    if end > MAX_ROW_BYTES {
        let what = format!("a row has {end} bytes, more than {MAX_ROW_BYTES}");
        return Err(blocks.fault(&what, "split the dataset"));
    }
    Ok(end)
}

fn need<R: Read>(blocks: &mut Blocks<R>) -> Result<Block, FormatError> {
    let block = blocks.next()?;
    block.ok_or_else(|| blocks.fault(TRUNCATED, "transfer the file again in binary mode"))
}

fn expect<R: Read>(
    blocks: &Blocks<R>,
    block: &Block,
    start: &[u8],
    name: &str,
) -> Result<(), FormatError> {
    if block.starts_with(start) {
        return Ok(());
    }
    let what = format!("the {name} header record is not where it must be");
    Err(blocks.fault(&what, "transfer the file again in binary mode"))
}

fn text<R: Read>(
    blocks: &Blocks<R>,
    bytes: &[u8],
    encoding: TextEncoding,
) -> Result<String, FormatError> {
    encoding.decode(super::unpadded(bytes)).map(|text| text.trim().to_owned()).ok_or_else(|| {
        let what = format!("a name or label is not {encoding}");
        blocks.fault(&what, "name the encoding of the file, for instance windows-1252")
    })
}

fn digits(bytes: &[u8]) -> Option<usize> {
    std::str::from_utf8(bytes).ok()?.trim().parse().ok()
}

fn small(record: &[u8], at: usize) -> u16 {
    u16::from_be_bytes([record[at], record[at + 1]])
}
