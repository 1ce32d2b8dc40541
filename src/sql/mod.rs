//! SQL text: the only way in which names and values enter a statement.

mod keyword;
mod quote;
mod statement;

pub use quote::{ident, literal, qualified};
pub use statement::Sql;
