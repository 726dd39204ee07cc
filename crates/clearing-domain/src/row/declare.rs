//! The declarations of rows.

/// Declares a kind of row: its record, table, columns, bytes and the way back, in one place.
///
/// The first field is `row`, the number of the row. Every field is a [`Field`](super::Field).
macro_rules! row {
    (
        $(#[$attribute:meta])*
        pub struct $Name:ident in $table:literal, kind $kind:literal {
            $(#[$row_attribute:meta])*
            pub row: u64,
            $($(#[$field_attribute:meta])* pub $field:ident: $type:ty,)*
        }
    ) => {
        $(#[$attribute])*
        pub struct $Name {
            $(#[$row_attribute])*
            pub row: u64,
            $($(#[$field_attribute])* pub $field: $type,)*
        }

        impl $crate::row::Row for $Name {
            const TABLE: &'static str = $table;
            const KIND: u8 = $kind;

            #[allow(clippy::misnamed_getters, reason = "a row may have a number of its own")]
            fn number(&self) -> u64 {
                self.row
            }

            fn set_number(&mut self, number: u64) {
                self.row = number;
            }

            fn columns() -> Vec<$crate::row::ColumnSpec> {
                use $crate::row::Field;
                let mut columns = Vec::new();
                <u64 as Field>::columns("row", &mut columns);
                $(<$type as Field>::columns(stringify!($field), &mut columns);)*
                columns
            }

            fn put<S: $crate::row::Sink>(&self, sink: &mut S) -> Result<(), S::Error> {
                use $crate::row::Field;
                Field::put(&self.row, sink)?;
                $(Field::put(&self.$field, sink)?;)*
                Ok(())
            }

            fn take(
                source: &mut impl $crate::row::Source,
            ) -> Result<Self, $crate::row::Malformed> {
                use $crate::row::Field;
                Ok(Self {
                    row: <u64 as Field>::take(source).map_err(|error| error.within("row"))?,
                    $($field: <$type as Field>::take(source)
                        .map_err(|error| error.within(stringify!($field)))?,)*
                })
            }
        }
    };
}

/// Declares all kinds of rows of one ledger: any of them as a value, and lists of each.
macro_rules! rows {
    (
        $(#[$attribute:meta])*
        pub enum $Row:ident,
        $(#[$rows_attribute:meta])*
        pub struct $Rows:ident {
            $($(#[$kind_attribute:meta])* $list:ident: $Kind:ident($type:ty),)+
        }
    ) => {
        $(#[$attribute])*
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub enum $Row {
            $($(#[$kind_attribute])* $Kind($type),)+
        }

        $(#[$rows_attribute])*
        #[derive(Clone, Debug, Default, PartialEq, Eq)]
        pub struct $Rows {
            $($(#[$kind_attribute])* pub $list: Vec<$type>,)+
        }

        $(impl From<$type> for $Row {
            fn from(row: $type) -> Self {
                Self::$Kind(row)
            }
        })+

        impl $Row {
            /// The number of the row.
            pub fn number(&self) -> u64 {
                match self { $(Self::$Kind(row) => $crate::row::Row::number(row),)+ }
            }

            /// Gives the row its number.
            pub(crate) fn set_number(&mut self, number: u64) {
                match self { $(Self::$Kind(row) => $crate::row::Row::set_number(row, number),)+ }
            }

            /// Appends the bytes that the hash chain covers.
            pub(crate) fn hash_into(&self, bytes: &mut Vec<u8>) {
                match self { $(Self::$Kind(row) => $crate::row::hash_into(row, bytes),)+ }
            }
        }

        impl $Rows {
            /// Takes a row into the list of its kind.
            pub fn push(&mut self, row: $Row) {
                match row { $($Row::$Kind(row) => self.$list.push(row),)+ }
            }

            /// Whether there are none.
            pub fn is_empty(&self) -> bool {
                true $(&& self.$list.is_empty())+
            }

            /// How many there are.
            pub fn len(&self) -> usize {
                0 $(+ self.$list.len())+
            }

            /// Forgets the rows after one.
            pub fn truncate(&mut self, last: u64) {
                $(self.$list.retain(|row| $crate::row::Row::number(row) <= last);)+
            }

            /// Every row, in the one order of the ledger.
            pub fn in_order(self) -> impl Iterator<Item = $Row> {
                Self::merge($(self.$list.into_iter(),)+)
            }

            /// The rows of lists that ascend, in the one order of the ledger.
            #[allow(clippy::too_many_arguments, reason = "one for each kind of row")]
            pub(crate) fn merge(
                $($list: impl Iterator<Item = $type>,)+
            ) -> impl Iterator<Item = $Row> {
                $(let mut $list = $list.peekable();)+
                std::iter::from_fn(move || {
                    let heads = [$($list.peek().map($crate::row::Row::number),)+];
                    let lowest = heads.into_iter().flatten().min()?;
                    $(
                        if $list.peek().is_some_and(|row| $crate::row::Row::number(row) == lowest) {
                            return $list.next().map($Row::$Kind);
                        }
                    )+
                    None
                })
            }

            /// Shows every kind of row.
            pub fn kinds(kinds: &mut impl $crate::row::Kinds) {
                $(kinds.kind::<$type>();)+
            }

            /// Writes the rows, kind by kind.
            pub fn write<W: $crate::row::RowWriter>(
                &self,
                writer: &mut W,
            ) -> Result<(), W::Error> {
                $(writer.rows::<$type, _>(self.$list.iter())?;)+
                Ok(())
            }

            /// Reads all rows of every kind.
            pub fn read<R: $crate::row::RowReader>(reader: &mut R) -> Result<Self, R::Error> {
                Ok(Self { $($list: reader.rows()?,)+ })
            }

            /// Adds rows that come later, or that another reader has read.
            pub fn extend(&mut self, other: Self) {
                // A long list is not copied to where there is none yet.
                $(if self.$list.is_empty() {
                    self.$list = other.$list;
                } else {
                    self.$list.extend(other.$list);
                })+
            }
        }
    };
}

/// Declares an enumeration whose values are kept by stable numbers.
macro_rules! numbered {
    (
        $(#[$attribute:meta])*
        $visibility:vis enum $Name:ident {
            $($(#[$variant_attribute:meta])* $Variant:ident = $number:literal,)+
        }
    ) => {
        $(#[$attribute])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[repr(u8)]
        $visibility enum $Name {
            $($(#[$variant_attribute])* $Variant = $number,)+
        }

        impl $Name {
            /// The value of a stored number.
            $visibility const fn from_number(number: u8) -> Option<Self> {
                match number {
                    $($number => Some(Self::$Variant),)+
                    _ => None,
                }
            }
        }

        impl $crate::row::Column for Option<$Name> {
            const KIND: $crate::row::Kind = $crate::row::Kind::Integer;
            const NULLABLE: bool = true;

            fn value(&self) -> $crate::row::Value<'_> {
                self.as_ref().map_or($crate::row::Value::Null, $crate::row::Column::value)
            }

            fn from_value(
                value: $crate::row::Value<'_>,
            ) -> Result<Self, $crate::row::Malformed> {
                match value {
                    $crate::row::Value::Null => Ok(None),
                    found => <$Name as $crate::row::Column>::from_value(found).map(Some),
                }
            }
        }

        impl $crate::row::Column for $Name {
            const KIND: $crate::row::Kind = $crate::row::Kind::Integer;

            fn value(&self) -> $crate::row::Value<'_> {
                $crate::row::Value::Integer(i64::from(*self as u8))
            }

            fn from_value(
                value: $crate::row::Value<'_>,
            ) -> Result<Self, $crate::row::Malformed> {
                let number = <u8 as $crate::row::Column>::from_value(value)?;
                Self::from_number(number).ok_or_else(|| $crate::row::unexpected(value))
            }
        }
    };
}

pub(crate) use {numbered, row, rows};
