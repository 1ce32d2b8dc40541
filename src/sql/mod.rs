//! SQL text: the only way in which names and values enter a statement.

mod array_cast;
pub mod bytes;
mod keyword;
mod parameter;
mod privilege;
mod quote;
mod statement;
mod token;

pub use parameter::number_unnamed_parameters;
pub use quote::{ident, literal, qualified};
pub use statement::Sql;
