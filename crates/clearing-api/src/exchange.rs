//! Conversions of the link's messages to and from their compact form.

mod advice;
mod columns;
mod details;
mod from_central_bank;
mod from_operator;
mod heads;
mod ticks;

pub use columns::ColumnError;
pub use ticks::{read_tick_items, tick_items};

#[cfg(test)]
mod tests;
