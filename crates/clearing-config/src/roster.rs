//! The ten operators of the pilot, and the operators a larger study adds.

use std::collections::BTreeMap;

use clearing_domain::central_bank::{Guarantees, Reserved};
use clearing_domain::money::{Amount, OperatorCode, Prefix};

use super::cluster::OperatorConfig;
use super::raw::RawCluster;

/// An operator of the roster.
pub(super) struct RosterMember {
    pub(super) code: &'static str,
    pub(super) name: &'static str,
    pub(super) name_zh: &'static str,
    pub(super) prefix: u16,
    pub(super) weight: u32,
}

const fn member(
    code: &'static str,
    name: &'static str,
    name_zh: &'static str,
    prefix: u16,
    weight: u32,
) -> RosterMember {
    RosterMember { code, name, name_zh, prefix, weight }
}

/// The operators in the order of the article, with prefixes and weights of this project.
pub(super) const ROSTER: [RosterMember; 10] = [
    member("ICBC", "Industrial and Commercial Bank of China", "中国工商银行", 2, 19),
    member("ABC", "Agricultural Bank of China", "中国农业银行", 3, 12),
    member("BOC", "Bank of China", "中国银行", 4, 11),
    member("CCB", "China Construction Bank", "中国建设银行", 5, 26),
    member("BOCOM", "Bank of Communications", "交通银行", 6, 6),
    member("PSBC", "Postal Savings Bank of China", "中国邮政储蓄银行", 7, 6),
    member("CMB", "China Merchants Bank", "招商银行", 8, 4),
    member("CIB", "Industrial Bank", "兴业银行", 9, 2),
    member("WEBANK", "WeBank", "微众银行", 10, 7),
    member("MYBANK", "MYbank", "网商银行", 11, 7),
];

/// The roster's entry of a code.
pub(super) fn roster_member(code: OperatorCode) -> Option<&'static RosterMember> {
    ROSTER.iter().find(|member| member.code == code.as_str())
}

/// What an operator opens with.
#[derive(Clone, Copy, Debug)]
pub(super) struct Opening {
    pub(super) reserves: Amount,
    pub(super) stock: Amount,
    pub(super) cap: Option<Amount>,
    pub(super) credit: Amount,
    pub(super) guarantees: Guarantees,
    pub(super) receiver_cap: Option<Amount>,
    pub(super) reserved: Reserved,
    pub(super) deposits: Amount,
}

impl From<&RawCluster> for Opening {
    fn from(raw: &RawCluster) -> Self {
        let guarantees = Guarantees { earmarked: raw.earmarked.0, collateral: raw.collateral.0 };
        Self {
            reserves: raw.reserves.0,
            stock: raw.stock.0,
            cap: raw.cap.0,
            credit: raw.credit.0,
            guarantees,
            receiver_cap: raw.receiver_cap.0,
            reserved: Reserved::default(),
            deposits: raw.deposits.0,
        }
    }
}

/// The operator at a place of the roster, counted from 0; beyond its end OP11 with prefix 012 and
/// so on.
pub(super) fn operator_at(place: usize, opening: Opening) -> Option<OperatorConfig> {
    let number = place + 1;
    let added = (format!("OP{number}"), format!("Operator {number}"), format!("运营机构{number}"));
    let (code, name, name_zh, weight) = match ROSTER.get(place) {
        Some(member) => (member.code, member.name, member.name_zh, member.weight),
        None => (added.0.as_str(), added.1.as_str(), added.2.as_str(), 1),
    };
    // Prefixes go on from those of the roster, whose first is 002.
    let prefix = u16::try_from(number + 1).ok().and_then(Prefix::new)?;
    let Opening { reserves, stock, cap, credit, guarantees, receiver_cap, reserved, deposits } =
        opening;
    Some(OperatorConfig {
        code: code.parse().ok()?,
        identifier: None,
        name: name.to_owned(),
        name_zh: name_zh.to_owned(),
        prefix,
        weight,
        reserves,
        stock,
        cap,
        credit,
        guarantees,
        bilateral_limits: BTreeMap::new(),
        receiver_cap,
        reserved,
        deposits,
        indirect: Vec::new(),
        indirect_permille: 0,
    })
}
