//! Rows into structs, by column name.
//!
//! The catalog has some hundred thousand rows, so the columns of a statement are looked at once, and values go from
//! the server's binary form to the struct without anything in between.

mod value;

use std::fmt;

use serde::de::value::BorrowedStrDeserializer;
use serde::de::{self, DeserializeOwned, DeserializeSeed, MapAccess, SeqAccess, Visitor};
use serde::forward_to_deserialize_any;
use tokio_postgres::Row;
use tokio_postgres::types::{FromSql, Type};

use value::{Shape, Value};

/// A row that does not fit: which column, its type in SQL, and what is wrong.
#[derive(Debug, PartialEq, Eq)]
pub struct Error {
    column: Option<(String, String)>,
    problem: String,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some((name, ty)) = &self.column {
            write!(f, "column \"{name}\" ({ty}): ")?;
        }
        f.write_str(&self.problem)
    }
}

impl std::error::Error for Error {}

impl de::Error for Error {
    fn custom<T: fmt::Display>(problem: T) -> Self {
        Self { column: None, problem: problem.to_string() }
    }
}

impl Error {
    fn at(mut self, column: &Column) -> Self {
        self.column.get_or_insert_with(|| (column.name.clone(), column.ty.name().to_owned()));
        self
    }
}

/// Decodes the rows of one statement into structs (by column name) or tuples (by position). A column that the struct
/// does not have is passed over; a field that has no column takes its serde default.
#[derive(Debug)]
pub struct Decoder {
    columns: Vec<Column>,
}

impl Decoder {
    /// For the rows of the statement that gave this one.
    pub fn new(row: &Row) -> Self {
        let column = |column: &tokio_postgres::Column| Column {
            name: column.name().to_owned(),
            ty: column.type_().clone(),
            shape: Shape::of(column.type_()),
        };
        Self { columns: row.columns().iter().map(column).collect() }
    }

    /// Decodes a row.
    ///
    /// # Errors
    /// When a value does not fit, or a field without a default has no column.
    pub fn decode<T: DeserializeOwned>(&self, row: &Row) -> Result<T, Error> {
        T::deserialize(RowDeserializer { columns: &self.columns, cells: row })
    }
}

/// A column of a statement, and how its values are read.
#[derive(Debug)]
struct Column {
    name: String,
    ty: Type,
    shape: Shape,
}

/// The values of a row in the server's binary form. Apart from rows only tests have some.
trait Cells {
    fn cell(&self, index: usize) -> Result<Option<&[u8]>, Error>;
}

impl Cells for Row {
    fn cell(&self, index: usize) -> Result<Option<&[u8]>, Error> {
        self.try_get::<_, Raw<'_>>(index).map(|raw| raw.0).map_err(de::Error::custom)
    }
}

/// A value of any type, not decoded.
struct Raw<'a>(Option<&'a [u8]>);

impl<'a> FromSql<'a> for Raw<'a> {
    fn from_sql(_: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn std::error::Error + Sync + Send>> {
        Ok(Self(Some(raw)))
    }

    fn from_sql_null(_: &Type) -> Result<Self, Box<dyn std::error::Error + Sync + Send>> {
        Ok(Self(None))
    }

    fn accepts(_: &Type) -> bool {
        true
    }
}

struct RowDeserializer<'a, C> {
    columns: &'a [Column],
    cells: &'a C,
}

impl<'de, C: Cells> de::Deserializer<'de> for RowDeserializer<'de, C> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_map(Walk { row: self, at: 0 })
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, Error> {
        if len != self.columns.len() {
            return Err(de::Error::custom(format_args!("{} columns instead of {len}", self.columns.len())));
        }
        visitor.visit_seq(Walk { row: self, at: 0 })
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        seq tuple_struct map struct enum identifier ignored_any
    }
}

/// The columns one after the other.
struct Walk<'a, C> {
    row: RowDeserializer<'a, C>,
    at: usize,
}

impl<'de, C: Cells> Walk<'de, C> {
    fn value<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Error> {
        let column = &self.row.columns[self.at];
        let cell = self.row.cells.cell(self.at).map_err(|error| error.at(column))?;
        self.at += 1;
        seed.deserialize(Value::new(column.shape, cell)).map_err(|error| error.at(column))
    }
}

impl<'de, C: Cells> MapAccess<'de> for Walk<'de, C> {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Error> {
        match self.row.columns.get(self.at) {
            Some(column) => seed.deserialize(BorrowedStrDeserializer::new(&column.name)).map(Some),
            None => Ok(None),
        }
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Error> {
        self.value(seed)
    }
}

