//! Types of the user's, as far as reading binary rows needs them.

use serde::{Deserialize, Serialize};

/// A type that is not built in. Types of extensions without a form of their own (base types) are not listed: their rows
/// are stored as text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DataType {
    /// As `format_type` prints it: `app.mood`.
    pub name: String,
    /// What its values consist of.
    #[serde(flatten)]
    pub form: TypeForm,
}

/// What the values of a type consist of. Types are named as `format_type` prints them, without modifiers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "form")]
pub enum TypeForm {
    /// Labels.
    Enum,
    /// Values of another type.
    Domain {
        /// That type.
        base: String,
    },
    /// Fields.
    Composite {
        /// In their order, without dropped ones.
        fields: Vec<TypeField>,
    },
    /// Ranges.
    Range {
        /// The type of the bounds.
        subtype: String,
    },
    /// Lists of ranges.
    Multirange {
        /// The type of the ranges.
        range: String,
    },
}

/// A field of a composite type.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TypeField {
    /// Name.
    pub name: String,
    /// Type.
    #[serde(rename = "type")]
    pub type_name: String,
}
