//! The protocol model: safe and live with every rule, broken without any one of them.

mod safe;
