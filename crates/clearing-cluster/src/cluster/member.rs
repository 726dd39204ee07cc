//! The processes of a cluster by name.

use std::fmt;
use std::str::FromStr;

use clearing_domain::money::OperatorCode;

/// One process of a cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Member {
    /// The central bank.
    CentralBank,
    /// An operator.
    Operator(OperatorCode),
}

/// The folder and the name of the central bank. No operator code can hold the hyphen.
const CENTRAL_BANK: &str = clearing_node::data_dir::CENTRAL_BANK_FOLDER;

impl Member {
    /// The variable that holds the member's address in the `env` file.
    pub fn variable(self) -> String {
        match self {
            Self::CentralBank => "CENTRAL_BANK".to_owned(),
            Self::Operator(code) => format!("OPERATOR_{code}"),
        }
    }

    /// The member of a variable that [`Member::variable`] names.
    pub fn from_variable(name: &str) -> Option<Self> {
        match name.strip_prefix("OPERATOR_") {
            Some(code) => code.parse().ok().map(Self::Operator),
            None => (name == "CENTRAL_BANK").then_some(Self::CentralBank),
        }
    }
}

impl fmt::Display for Member {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CentralBank => formatter.pad(CENTRAL_BANK),
            Self::Operator(code) => formatter.pad(code.as_str()),
        }
    }
}

impl FromStr for Member {
    type Err = clearing_domain::money::OperatorCodeError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            CENTRAL_BANK => Ok(Self::CentralBank),
            code => code.parse().map(Self::Operator),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Member;

    #[test]
    fn names_and_variables_read_back() {
        for name in ["central-bank", "ICBC", "op11"] {
            let member: Member = name.parse().unwrap();
            assert_eq!(member.to_string(), name);
            assert_eq!(Member::from_variable(&member.variable()), Some(member));
        }
        for variable in ["CENTRAL_BANK_URL", "OPERATOR_ICBC_URL", "PATH"] {
            assert_eq!(Member::from_variable(variable), None);
        }
    }
}
