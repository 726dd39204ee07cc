//! The rules of the protocol, each of which can be turned off.

/// A rule of the protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Rule {
    /// The central bank commits an admission with its headroom before the delivery leaves.
    DurableAdmission,
    /// The commit that lets a delivery leave marks the transfer DELIVERED.
    DeliveredBeforeSent,
    /// The central bank refuses only what it has not delivered.
    DeliveredEndsOnlyByPayee,
    /// A refusal is recorded, also one at the door.
    RefusalsAreRows,
    /// A refused transfer is never looked at again.
    RefusalsAreFinal,
    /// A revoke of an unknown payment records a rejection before it is answered.
    RevokeWritesRow,
    /// The payer's operator returns funds only on the central bank's recorded outcome.
    PayerWaitsForOutcome,
    /// A known id with other content is an alarm, never a refusal.
    OtherContentIsAlarm,
    /// A return to the payer is never refused.
    ReturnIsNeverRefused,
    /// An instruction leaves after its commit.
    InstructAfterCommit,
    /// A decision leaves after its commit.
    DecisionAfterCommit,
    /// The sponsor's answer leaves after its commit.
    FundedAfterCommit,
    /// A notice of an outcome leaves after its commit.
    NoticeAfterCommit,
    /// A client hears the id of a payment after its commit.
    ReplyAfterCommit,
    /// The acknowledgement of a notice leaves after its commit.
    AcknowledgementAfterCommit,
    /// A repeated delivery is answered from the record.
    DecisionsAreRecorded,
    /// A receiver drops what it has received before.
    DropRepeats,
    /// A receiver never skips a message: a gap ends the link.
    NeverSkip,
    /// A new registration fences the link before it.
    FenceFirst,
    /// After a registration an operator says again what is undecided.
    ResendAfterRegistration,
    /// After a registration decisions are said again before instructions.
    DecisionsBeforeInstructions,
    /// The central bank forgets a finished row only when both operators acknowledged it.
    ForgetAfterBothAcknowledged,
    /// Only cleared inflow gives headroom, admitted inflow does not.
    OnlyClearedInflowGivesHeadroom,
    /// The notices of a cycle precede its settlement.
    NoticesBeforeSettlement,
    /// The payee's operator votes before a payment is queued for offsetting.
    VoteBeforeQueueing,
    /// The sponsor is asked before the payee's operator.
    SponsorBeforePayee,
    /// An operator with an old file serves only after it has booked what it lacks.
    BookBeforeServing,
    /// A ledger is on disk as far as it is said to be.
    WitnessAfterSync,
    /// What appended rows is told within a second, also when nothing else leaves.
    TellEverySecond,
    /// An operator compares what the central bank heard of it before anything but its registration
    /// leaves.
    OperatorComparesHead,
    /// What a registration says of its ledger is not kept before the operator has compared.
    RegistrationIsNoWitness,
    /// The central bank compares its chain with what an operator heard of it.
    CentralBankComparesHead,
}

/// The rules that are in force.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rules(u32);

impl Rules {
    /// Every rule.
    pub const ALL: Self = Self(u32::MAX);

    /// The same rules but for one.
    #[must_use]
    pub const fn without(self, rule: Rule) -> Self {
        Self(self.0 & !(1 << rule as u8))
    }

    /// Whether a rule is in force.
    pub const fn has(self, rule: Rule) -> bool {
        self.0 & 1 << rule as u8 != 0
    }
}

impl Rule {
    /// Every rule.
    pub const ALL: [Self; 32] = [
        Self::DurableAdmission,
        Self::DeliveredBeforeSent,
        Self::DeliveredEndsOnlyByPayee,
        Self::RefusalsAreRows,
        Self::RefusalsAreFinal,
        Self::RevokeWritesRow,
        Self::PayerWaitsForOutcome,
        Self::OtherContentIsAlarm,
        Self::ReturnIsNeverRefused,
        Self::InstructAfterCommit,
        Self::DecisionAfterCommit,
        Self::FundedAfterCommit,
        Self::NoticeAfterCommit,
        Self::ReplyAfterCommit,
        Self::AcknowledgementAfterCommit,
        Self::DecisionsAreRecorded,
        Self::DropRepeats,
        Self::NeverSkip,
        Self::FenceFirst,
        Self::ResendAfterRegistration,
        Self::DecisionsBeforeInstructions,
        Self::ForgetAfterBothAcknowledged,
        Self::OnlyClearedInflowGivesHeadroom,
        Self::NoticesBeforeSettlement,
        Self::VoteBeforeQueueing,
        Self::SponsorBeforePayee,
        Self::BookBeforeServing,
        Self::WitnessAfterSync,
        Self::TellEverySecond,
        Self::OperatorComparesHead,
        Self::RegistrationIsNoWitness,
        Self::CentralBankComparesHead,
    ];
}
