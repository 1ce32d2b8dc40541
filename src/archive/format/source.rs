//! The TLV SOURCE: what the rows of a part are, so that they can be read when both catalogs are gone.

use super::bytes::{u16_at, u32_at};
use super::error::FormatError;

/// Where the rows of a part come from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Source {
    /// The qualified name as SQL writes it.
    pub name: String,
    /// `server_encoding` of the source.
    pub encoding: String,
    /// `server_version_num` of the source.
    pub server_version_num: u32,
    /// How many columns a row has.
    pub column_count: u16,
    /// The columns in the order of the rows: all of them, or as many as fit in a header.
    pub columns: Vec<SourceColumn>,
}

/// A column of [`Source`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceColumn {
    /// Name, unquoted.
    pub name: String,
    /// Type, as `format_type` prints it.
    pub type_name: String,
}

impl Source {
    /// The value of the TLV, at most `room` bytes: columns that do not fit are left out.
    pub(super) fn encode(&self, room: usize) -> Result<Vec<u8>, FormatError> {
        let mut out = self.server_version_num.to_le_bytes().to_vec();
        push_text(&mut out, &self.name)?;
        push_text(&mut out, &self.encoding)?;
        out.extend(self.column_count.to_le_bytes());
        let listed_at = out.len();
        out.extend(0u16.to_le_bytes());
        let mut listed: u16 = 0;
        for column in &self.columns {
            let before = out.len();
            push_text(&mut out, &column.name)?;
            push_text(&mut out, &column.type_name)?;
            if out.len() > room || listed == u16::MAX {
                out.truncate(before);
                break;
            }
            listed += 1;
        }
        out[listed_at..listed_at + 2].copy_from_slice(&listed.to_le_bytes());
        FormatError::at_most("source", out.len() as u64, room as u64)?;
        Ok(out)
    }

    /// Reads the value of the TLV.
    pub(super) fn decode(bytes: &[u8]) -> Result<Self, FormatError> {
        let mut rest = bytes;
        let server_version_num = u32_at(take(&mut rest, 4)?, 0);
        let name = take_text(&mut rest)?;
        let encoding = take_text(&mut rest)?;
        let column_count = u16_at(take(&mut rest, 2)?, 0);
        let listed = u16_at(take(&mut rest, 2)?, 0);
        if listed > column_count {
            return Err(FormatError::Rule("the source lists more columns than it has"));
        }
        let mut columns = Vec::new();
        for _ in 0..listed {
            columns.push(SourceColumn { name: take_text(&mut rest)?, type_name: take_text(&mut rest)? });
        }
        if !rest.is_empty() {
            return Err(FormatError::Rule("the source has trailing bytes"));
        }
        Ok(Self { name, encoding, server_version_num, column_count, columns })
    }
}

fn push_text(out: &mut Vec<u8>, text: &str) -> Result<(), FormatError> {
    FormatError::at_most("source text", text.len() as u64, u16::MAX.into())?;
    out.extend((text.len() as u16).to_le_bytes());
    out.extend(text.as_bytes());
    Ok(())
}

fn take<'a>(rest: &mut &'a [u8], len: usize) -> Result<&'a [u8], FormatError> {
    let (taken, after) = rest.split_at_checked(len).ok_or(FormatError::Rule("the source is cut off"))?;
    *rest = after;
    Ok(taken)
}

fn take_text(rest: &mut &[u8]) -> Result<String, FormatError> {
    let len = u16_at(take(rest, 2)?, 0);
    let bytes = take(rest, len.into())?;
    String::from_utf8(bytes.to_vec()).map_err(|_| FormatError::Rule("the source is not UTF-8"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_that_do_not_fit_are_left_out() {
        let column = SourceColumn { name: "c".repeat(63), type_name: "character varying(80)".into() };
        let source = Source {
            name: "s.wide".into(),
            column_count: 1600,
            columns: vec![column; 1600],
            ..Source::default()
        };
        let bytes = source.encode(60_000).unwrap();
        let read = Source::decode(&bytes).unwrap();
        assert_eq!(read.column_count, 1600);
        assert!(read.columns.len() > 600 && read.columns.len() < 1600);
        assert!(bytes.len() <= 60_000);
        assert!(Source::decode(&bytes[..bytes.len() - 1]).is_err());
    }
}
