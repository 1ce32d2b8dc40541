//! What can go wrong when an archive is looked at.

/// Why an archive cannot be shown.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It cannot be read.
    #[error(transparent)]
    Archive(#[from] crate::archive::Error),
    /// Names that it should have others for and does not have.
    #[error(transparent)]
    Mapping(#[from] crate::mapping::Error),
    /// It was dumped without globals.
    #[error("the archive has no globals: roles, memberships, tablespaces")]
    NoGlobals,
    /// Its privileges cannot be understood.
    #[error("cannot read the privileges of schema public, the database, a tablespace or a parameter")]
    Acl(#[from] crate::object::acl::AclError),
    /// Names that nothing has.
    #[error(transparent)]
    Selection(#[from] crate::selection::SelectionError),
    /// A name or a text is bytes in no known encoding, and JSON is text.
    #[error("a name or a text is no UTF-8, which JSON cannot say")]
    NotText,
    /// psql takes no line ends in the name of a database.
    #[error("psql cannot connect to a database with a line end in its name: {0:?}")]
    ConnectName(String),
    /// There are no rows of that name.
    #[error(transparent)]
    Name(#[from] super::table_name::NameError),
    /// A value can only be printed by a server.
    #[error("column {column} has type {data_type}, whose binary form is not known")]
    Opaque {
        /// The column, quoted.
        column: String,
        /// Its type, or one within it.
        data_type: String,
    },
    /// Rows that are stored as text cannot be printed in binary form.
    #[error("{0} is stored as text")]
    TextRows(String),
    /// The rows are in an encoding that a name would have to be converted to.
    #[error("the rows are in {encoding}, and the name {name} is not ASCII")]
    Encoding {
        /// Of a column or a field, quoted.
        name: String,
        /// Of the database.
        encoding: String,
    },
    /// The record is as it was written, but a value in it is none of its type.
    #[error("{table}: row {row} does not fit the columns")]
    Value {
        /// How messages name the table.
        table: String,
        /// Its number, from 1.
        row: u64,
    },
    /// The rows cannot be written.
    #[error("cannot write the rows")]
    Output(#[source] std::io::Error),
    /// The system gives no random bytes.
    #[error("cannot make a random key: {0}")]
    Random(String),
}
