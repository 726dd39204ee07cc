//! Flows: the sum that each participant paid each other participant.

use super::Record;

/// The matrix X of sums, X_ij being what i sent to j, in fen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flows {
    participants: usize,
    sums: Vec<i128>,
}

impl Flows {
    /// Sums up records between this number of participants.
    pub fn of<'a>(participants: usize, records: impl IntoIterator<Item = &'a Record>) -> Self {
        let mut flows = Self { participants, sums: vec![0; participants * participants] };
        records.into_iter().for_each(|record| flows.add(record));
        flows
    }

    /// Adds a payment.
    pub fn add(&mut self, record: &Record) {
        self.sums[record.sender * self.participants + record.receiver] +=
            i128::from(record.value.fen());
    }

    /// How many participants there are, with or without payments.
    pub fn participants(&self) -> usize {
        self.participants
    }

    /// X_ij: the sum that one participant sent to another.
    pub fn between(&self, sender: usize, receiver: usize) -> i128 {
        self.sums[sender * self.participants + receiver]
    }

    /// The gross value G: the sum of all payments.
    pub fn gross(&self) -> i128 {
        self.sums.iter().sum()
    }

    /// The sum that each participant sent: its out-strength in the network of payments.
    pub fn sent(&self) -> Vec<i128> {
        let all = 0..self.participants;
        all.clone().map(|who| all.clone().map(|other| self.between(who, other)).sum()).collect()
    }

    /// The sum that each participant received: its in-strength in the network of payments.
    pub fn received(&self) -> Vec<i128> {
        let all = 0..self.participants;
        all.clone().map(|who| all.clone().map(|other| self.between(other, who)).sum()).collect()
    }

    /// The net of each participant, received minus sent; positive is a net credit. They sum to
    /// zero.
    pub fn nets(&self) -> Vec<i128> {
        let nets: Vec<_> = self
            .received()
            .into_iter()
            .zip(self.sent())
            .map(|(received, sent)| received - sent)
            .collect();
        // Each payment takes from one what it gives to another, so another sum would be a fault of
        // the matrix.
        assert_eq!(nets.iter().sum::<i128>(), 0, "nets do not sum to zero");
        nets
    }

    /// Σ_i max(0, −net_i): the value that moves when all payments are netted between all.
    pub fn net_debits(&self) -> i128 {
        self.nets().into_iter().map(|net| (-net).max(0)).sum()
    }

    /// Σ_{i<j} |X_ij − X_ji|: the value that moves when only pairs are netted.
    pub fn pair_debits(&self) -> i128 {
        self.pairs().map(|[there, back]| (there - back).abs()).sum()
    }

    /// Every unordered pair of participants with the flows in both directions.
    pub(super) fn pairs(&self) -> impl Iterator<Item = [i128; 2]> {
        let all = 0..self.participants;
        all.flat_map(move |one| {
            (0..one).map(move |other| [self.between(one, other), self.between(other, one)])
        })
    }
}
