//! Enumerations whose variants have values of their own, as columns.

/// Declares how an enumeration stands in a row: the number of its variant in the column `kind`, or
/// another that is named, and behind it one column for each value that any variant has, empty where
/// a variant has no such value.
///
/// A value of the type `Option` may be missing; every other one must be there. What a variant does
/// not have must not be there either: it would be lost, and no seal would tell.
macro_rules! variants {
    (
        $Name:ident as $Columns:ident $(in $kind_column:literal)?
        { $($column:ident: $type:ty),* $(,)? }
        $($number:literal = $Variant:ident $({ $($field:ident),+ $(,)? })?,)+
    ) => {
        #[derive(Default)]
        struct $Columns {
            $($column: Option<$type>,)*
        }

        impl $Columns {
            /// The column of the number of the variant.
            const KIND: &'static str = [$($kind_column,)? "kind"][0];

            fn are_empty(&self) -> bool {
                true $(&& self.$column.is_none())*
            }
        }

        #[cfg(test)]
        impl $crate::row::Variants for $Name {
            const NUMBERS: &'static [u8] = &[$($number),+];
        }

        impl $crate::row::Field for $Name {
            fn columns(_: &'static str, columns: &mut Vec<$crate::row::ColumnSpec>) {
                use $crate::row::{Field, OptionalField};
                <u8 as Field>::columns($Columns::KIND, columns);
                $(<$type as OptionalField>::columns(stringify!($column), columns);)*
            }

            fn put<S: $crate::row::Sink>(&self, sink: &mut S) -> Result<(), S::Error> {
                use $crate::row::{Field, OptionalField};
                let mut columns = $Columns::default();
                let kind: u8 = match self {
                    $(Self::$Variant $({ $($field),+ })? => {
                        $($(columns.$field = (*$field).into();)+)?
                        $number
                    })+
                };
                Field::put(&kind, sink)?;
                $(OptionalField::put(columns.$column.as_ref(), sink)?;)*
                Ok(())
            }

            fn take(
                source: &mut impl $crate::row::Source,
            ) -> Result<Self, $crate::row::Malformed> {
                use $crate::row::{Field, OptionalField, Part};
                let kind =
                    <u8 as Field>::take(source).map_err(|error| error.within($Columns::KIND))?;
                let mut columns = $Columns {
                    $($column: <$type as OptionalField>::take(source)
                        .map_err(|error| error.within(stringify!($column)))?,)*
                };
                let taken = match kind {
                    $($number => Self::$Variant $({
                        $($field: Part::of(columns.$field.take())
                            .map_err(|error| error.within(stringify!($field)))?,)+
                    })?,)+
                    _ => return Err(
                        $crate::row::Malformed::new(format!("number {kind}"))
                            .within($Columns::KIND)
                    ),
                };
                if columns.are_empty() {
                    Ok(taken)
                } else {
                    let text = format!("kind {kind} with values that it does not have");
                    Err($crate::row::Malformed::new(text).within($Columns::KIND))
                }
            }
        }
    };
}

/// Declares values that only make sense together, as a column each.
macro_rules! group {
    (
        $(#[$attribute:meta])*
        $visibility:vis struct $Name:ident {
            $($(#[$field_attribute:meta])* pub $field:ident: $type:ty,)+
        }
    ) => {
        $(#[$attribute])*
        $visibility struct $Name {
            $($(#[$field_attribute])* pub $field: $type,)+
        }

        impl $crate::row::Field for $Name {
            fn columns(_: &'static str, columns: &mut Vec<$crate::row::ColumnSpec>) {
                $(<$type as $crate::row::Field>::columns(stringify!($field), columns);)+
            }

            fn put<S: $crate::row::Sink>(&self, sink: &mut S) -> Result<(), S::Error> {
                $($crate::row::Field::put(&self.$field, sink)?;)+
                Ok(())
            }

            fn take(
                source: &mut impl $crate::row::Source,
            ) -> Result<Self, $crate::row::Malformed> {
                Ok(Self {
                    $($field: <$type as $crate::row::Field>::take(source)
                        .map_err(|error| error.within(stringify!($field)))?,)+
                })
            }
        }
    };
}

pub(crate) use {group, variants};
