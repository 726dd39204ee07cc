//! The items of a tick.

use clearing_domain::money::{PaymentId, Timestamp};
use clearing_domain::operator::TickItem;

use super::columns::{ColumnError, amount, equal, identities, wallet};
use super::details::{details_column, read_details};
use crate::v1;

/// The items of a tick as columns.
pub fn tick_items(items: &[TickItem]) -> v1::TickItems {
    v1::TickItems {
        payment_ids: items.iter().flat_map(|item| item.id.0).collect(),
        payer_wallets: items.iter().map(|item| item.payer.as_u64()).collect(),
        payee_wallets: items.iter().map(|item| item.payee.as_u64()).collect(),
        amounts_fen: items.iter().map(|item| item.amount.fen()).collect(),
        submit_times_ms: items.iter().map(|item| item.at.ms()).collect(),
        details: details_column(items.iter().map(|item| item.details.as_deref())),
    }
}

/// The items of a tick from their columns.
pub fn read_tick_items(columns: v1::TickItems) -> Result<Vec<TickItem>, ColumnError> {
    const NAME: &str = "items";
    let ids = identities(NAME, &columns.payment_ids)?;
    let lengths = [
        columns.payer_wallets.len(),
        columns.payee_wallets.len(),
        columns.amounts_fen.len(),
        columns.submit_times_ms.len(),
    ];
    equal(NAME, ids.len(), &lengths)?;
    let details = read_details(NAME, columns.details, ids.len())?;
    let item = |((index, id), details): ((usize, &[u8; 16]), _)| {
        Ok(TickItem {
            id: PaymentId(*id),
            payer: wallet(NAME, columns.payer_wallets[index])?,
            payee: wallet(NAME, columns.payee_wallets[index])?,
            amount: amount(NAME, columns.amounts_fen[index])?,
            at: Timestamp::from_ms(columns.submit_times_ms[index]),
            details,
        })
    };
    ids.iter().enumerate().zip(details).map(item).collect()
}
