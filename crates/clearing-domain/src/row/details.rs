//! What a payment is for, as columns.

use crate::details::{BillReference, Details, Purpose, Voucher};
use crate::money::{Amount, PaymentId, WalletNumber};

use super::{Column, ColumnSpec, Field, Kind, Malformed, Sink, Source, Value, unexpected};

impl Column for BillReference {
    const KIND: Kind = Kind::Text;

    fn value(&self) -> Value<'_> {
        Value::Text(self.as_str())
    }

    fn from_value(value: Value<'_>) -> Result<Self, Malformed> {
        let Value::Text(text) = value else { return Err(unexpected(value)) };
        text.parse().map_err(|_| unexpected(value))
    }
}

/// Takes the next value for a column, and names the column when it cannot stand there.
fn named<F: Field>(source: &mut impl Source, column: &'static str) -> Result<F, Malformed> {
    F::take(source).map_err(|error| error.within(column))
}

/// All columns are empty when a payment says nothing of what it is for.
impl Field for Option<Box<Details>> {
    fn columns(_: &'static str, columns: &mut Vec<ColumnSpec>) {
        <Option<Purpose> as Field>::columns("purpose", columns);
        <Option<BillReference> as Field>::columns("bill", columns);
        <Option<PaymentId> as Field>::columns("refund_of", columns);
        <Option<WalletNumber> as Field>::columns("campaign", columns);
        <Option<Amount> as Field>::columns("discount", columns);
    }

    fn put<S: Sink>(&self, sink: &mut S) -> Result<(), S::Error> {
        let none = Details { purpose: None, bill: None, refund_of: None, voucher: None };
        let details = self.as_deref().unwrap_or(&none);
        Field::put(&details.purpose, sink)?;
        Field::put(&details.bill, sink)?;
        Field::put(&details.refund_of, sink)?;
        Field::put(&details.voucher.map(|voucher| voucher.campaign), sink)?;
        Field::put(&details.voucher.map(|voucher| voucher.discount), sink)
    }

    fn take(source: &mut impl Source) -> Result<Self, Malformed> {
        let purpose = named(source, "purpose")?;
        let bill = named(source, "bill")?;
        let refund_of = named(source, "refund_of")?;
        let voucher = match (named(source, "campaign")?, named(source, "discount")?) {
            (Some(campaign), Some(discount)) => Some(Voucher { campaign, discount }),
            (None, None) => None,
            _ => return Err(Malformed::new("a part of a voucher").within("campaign")),
        };
        Ok(Details { purpose, bill, refund_of, voucher }.boxed())
    }
}