impl<'de, C: Cells> SeqAccess<'de> for Walk<'de, C> {
    type Error = Error;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Error> {
        if self.at == self.row.columns.len() { Ok(None) } else { self.value(seed).map(Some) }
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    impl Cells for Vec<Option<Vec<u8>>> {
        fn cell(&self, index: usize) -> Result<Option<&[u8]>, Error> {
            Ok(self[index].as_deref())
        }
    }

    fn decode<T: DeserializeOwned>(cells: Vec<(&str, Type, Option<Vec<u8>>)>) -> Result<T, Error> {
        let column = |(name, ty, _): &(&str, Type, _)| Column {
            name: (*name).to_owned(),
            ty: ty.clone(),
            shape: Shape::of(ty),
        };
        let columns: Vec<Column> = cells.iter().map(column).collect();
        let values: Vec<_> = cells.iter().map(|(.., value)| value.clone()).collect();
        T::deserialize(RowDeserializer { columns: &columns, cells: &values })
    }

    fn array(element: &Type, items: &[Option<&[u8]>]) -> Option<Vec<u8>> {
        let len = |n: usize| i32::try_from(n).expect("small").to_be_bytes();
        let mut out = if items.is_empty() { vec![0; 8] } else { [len(1), len(0)].concat() };
        out.extend(element.oid().to_be_bytes());
        if !items.is_empty() {
            out.extend([len(items.len()), len(1)].concat());
        }
        for item in items {
            match item {
                None => out.extend((-1_i32).to_be_bytes()),
                Some(bytes) => out.extend([&len(bytes.len()), *bytes].concat()),
            }
        }
        Some(out)
    }

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(rename_all = "lowercase")]
    enum Word {
        Yes,
        No,
    }

    #[derive(Debug, PartialEq, Deserialize)]
    struct Sample {
        name: String,
        oid: u32,
        size: i64,
        small: Option<i16>,
        kind: String,
        flag: bool,
        cost: f64,
        list: Vec<String>,
        holes: Option<Vec<Option<i32>>>,
        codes: Vec<String>,
        word: Word,
        #[serde(default)]
        absent: Vec<u32>,
        nothing: Option<String>,
    }

    #[test]
    fn a_struct_by_column_names() {
        let row: Sample = decode(vec![
            ("size", Type::INT8, Some((-5_i64).to_be_bytes().to_vec())),
            ("name", Type::NAME, Some(b"orders".to_vec())),
            ("unused", Type::POINT, Some(vec![0; 16])),
            ("oid", Type::OID, Some(u32::MAX.to_be_bytes().to_vec())),
            ("small", Type::INT2, Some(7_i16.to_be_bytes().to_vec())),
            ("kind", Type::CHAR, Some(vec![0])),
            ("flag", Type::BOOL, Some(vec![1])),
            ("cost", Type::FLOAT4, Some(0.5_f32.to_be_bytes().to_vec())),
            ("list", Type::NAME_ARRAY, array(&Type::NAME, &[Some(b"a"), Some(b"")])),
            ("holes", Type::INT4_ARRAY, array(&Type::INT4, &[Some(&[0, 0, 0, 1]), None])),
            ("codes", Type::CHAR_ARRAY, array(&Type::CHAR, &[Some(b"i"), Some(b"\0")])),
            ("word", Type::TEXT, Some(b"no".to_vec())),
        ])
        .expect("fits");
        assert_eq!(
            row,
            Sample {
                name: "orders".into(),
                oid: u32::MAX,
                size: -5,
                small: Some(7),
                kind: String::new(),
                flag: true,
                cost: 0.5,
                list: vec!["a".into(), String::new()],
                holes: Some(vec![Some(1), None]),
                codes: vec!["i".into(), String::new()],
                word: Word::No,
                absent: vec![],
                nothing: None,
            }
        );
    }

    #[test]
    fn vectors_tuples_and_null() {
        let (keys, none, empty): (Vec<i16>, Option<i32>, Vec<u32>) = decode(vec![
            ("a", Type::INT2_VECTOR, array(&Type::INT2, &[Some(&[0, 1]), Some(&[0xff, 0xfe])])),
            ("b", Type::INT4, None),
            ("c", Type::OID_VECTOR, array(&Type::OID, &[])),
        ])
        .expect("fits");
        assert_eq!((keys, none, empty), (vec![1, -2], None, vec![]));
    }

    #[test]
    fn errors_name_column_and_type() {
        #[derive(Debug, Deserialize)]
        struct One {
            #[serde(rename = "relname")]
            _relname: String,
        }
        let error = |ty: Type, value: Option<Vec<u8>>| {
            decode::<One>(vec![("relname", ty, value)]).expect_err("must not fit").to_string()
        };
        assert_eq!(error(Type::NAME, None), "column \"relname\" (name): NULL where a value is expected");
        assert!(
            error(Type::BOOL, Some(vec![1])).starts_with("column \"relname\" (bool): invalid type: boolean")
        );
        assert!(error(Type::INT4, Some(vec![1])).contains("1 byte"));
        assert!(error(Type::POINT, Some(vec![0; 16])).contains("cannot be read"));
        assert_eq!(
            decode::<One>(vec![("x", Type::INT4, None)]).expect_err("no column").to_string(),
            "missing field `relname`"
        );
    }

    #[test]
    fn damaged_arrays_are_errors() {
        let good = array(&Type::TEXT, &[Some(b"abc"), None]).expect("some");
        for len in 0..good.len() {
            let cells = vec![("a", Type::TEXT_ARRAY, Some(good[..len].to_vec()))];
            assert!(decode::<(Vec<Option<String>>,)>(cells).is_err(), "{len} bytes");
        }
    }
}
