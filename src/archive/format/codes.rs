//! The one-byte codes and flags of a header. A value without a meaning is refused where it is read.

use super::error::FormatError;

/// What a record is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RecordType {
    /// What made the archive, from where. JSON. The first record.
    Begin,
    /// What is restored. JSON.
    Catalog,
    /// Rows.
    Data,
    /// What is known only at the end. JSON.
    Late,
    /// CATALOG again, in case the head is damaged.
    Catalog2,
    /// Entries of the table of contents.
    Toc,
    /// Totals and root. The last record.
    End,
    /// Comments and figures nobody depends on. JSON.
    Note,
    /// Optimizer statistics of some relations. JSON.
    Statistics,
    /// An ancillary record (bit 7 of the type) of a later version: covered by the root, else ignored.
    Ancillary(u8),
}

impl RecordType {
    /// The byte in the header.
    pub const fn code(self) -> u8 {
        match self {
            Self::Begin => 1,
            Self::Catalog => 2,
            Self::Data => 3,
            Self::Late => 4,
            Self::Catalog2 => 5,
            Self::Toc => 6,
            Self::End => 7,
            Self::Note => 0x81,
            Self::Statistics => 0x82,
            Self::Ancillary(code) => code,
        }
    }

    /// From the byte in the header. Types that must be understood but are not, are refused.
    pub fn from_code(code: u8) -> Result<Self, FormatError> {
        Ok(match code {
            1 => Self::Begin,
            2 => Self::Catalog,
            3 => Self::Data,
            4 => Self::Late,
            5 => Self::Catalog2,
            6 => Self::Toc,
            7 => Self::End,
            0x81 => Self::Note,
            0x82 => Self::Statistics,
            0x80.. => Self::Ancillary(code),
            _ => return Err(FormatError::Unknown { what: "record type", value: code.into() }),
        })
    }

    /// Whether the payload is JSON.
    pub const fn is_json(self) -> bool {
        matches!(
            self,
            Self::Begin | Self::Catalog | Self::Late | Self::Catalog2 | Self::Note | Self::Statistics
        )
    }

    /// Its name in FORMAT.md.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Begin => "BEGIN",
            Self::Catalog => "CATALOG",
            Self::Data => "DATA",
            Self::Late => "LATE",
            Self::Catalog2 => "CATALOG2",
            Self::Toc => "TOC",
            Self::End => "END",
            Self::Note => "NOTE",
            Self::Statistics => "STATISTICS",
            Self::Ancillary(_) => "ancillary",
        }
    }
}

/// How a payload is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Codec {
    /// As it is; only allowed for an empty payload.
    None,
    /// Exactly one zstd frame.
    Zstd,
}

impl Codec {
    /// The byte in the header.
    pub const fn code(self) -> u8 {
        match self {
            Self::None => 0,
            Self::Zstd => 1,
        }
    }

    /// From the byte in the header.
    pub fn from_code(code: u8) -> Result<Self, FormatError> {
        match code {
            0 => Ok(Self::None),
            1 => Ok(Self::Zstd),
            _ => Err(FormatError::Unknown { what: "codec", value: code.into() }),
        }
    }
}

/// What was done to the raw bytes before they were compressed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Transform {
    /// Nothing.
    #[default]
    None,
    /// Binary rows were made columns.
    Columns,
}

impl Transform {
    /// The byte in the header.
    pub const fn code(self) -> u8 {
        match self {
            Self::None => 0,
            Self::Columns => 1,
        }
    }

    /// From the byte in the header.
    pub fn from_code(code: u8) -> Result<Self, FormatError> {
        match code {
            0 => Ok(Self::None),
            1 => Ok(Self::Columns),
            _ => Err(FormatError::Unknown { what: "transform", value: code.into() }),
        }
    }
}

/// What the rows of a DATA record look like.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DataFormat {
    /// Not a DATA record.
    None,
    /// COPY BINARY tuples, without the file header and trailer.
    Binary,
    /// COPY text lines, each with its newline.
    Text,
    /// Pages of large objects: oid u32, pageno u32, len u16, bytes.
    LargeObject,
}

impl DataFormat {
    /// The byte in the header.
    pub const fn code(self) -> u8 {
        match self {
            Self::None => 0,
            Self::Binary => 1,
            Self::Text => 2,
            Self::LargeObject => 3,
        }
    }

    /// From the byte in the header.
    pub fn from_code(code: u8) -> Result<Self, FormatError> {
        Ok(match code {
            0 => Self::None,
            1 => Self::Binary,
            2 => Self::Text,
            3 => Self::LargeObject,
            _ => return Err(FormatError::Unknown { what: "data format", value: code.into() }),
        })
    }
}

/// Flags of a DATA record.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Flags(u16);

impl Flags {
    /// No flag.
    pub const NONE: Self = Self(0);
    /// The first row continues from the previous frame of the part.
    pub const CONTINUED: Self = Self(1);
    /// The last row continues in the next frame of the part.
    pub const CONTINUES: Self = Self(2);
    /// The last frame of its part.
    pub const LAST: Self = Self(4);
    const KNOWN: u16 = 7;

    /// Both sets of flags.
    #[must_use]
    pub const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether all of `other` are set.
    pub const fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// The bits in the header.
    pub const fn bits(self) -> u16 {
        self.0
    }

    /// From the bits in the header. Bits without a meaning are refused.
    pub fn from_bits(bits: u16) -> Result<Self, FormatError> {
        if bits & !Self::KNOWN == 0 {
            Ok(Self(bits))
        } else {
            Err(FormatError::Unknown { what: "flags", value: bits.into() })
        }
    }
}
