//! One value in the server's binary form (server: the types' `*send` functions).

use std::borrow::Cow;

use serde::de::{self, DeserializeSeed, IntoDeserializer, SeqAccess, Visitor};
use serde::forward_to_deserialize_any;
use tokio_postgres::types::{Kind, Type};

use super::Error;
use crate::sql::bytes::from_server;

/// How the values of a column are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// One value.
    One(Scalar),
    /// A one-dimensional array, `int2vector` or `oidvector`.
    Array(Scalar),
    /// A type that the catalog queries must not return.
    Unknown,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scalar {
    Bool,
    Int2,
    Int4,
    Int8,
    Oid,
    Float4,
    Float8,
    Text,
    /// The type `"char"`: one byte, 0 for none.
    Char,
    Bytes,
}

impl Shape {
    pub(super) fn of(ty: &Type) -> Self {
        match ty.kind() {
            Kind::Array(element) => Scalar::of(element).map_or(Self::Unknown, Self::Array),
            _ => Scalar::of(ty).map_or(Self::Unknown, Self::One),
        }
    }
}

impl Scalar {
    fn of(ty: &Type) -> Option<Self> {
        if let Kind::Domain(base) = ty.kind() {
            return Self::of(base);
        }
        if let Kind::Enum(_) = ty.kind() {
            return Some(Self::Text);
        }
        Some(match *ty {
            Type::BOOL => Self::Bool,
            Type::INT2 => Self::Int2,
            Type::INT4 => Self::Int4,
            Type::INT8 => Self::Int8,
            Type::OID | Type::XID | Type::CID | Type::REGPROC | Type::REGPROCEDURE | Type::REGOPER => {
                Self::Oid
            }
            Type::REGOPERATOR | Type::REGCLASS | Type::REGTYPE | Type::REGROLE | Type::REGNAMESPACE => {
                Self::Oid
            }
            Type::FLOAT4 => Self::Float4,
            Type::FLOAT8 => Self::Float8,
            Type::TEXT
            | Type::VARCHAR
            | Type::NAME
            | Type::BPCHAR
            | Type::UNKNOWN
            | Type::JSON
            | Type::XML => Self::Text,
            Type::CHAR => Self::Char,
            Type::BYTEA => Self::Bytes,
            _ => return None,
        })
    }
}

/// A value that waits to be decoded.
pub(super) struct Value<'a> {
    shape: Shape,
    bytes: Option<&'a [u8]>,
}

impl<'a> Value<'a> {
    pub(super) fn new(shape: Shape, bytes: Option<&'a [u8]>) -> Self {
        Self { shape, bytes }
    }

    fn not_null(&self) -> Result<&'a [u8], Error> {
        self.bytes.ok_or_else(null)
    }
}

fn null() -> Error {
    de::Error::custom("NULL where a value is expected")
}

fn fixed<const N: usize>(bytes: &[u8]) -> Result<[u8; N], Error> {
    bytes.try_into().map_err(|_| de::Error::custom(format_args!("{} byte(s) instead of {N}", bytes.len())))
}

impl<'de> de::Deserializer<'de> for Value<'de> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        if self.bytes.is_none() {
            // Of a flattened struct serde keeps all values first, whatever they are for.
            return visitor.visit_none().map_err(|_: Error| null());
        }
        let bytes = self.not_null()?;
        match self.shape {
            Shape::One(scalar) => match scalar {
                Scalar::Bool => visitor.visit_bool(fixed::<1>(bytes)? != [0]),
                Scalar::Int2 => visitor.visit_i16(i16::from_be_bytes(fixed(bytes)?)),
                Scalar::Int4 => visitor.visit_i32(i32::from_be_bytes(fixed(bytes)?)),
                Scalar::Int8 => visitor.visit_i64(i64::from_be_bytes(fixed(bytes)?)),
                Scalar::Oid => visitor.visit_u32(u32::from_be_bytes(fixed(bytes)?)),
                Scalar::Float4 => visitor.visit_f32(f32::from_be_bytes(fixed(bytes)?)),
                Scalar::Float8 => visitor.visit_f64(f64::from_be_bytes(fixed(bytes)?)),
                Scalar::Text => match from_server(bytes) {
                    Cow::Borrowed(text) => visitor.visit_borrowed_str(text),
                    Cow::Owned(text) => visitor.visit_string(text),
                },
                Scalar::Char => match fixed(bytes)? {
                    [0] => visitor.visit_borrowed_str(""),
                    [byte] => visitor.visit_str(char::from(byte).encode_utf8(&mut [0; 2])),
                },
                Scalar::Bytes => visitor.visit_borrowed_bytes(bytes),
            },
            Shape::Array(element) => visitor.visit_seq(Array::new(element, bytes)?),
            Shape::Unknown => {
                Err(de::Error::custom("values of this type cannot be read; cast it in the query"))
            }
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        if self.bytes.is_none() { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    /// Enums of unit variants, from text or from `"char"`.
    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        let bytes = self.not_null()?;
        match self.shape {
            Shape::One(Scalar::Text) => visitor.visit_enum(from_server(bytes).into_deserializer()),
            Shape::One(Scalar::Char) => {
                let [byte] = fixed(bytes)?;
                let name = if byte == 0 { String::new() } else { char::from(byte).to_string() };
                visitor.visit_enum(name.into_deserializer())
            }
            _ => Err(de::Error::custom("a word is expected")),
        }
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_unit()
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct
        seq tuple tuple_struct map struct identifier
    }
}

/// The elements of an array (server: `array_send`).
struct Array<'a> {
    element: Scalar,
    left: usize,
    bytes: &'a [u8],
}

impl<'a> Array<'a> {
    fn new(element: Scalar, mut bytes: &'a [u8]) -> Result<Self, Error> {
        let dimensions = word(&mut bytes)?;
        let _has_null = word(&mut bytes)?;
        let _element_oid = word(&mut bytes)?;
        let left = match dimensions {
            0 => 0,
            1 => {
                let len = word(&mut bytes)?;
                let _lower_bound = word(&mut bytes)?;
                usize::try_from(len).map_err(|_| de::Error::custom("an array with a negative length"))?
            }
            n => return Err(de::Error::custom(format_args!("an array with {n} dimensions"))),
        };
        Ok(Self { element, left, bytes })
    }
}

fn word(bytes: &mut &[u8]) -> Result<i32, Error> {
    let (word, rest) =
        bytes.split_first_chunk().ok_or_else(|| de::Error::custom("an array that is cut short"))?;
    *bytes = rest;
    Ok(i32::from_be_bytes(*word))
}

impl<'de> SeqAccess<'de> for Array<'de> {
    type Error = Error;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Error> {
        if self.left == 0 {
            return Ok(None);
        }
        self.left -= 1;
        let bytes = match usize::try_from(word(&mut self.bytes)?) {
            Err(_) => None,
            Ok(len) => {
                let item = self.bytes.split_at_checked(len);
                let (item, rest) = item.ok_or_else(|| de::Error::custom("an array that is cut short"))?;
                self.bytes = rest;
                Some(item)
            }
        };
        seed.deserialize(Value::new(Shape::One(self.element), bytes)).map(Some)
    }

    fn size_hint(&self) -> Option<usize> {
        // A length that the bytes cannot hold must not reserve memory.
        Some(self.left.min(self.bytes.len() / 4))
    }
}
