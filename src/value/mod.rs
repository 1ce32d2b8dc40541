//! Values of PostgreSQL's types without a server: from their binary form (the functions `typsend`) to the text that the
//! server prints (`typoutput`), and from that text to JSON, as `row_to_json` makes it. Pure.
//!
//! The text is that of a session with `DateStyle` ISO, `IntervalStyle` postgres, `TimeZone` UTC, `bytea_output` hex,
//! `lc_monetary` C and `extra_float_digits` above 0.

mod array;
mod bits;
mod composite;
mod copy_text;
mod csv;
mod cursor;
mod data_type;
mod datetime;
mod float;
mod geometry;
mod identifier;
mod interval;
mod json;
mod network;
mod numeric;
mod quote;
mod range;
mod text;
mod text_search;

pub use copy_text::{copy_field, read_field, split_line};
pub use csv::csv_field;
pub use data_type::{Field, Type, UserTypes};
pub use json::{json_string, json_value};
pub use text::text;

/// The bytes are no value of the type that they are said to have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the bytes are no value of the type")]
pub struct Malformed;

/// Where values are written as they are read, both can fail.
impl From<Malformed> for std::io::Error {
    fn from(error: Malformed) -> Self {
        Self::new(std::io::ErrorKind::InvalidData, error)
    }
}
